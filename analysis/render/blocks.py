"""The report as a plain sequence of headings, paragraphs, tables and figures, for formats without a page layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import wording
from analysis.render import figures, figures_more, fonts
from analysis.render.html_page import (
    DESIGN_WORDS,
    INTERVAL_WORDS,
    MOST_NAMED_COLUMNS,
    arm_words,
    provenance_rows,
    top_pairs,
)
from analysis.render.limits import limits_lines


@dataclass(frozen=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str
    kind: str = "plain"  # plain, lead, banner or warning


@dataclass(frozen=True)
class Table:
    caption: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Picture:
    svg: str
    alt: str
    caption: str


Block = Heading | Paragraph | Table | Picture


def report_blocks(result: Mapping[str, Any]) -> Iterator[Block]:
    """Every part of the report that is more than a reading aid, in the order of the page."""
    labels = fonts.figure_labels(result["categories"])
    several = len(result["arms"]) > 1
    yield Heading(1, result["study"]["title"])
    as_of = f" Answers up to {wording.moment(result['as_of'])}." if result["as_of"] else ""
    yield Paragraph(DESIGN_WORDS[result["design"]] + as_of)
    for banner in result["banners"]:
        yield Paragraph(f"{banner['title']}. {banner['text']}", "banner")
    yield Heading(2, "In short")
    for name, arm in result["arms"].items():
        yield Paragraph((f"{name}: " if several else "") + arm["sentence"], "lead")
    for text in [*result["warnings"], *([labels.warning] if labels.warning else [])]:
        yield Paragraph(text, "warning")
    for i, name in enumerate(result["arms"]):
        yield Heading(2, f"Arm “{name}”" if several else "Results")
        yield from _arm_blocks(result, name, labels, f"f{i}")
    yield from _comparison_blocks(result)
    yield from _participant_blocks(result)
    for dataset, points in limits_lines(result):
        yield Heading(2, f"Known limits of the dataset “{dataset}”")
        yield from (Paragraph(point) for point in points)
    yield Heading(2, "Provenance")
    yield Table("Where the numbers come from.", ["What", "Value"], [[k, v] for k, v in _provenance_lines(result)])


def _arm_blocks(result: Mapping[str, Any], name: str, labels: fonts.Labels, key: str) -> Iterator[Block]:
    arm, categories = result["arms"][name], result["categories"]
    words, whole = arm_words(arm), arm["overall"]
    if words["source_words"]:
        yield Paragraph(words["source_words"])
    yield _overall_table(arm)
    if whole["reason"]:
        yield Paragraph(whole["reason"])
    if not arm["n_answers"]:
        return
    yield _confusion_table(arm, categories)
    yield Picture(
        figures.confusion(arm, labels.texts, name=f"{key}-confusion"), figures.confusion_alt(arm),
        "Count and share of the row in every cell; the diagonal, framed, holds the correct matches.",
    )  # fmt: skip
    if words["pair_note"]:
        yield Paragraph(f"Pairs of categories: {words['pair_note']}")
    else:
        yield _pair_table(arm)
    yield _category_table(arm, categories)
    for row in arm["conditional_chance"][:1]:
        yield Paragraph(
            f"Everybody matched {wording.listing(row['known'])}. Once these are known, a clip of the others is right "
            f"by chance in {wording.percent(row['chance'])} of cases: "
            + "; ".join(
                f"{r['category']} {r['correct']}/{r['n']}, p = {wording.p_exact(r['p_two_sided'])} (two-sided)"
                for r in arm["conditional_chance"]
            )
            + "."
        )
    yield Picture(
        figures.forest(arm, labels.texts, name=f"{key}-forest"), figures.forest_alt(arm),
        "Share of correct matches with 95% intervals; the dashed line is chance.",
    )  # fmt: skip
    law = figures.null(arm, name=f"{key}-null")
    if law:
        caption = "Exact chances of every total if all participants matched at random; dark: significant at .05."
        yield Picture(law, figures.null_alt(arm), caption)
    tiles = figures.tiles(arm, labels.texts, name=f"{key}-tiles")
    if tiles:
        named = len(arm["participants"]) <= figures.MOST_NAMED_PARTICIPANTS
        caption = "One row per participant, best first; dark: matched correctly."
        yield Picture(tiles, figures.tiles_alt(arm, named=named), caption)
    yield from _further_blocks(arm, labels, key)
    for block in words["metric_blocks"]:
        yield from _metric_blocks(block, categories)
    if not words["metric_blocks"]:
        yield Paragraph("No model metrics (AIS, IIS, GIILS): this stimulus set has no embeddings among the files.")


def _overall_table(arm: Mapping[str, Any]) -> Table:
    whole = arm["overall"]
    rows = [
        ["Participants", str(arm["n_participants"])],
        ["Boards, answers", f"{arm['n_blocks']}, {arm['n_answers']}"],
        ["Correct matches", f"{whole['correct']} of {whole['total']} ({wording.percent(whole['rate'])})"],
        [
            "95% interval",
            f"{wording.percent_interval(whole['ci_low'], whole['ci_high'])}, {INTERVAL_WORDS[whole['ci_method']]}",
        ],
        ["Expected at random", wording.number(whole["expected"])],
        ["Exact p, one-sided", f"{wording.p_exact(whole['p_value'])} ({whole['method']})"],
    ]
    theta = whole["theta"]
    if theta["theta"] is not None:
        interval = wording.interval(theta["ci_low"], theta["ci_high"])
        rows.append(["Known clips, theta", f"{wording.unit(theta['theta'])} {interval}"])
    return Table("All matches.", ["What", "Value"], rows)


def _confusion_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Columns carry numbers where names would not fit; cells of a big matrix leave out the row's total."""
    numbered = len(categories) > MOST_NAMED_COLUMNS
    head = [str(i + 1) for i in range(len(categories))] if numbered else list(categories)
    rows = []
    for i, category in enumerate(categories):
        total = arm["row_totals"][i]
        cells = [str(n) if numbered else f"({n}/{total})" for n in arm["confusion"][i]]
        rows.append([f"{i + 1} {category}" if numbered else category, *cells, *([str(total)] if numbered else [])])
    caption = "Confusion matrix: rows are the category heard, columns the category chosen."
    return Table(caption, ["heard", *head, *(["total"] if numbered else [])], rows)


