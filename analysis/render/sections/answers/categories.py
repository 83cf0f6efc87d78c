"""Section: category by category."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.cells import MOST_PAIRS, bayes, p_cell, several_boards
from analysis.render.drawings import answers, fonts
from analysis.render.parts import Paragraph, Part, Picture, Sortable, Table


def category_parts(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    categories = result["categories"]
    yield category_table(arm, categories)
    if arm["conditional_chance"]:
        first = arm["conditional_chance"][0]
        usual = {row["chance"] for row in arm["categories"].values()}
        against = f", not {wording.percent(usual.pop())}" if len(usual) == 1 else ""
        yield Paragraph(
            f"The chance that is left: everybody matched {wording.listing(first['known'])}. Once these are known, a "
            f"clip of the others is right by chance in {wording.percent(first['chance'])} of cases{against}: read "
            f"their shares against that."
        )
    yield Picture(
        answers.forest(arm, labels.texts, name=f"{key}-forest"), answers.forest_alt(arm),
        f"Share of correct matches with 95% intervals; the dashed line is chance. “All clips” has the interval over "
        f"participants.{names}",
    )  # fmt: skip
    told = discrimination_table(arm)
    if told:
        yield told
    elif result["design"] == "one_to_one" and len(categories) > 1:
        yield Paragraph("Told apart? There is no board on which all clips but two were right.", "small")
    yield category_effects(arm, categories)


def category_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Counts, interval, chance and corrected p of every category; the chance that is left beside the usual one."""
    left = {row["category"]: row for row in arm["conditional_chance"]}
    head = ["Category", "Correct", "95% interval", "Chance", *(["Chance left", "p against it"] if left else [])]
    rows = []
    for name in categories:
        row = arm["categories"][name]
        if row["rate"] is None:
            rows.append([name, f"(0/{row['n']})", row["reason"]])
            continue
        cells: list[str] = [
            name,
            Sortable(f"({row['correct']}/{row['n']}) {wording.percent(row['rate'])}", row["rate"]),
            Sortable(wording.percent_interval(row["ci_low"], row["ci_high"]), row["ci_low"]),
            Sortable(wording.percent(row["chance"]), row["chance"]),
        ]
        if left:
            level = left.get(name)
            cells.append(
                Sortable(wording.percent(level["chance"]) if level else wording.NONE, level and level["chance"])
            )
            cells.append(p_cell(level and level["p_two_sided"]))
        cells += [p_cell(row["p_value"]), p_cell(row["p_holm"]), p_cell(row["p_joint"])]
        rows.append([*cells, _giils_cell(arm["metrics"], name)] if arm["metrics"] else cells)
    effective = any(row["ci_method"] == "wilson_effective_n" for row in arm["categories"].values())
    caption = (
        f"Correct matches per category with Wilson's 95% interval"
        f"{' (for the effective number of answers, as participants gave several)' if effective else ''} and the exact "
        f"one-sided p against chance. Holm: corrected over the categories; joint: chance that some category looks this "
        f"good at random{f' ({method})' if (method := arm['joint_method']) != 'none' else ''}."
    )
    last = ["GIILS ± SE"] if arm["metrics"] else []
    if last:
        caption += f" GIILS: in the space “{arm['metrics']['space']['name']}”."
    if left:
        known = wording.listing(arm["conditional_chance"][0]["known"])
        caption += f" Chance left: what guessing gives once {known}, which everybody matched, are known; p two-sided."
    return Table(
        caption, [*head, "p", "p (Holm)", "p (joint)", *last], rows, sortable=True, label="Categories",
    )  # fmt: skip


def category_effects(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Further intervals and effect sizes of every category."""
    rows = []
    for name in categories:
        row = arm["categories"][name]
        if row["rate"] is None:
            rows.append([name, str(row["n"]), row["reason"]])
            continue
        rows.append(
            [
                name,
                str(row["n"]),
                wording.percent_interval(*(row["ci_clopper_pearson"] or (None, None))),
                wording.percent_interval(*(row["ci_jeffreys"] or (None, None))),
                Sortable(wording.percent(row["guess_corrected"]), row["guess_corrected"]),
                Sortable(wording.unit(row["cohen_h"]), row["cohen_h"]),
            ]
        )
    return Table(
        "Exact (Clopper-Pearson) and Jeffreys 95% intervals, which take answers as independent; share above guessing, "
        "(share − chance) / (1 − chance); Cohen's h against chance.",
        ["Category", "n", "Exact interval", "Jeffreys", "Above guessing", "Cohen's h"],
        rows, sortable=True, label="Effect sizes of categories",
    )  # fmt: skip


def discrimination_table(arm: Mapping[str, Any]) -> Table | None:
    """Boards on which only a pair was left open: is it told apart? None where no board is of that kind."""
    seen = [row for row in arm["discriminations"] if row["n"]]
    if not seen:
        return None
    shown = sorted(seen, key=lambda row: (-(row["n"] - row["right"]), row["p_two_sided"]))[:MOST_PAIRS]
    rows = [
        [
            f"{row['a']} – {row['b']}",
            Sortable(f"({row['right']}/{row['n']})", row["right"] / row["n"]),
            wording.percent_interval(row["ci_low"], row["ci_high"]),
            p_cell(row["p_two_sided"]),
            Sortable(bayes(row["bayes_factor"]), row["bayes_factor"]),
        ]
        for row in shown
    ]
    caption = (
        "Told apart? Boards on which all other clips were right: two images are left for two clips, so chance is 50%. "
        "Clopper-Pearson interval, exact two-sided p, Bayes factor for an unknown share against 50% (above 1: for "
        "telling apart)."
    )
    if several_boards(arm):
        caption += " Boards count as independent, which those of one person may not be."
    if len(shown) < len(seen):
        caption += f" The {len(shown)} of {len(seen)} pairs with most errors."
    head = ["Pair", "Right", "95% interval", "p", "Bayes factor"]
    return Table(caption, head, rows, sortable=True, label="Pairs told apart")


def _giils_cell(metrics: Mapping[str, Any], category: str) -> str:
    score = (metrics.get("giils") or {}).get(category)
    if not score or score["score"] is None:
        return wording.NONE
    error = f" ± {wording.points(score['se_score'])}" if score["se_score"] is not None else ""
    return wording.points(score["score"]) + error
