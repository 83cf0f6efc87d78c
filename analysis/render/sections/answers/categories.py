"""Section: category by category."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import MOST_PAIRS, bayes, cell, interval, p_cell, share
from analysis.render.drawings import (
    BLUE,
    DASHED,
    GREY,
    INK,
    ORANGE,
    PALE,
    WIDTH,
    lines_of,
    picture,
    share_axis,
    text_width,
    wrap,
)
from analysis.render.parts import Paragraph, Parts, Sortable, Table
from analysis.render.sections.section import Scope, arm_records, section_answers
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Arm, Record, Result

say = Texts("sections/categories")


def _parts(scope: Scope) -> Parts:
    arm = scope.arm
    yield _category_table(scope)
    if arm["conditional_chance"]:
        usual = {row["chance"] for row in arm["categories"].values()}
        against = f", not {wording.percent(usual.pop())}" if len(usual) == 1 else ""
        yield Paragraph(
            say("chance left", first=arm["conditional_chance"][0], n=arm["n_participants"], against=against)
        )
    caption = say("forest") + scope.name_key
    yield picture(_forest, arm, scope.labels.texts, name=scope.key("forest"), alt=_forest_alt(arm), caption=caption)
    told = _told_apart_table(arm)
    if told:
        yield told
    elif scope.result["design"] == "one_to_one" and len(scope.categories) > 1:
        yield Paragraph("Told apart? There is no board on which all clips but two were right.", "small")
    yield _effects_table(scope)


def _category_table(scope: Scope) -> Table:
    """Counts, interval, chance and corrected p of every category; the chance that is left beside the usual one."""
    arm = scope.arm
    left = {row["category"]: row for row in arm["conditional_chance"]}
    uneven = any(_is_uneven(row) for row in arm["categories"].values())
    rows: list[list[str]] = []
    for name in scope.categories:
        row = arm["categories"][name]
        if row["rate"] is None:
            rows.append([name, f"(0/{row['n']})", row["reason"]])
            continue
        cells: list[str] = [
            name, share(row["correct"], row["n"], rate=True), Sortable(interval(row), row["ci_low"]),
            cell(row["chance"]),
        ]  # fmt: skip
        if uneven:
            cells.append(cell(None if row["expected"] is None else row["expected"] / row["n"]))
        if left:
            level = left.get(name)
            cells += [cell(level and level["chance"]), p_cell(level and level["p_two_sided"])]
        cells += [p_cell(row["p_value"]), p_cell(row["p_holm"]), p_cell(row["p_joint"])]
        rows.append([*cells, *([_giils_cell(arm["metrics"], name)] if arm["metrics"] else [])])
    method = arm["joint_method"]
    caption = say(
        "categories",
        effective=_effective_words(arm),
        method=f" ({method})" if method != "none" else "",
    )
    if arm["metrics"]:
        caption += f" GIILS: in the space “{arm['metrics']['space']['name']}”."
    if uneven:
        caption += " " + say("expected")
    if left:
        caption += " " + say("chance left column", known=arm["conditional_chance"][0]["known"])
    head = ["Category", "Correct", "95% interval", "Chance", *(["By renaming"] if uneven else [])]
    head += [*(["Chance left", "p against it"] if left else [])]
    head += ["p", "p (Holm)", "p (joint)", *(["GIILS ± SE"] if arm["metrics"] else [])]
    return Table(caption, head, rows, sortable=True, label="Categories", latex="categories", printed=_printed(scope))


def _is_uneven(row: Mapping[str, Any]) -> bool:
    """Whether renaming leads to expect another share than random matching."""
    return row["expected"] is not None and abs(row["expected"] - row["chance"] * row["n"]) > 1e-9 * row["n"]


def _printed(scope: Scope) -> Table:
    """The categories as papers have them."""
    left = {row["category"]: row for row in scope.arm["conditional_chance"]}
    rows = []
    for name in scope.categories:
        row = scope.arm["categories"][name]
        known = [wording.percent(left[name]["chance"] if name in left else None)] if left else []
        rows.append(
            [
                name, f"({row['correct']}/{row['n']})", wording.percent(row["rate"]), interval(row),
                wording.percent(row["chance"]), *known, wording.p_exact(row["p_value"]), wording.p_exact(row["p_holm"]),
            ]
        )  # fmt: skip
    caption = say("printed", where=f" in arm {scope.name}" if scope.several else "")
    if left:
        caption += " " + say("printed chance left", known=scope.arm["conditional_chance"][0]["known"])
    extra = ["Chance left"] if left else []
    return Table(caption, ["Category", "Correct", "Share", "95% CI", "Chance", *extra, "𝑝", "𝑝 (Holm)"], rows)


def _effects_table(scope: Scope) -> Table:
    """Further intervals and effect sizes of every category."""
    rows: list[list[str]] = []
    for name in scope.categories:
        row = scope.arm["categories"][name]
        if row["rate"] is None:
            rows.append([name, str(row["n"]), row["reason"]])
            continue
        exact, jeffreys = (
            wording.percent_interval(*(ends or (None, None)))
            for ends in (row["ci_clopper_pearson"], row["ci_jeffreys"])
        )
        effects = [cell(row["guess_corrected"]), cell(row["cohen_h"], wording.unit)]
        rows.append([name, str(row["n"]), exact, jeffreys, *effects])
    head = ["Category", "n", "Exact interval", "Jeffreys", "Above guessing", "Cohen's h"]
    return Table(
        say("effects", effective=_effective_words(scope.arm)),
        head,
        rows,
        sortable=True,
        label="Effect sizes of categories",
    )


def _effective_words(arm: Arm) -> str:
    effective = any(row["ci_method"] == "wilson_effective_n" for row in arm["categories"].values())
    return " (for the effective number of answers, as participants gave several)" if effective else ""


def _told_apart_table(arm: Arm) -> Table | None:
    """Boards on which only a pair was left open: is it told apart? None where no board is of that kind."""
    seen = [row for row in arm["discriminations"] if row["n"]]
    if not seen:
        return None
    shown = sorted(seen, key=lambda row: (-(row["n"] - row["right"]), row["p_two_sided"]))[:MOST_PAIRS]
    rows = [
        [
            f"{row['a']} – {row['b']}", share(row["right"], row["n"]), interval(row), p_cell(row["p_two_sided"]),
            cell(row["bayes_factor"], bayes),
        ]
        for row in shown
    ]  # fmt: skip
    caption = say("told apart")
    if (arm["blocks_per_participant"]["max"] or 0) > 1:
        caption += " " + say("told apart over boards")
    if len(shown) < len(seen):
        caption += f" The {len(shown)} of {len(seen)} pairs with most errors."
    head = ["Pair", "Right", "95% interval", "p", "Bayes factor"]
    return Table(caption, head, rows, sortable=True, label="Pairs told apart", latex="told-apart")


def _giils_cell(metrics: Mapping[str, Any], category: str) -> str:
    score = (metrics.get("giils") or {}).get(category)
    if not score or score["score"] is None:
        return wording.NONE
    return wording.with_error(score["score"], score["se_score"], wording.points)


def _forest(arm: Arm, labels: Sequence[str]) -> Figure:
    """Share correct with interval for every category and for all clips, against the chance line."""
    values = list(arm["categories"].values())
    texts = [*(wrap(label, 2.0) for label in labels), "All clips"]
    left = max(text_width(text) for text in texts) + 0.25
    step = 0.2 * lines_of(texts) + 0.16
    height = step * len(texts) + 0.75
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, 0.5 / height, (WIDTH - left - 1.0) / WIDTH, (height - 0.72) / height))
    for y, value in enumerate(values):
        _forest_row(axes, y, value, total=value["n"], color=BLUE, mark="o", width=1.8)
    whole = arm["overall"]
    _forest_row(axes, len(values), whole, total=whole["total"], color=INK, mark="D", width=2.4)
    chances = {round(value["chance"], 6) for value in values if value["chance"] is not None}
    if len(chances) == 1:
        chance = chances.pop()
        axes.axvline(chance, color=ORANGE, linestyle=DASHED, linewidth=1.4, zorder=1)
        words = f"chance {wording.number(100 * chance, digits=1)}%"
        axes.text(chance, -0.62, words, color=ORANGE, ha="center", va="bottom")
    axes.axhline(len(values) - 0.5, color=PALE, linewidth=0.8)
    axes.set_ylim(len(values) + 0.5, -0.6)
    axes.set_xlim(-0.01, 1.01)
    share_axis(axes.xaxis)
    axes.set_yticks(range(len(texts)), texts)
    axes.set_xlabel("matched correctly, 95% interval")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def _forest_row(
    axes: Axes, y: int, value: Mapping[str, Any], *, total: int, color: str, mark: str, width: float
) -> None:
    if value["rate"] is None:
        axes.text(0.5, y, "no answers", ha="center", va="center", color=GREY)
        return
    if value["ci_low"] is not None:
        axes.hlines(y, value["ci_low"], value["ci_high"], color=color, linewidth=width)
        for end in (value["ci_low"], value["ci_high"]):
            axes.vlines(end, y - 0.13, y + 0.13, color=color, linewidth=1.6)
    axes.plot(
        value["rate"], y, marker=mark, markersize=8, color=color, markeredgecolor="white", clip_on=False, zorder=3
    )
    axes.text(1.05, y, f"{value['correct']}/{total}", ha="left", va="center", clip_on=False)


def _forest_alt(arm: Arm) -> str:
    shares = [
        f"{category} {wording.percent(value['rate'], digits=0)}"
        for category, value in arm["categories"].items()
        if value["rate"] is not None
    ]
    return f"Share of correct matches per category with 95% intervals and the chance line: {'; '.join(shares)}."


def _category_records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        left = {row["category"]: row["chance"] for row in arm["conditional_chance"]}
        for category in result["categories"]:
            yield {**arm["categories"][category], "arm": name, "chance_left": left.get(category)}


CATEGORIES = TidyTable(
    "categories",
    "one category of an arm",
    columns(
        "arm category correct n rate ci_low ci_high ci_method chance expected p_value p_holm p_joint guess_corrected "
        "cohen_h status reason chance_left",
        {
            "chance": Column("number", "Share correct under random matching."),
            "expected": Column("number", "Number right under renaming, which p is against."),
            "chance_left": Column("number", "The same once the categories that everybody matched are known."),
            "p_joint": Column("number", "Chance that some category looks this good under renaming (Westfall-Young)."),
        },
    ),
    _category_records,
)
TOLD_APART = TidyTable(
    "told_apart",
    "one pair of categories of an arm, on boards where all other clips were right",
    columns(
        "arm a b right n ci_low ci_high p_value p_two_sided bayes_factor status reason",
        {
            "right": Column("integer", "Boards on which the pair was right too."),
            "bayes_factor": Column("number", "Evidence for an unknown share against one half."),
        },
    ),
    lambda result: arm_records(result, "discriminations"),
)
SECTION = section_answers(_parts, "Category by category", CATEGORIES, TOLD_APART)