def _pair_table(arm: Mapping[str, Any]) -> Table:
    pairs = top_pairs(arm)
    rows = [
        [
            f"{p['a']} – {p['b']}", str(p["errors"]), wording.number(p["expected"]), wording.p_exact(p["p_value"]),
            wording.p_exact(p["p_holm"]),
        ]
        for p in pairs
    ]  # fmt: skip
    caption = "Pairs taken for each other, given how many errors were made."
    if len(pairs) < len(arm["pairs"]):
        caption += f" The {len(pairs)} of {len(arm['pairs'])} with the smallest p."
    return Table(caption, ["Pair", "Errors", "Expected", "p", "p (Holm)"], rows)


def _category_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    rows = []
    for name in categories:
        row = arm["categories"][name]
        rows.append(
            [
                name, f"({row['correct']}/{row['n']})", wording.percent(row["rate"]),
                wording.percent_interval(row["ci_low"], row["ci_high"]), wording.percent(row["chance"]),
                wording.p_exact(row["p_value"]), wording.p_exact(row["p_holm"]), wording.p_exact(row["p_joint"]),
            ]
        )  # fmt: skip
    head = ["Category", "Correct", "Share", "95% interval", "Chance", "p", "p (Holm)", "p (joint)"]
    return Table("Correct matches per category.", head, rows)


def _further_blocks(arm: Mapping[str, Any], labels: fonts.Labels, key: str) -> Iterator[Block]:
    found = arm["agreement"]
    yield Table(
        "Accuracy (Cohen's kappa with the category heard) and agreement between participants.",
        ["Coefficient", "Value"],
        [
            ["Cohen's kappa", wording.unit(found["cohen_truth"])],
            ["Fleiss' kappa", wording.unit(found["fleiss"])],
            ["Krippendorff's alpha", wording.unit(found["krippendorff"])],
            ["Gwet's AC1", wording.unit(found["gwet"])],
        ],
    )
    plane = figures_more.category_plane(arm, labels.texts, name=f"{key}-plane")
    if plane:
        caption = "Map of the categories; numbers in the order of the tables."
        yield Picture(plane, figures_more.plane_alt(labels.texts), caption)
    times = figures_more.times(arm, name=f"{key}-times")
    if times:
        yield Picture(times, figures_more.times_alt(arm), "Share of choices made after so many seconds.")
    positions = figures_more.positions(arm, name=f"{key}-positions")
    if positions:
        caption = "Share of correct matches by trial and by position of the clip; the dashed line is chance."
        yield Picture(positions, figures_more.positions_alt(arm), caption)
    for flag in arm["flags"]:
        if flag["n"]:
            people = wording.plural(flag["n"], "participant")
            yield Paragraph(f"Worth a look: {flag['flag']}: {people}. Nobody is left out for this.")


def _metric_blocks(block: Mapping[str, Any], categories: Sequence[str]) -> Iterator[Block]:
    space = block["space"]["name"]
    yield Heading(3, f"Model metrics in the space “{space}”")
    if block["status"] != "ok":
        yield Paragraph(block["reason"])
        return
    for note in block["notes"]:
        yield Paragraph(note, "warning")
    head = ["Score", "Value", "SE", "95% interval", "Null", "p", "n"]
    scores = [("AIS", block["ais"]), ("IIS", block["iis"])]
    caption = f"Similarity of images to their own clip and reference, space “{space}”; 50 = no advantage."
    yield Table(caption, head, [_score_row(name, score) for name, score in scores])
    rows = [_score_row(name, block["giils"][name]) for name in categories if name in block["giils"]]
    yield Table(f"GIILS, space “{space}”. {block['giils_summary']['rule']}", head, rows)
    yield Paragraph(f"{block['giils_summary']['note']} {block['giils_summary']['creative_tendency']['note']}")


def _score_row(name: str, score: Mapping[str, Any]) -> list[str]:
    if score["score"] is None:
        return [name, score["reason"], *[wording.NONE] * 4, str(score["n"])]
    return [
        name, wording.points(score["score"]), wording.points(score["se_score"]),
        wording.points_interval(score["ci_low"], score["ci_high"]), wording.points(score["null_score"]),
        wording.p_exact(score["p_value"]), str(score["n"]),
    ]  # fmt: skip


def _comparison_blocks(result: Mapping[str, Any]) -> Iterator[Block]:
    if not result["comparisons"]:
        return
    yield Heading(2, "Comparisons")
    rows = [
        [
            f"{c['a']} – {c['b']}",
            f"{c['n_a']} (the same)" if c["same_participants"] else f"{c['n_a']} and {c['n_b']}",
            wording.unit(c["difference"], digits=3), wording.interval(c["ci_low"], c["ci_high"], digits=3),
            wording.p_exact(c["p_value"]), wording.p_exact(c["p_holm"]), wording.p_exact(c["matrix"]["p_value"]),
        ]
        for c in result["comparisons"]
    ]  # fmt: skip
    head = ["Arms", "Participants", "Difference", "95% interval", "p", "p (Holm)", "p, whole matrix"]
    yield Table("Mean share correct, exact permutation of participants, two-sided.", head, rows)


def _participant_blocks(result: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(2, "Participants")
    flow = figures_more.flow(result, name="flow")
    if flow:
        yield Picture(flow, figures_more.flow_alt(result), "Sessions from start to analysis.")
    keys = ["started", "completed", "withdrawn", "working", "excluded", "analysed"]
    rows = [
        [name, *(wording.NONE if flow[key] is None else str(flow[key]) for key in keys)]
        for name, flow in result["flow"].items()
    ]
    yield Table("Sessions.", ["Arm", *keys], rows)
    if result["excluded"]["rules"]:
        yield Table(
            "Why sessions were left out.",
            ["Rule", "Sessions"],
            [[rule["rule"], str(rule["n"])] for rule in result["excluded"]["rules"]],
        )
        rows = []
        for name in result["arms"]:
            for words, arm in (
                ("without", result["arms"][name]),
                ("with", (result["excluded"]["with"] or {}).get(name)),
            ):
                if arm:
                    whole = arm["overall"]
                    rows.append(
                        [
                            f"{name}, {words} excluded", str(arm["n_participants"]),
                            f"{whole['correct']}/{whole['total']}", wording.percent(whole["rate"]),
                            wording.p_exact(whole["p_value"]),
                        ]
                    )  # fmt: skip
        yield Table("Results without and with them.", ["Arm", "Sessions", "Correct", "Share", "p"], rows)
    if result["study"]["notes"]:
        yield Paragraph(f"Notes of the researchers: {result['study']['notes']}")


def _provenance_lines(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(label, value if isinstance(value, str) else "; ".join(value)) for label, value in provenance_rows(result)]
