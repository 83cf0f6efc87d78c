"""Section: arms compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import study
from analysis.render.parts import Heading, Paragraph, Part, Picture, Sortable, Table


def comparison_parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """Every two arms in a sentence each, then all numbers."""
    found = result["comparisons"]
    if not found:
        return
    yield Heading(2, "Comparisons", anchor="comparisons")
    for c in found:
        yield Paragraph(c["sentence"])
    drawn = study.differences(result, name="differences")
    table = comparison_table(result)
    yield table
    if drawn:
        caption = "Differences in the share correct with 95% intervals; at the dashed line the arms are alike."
        yield Picture(drawn, study.differences_alt(result), caption)
    for c in found:
        yield from _details(c)


def comparison_table(result: Mapping[str, Any]) -> Table:
    """Differences of every two arms with tests and effect sizes."""
    several = len(result["comparisons"]) > 1
    rows: list[list[str]] = []
    for c in result["comparisons"]:
        who = f"{c['n_a']} (the same)" if c["same_participants"] else f"{c['n_a']} and {c['n_b']}"
        rows.append(
            [
                f"{c['a']} – {c['b']}", who, wording.unit(c["difference"], digits=3),
                wording.interval(c["ci_low"], c["ci_high"], digits=3), wording.p_exact(c["p_value"]),
                *([wording.p_exact(c["p_holm"])] if several else []), wording.unit(c["cliffs_delta"]),
                wording.number(c["hedges_g"]), wording.unit(c["cohen_h"]), wording.p_exact(c["matrix"]["p_value"]),
            ]
        )  # fmt: skip
    head = [
        "Arms", "Participants", "Difference", "95% interval", "p", *(["p (Holm)"] if several else []), "Cliff's delta",
        "Hedges' g", "Cohen's h", "p, whole matrix",
    ]  # fmt: skip
    caption = (
        "Mean share correct of participants in the first arm minus the second. p: participants permuted, two-sided"
    )
    caption += "; Holm over the comparisons" if several else ""
    caption += ". Whole matrix: do the confusions differ in any way? G² with participants permuted, seeded draws."
    return Table(caption, head, rows, label="Comparisons of arms")


def _details(c: Mapping[str, Any]) -> Iterator[Part]:
    pair = f"{c['a']} – {c['b']}"
    method = c["ci_method"].replace("_", " ")
    yield Paragraph(f"{pair}: p by {c['method']}; interval: {method}. {c['reason']}".rstrip(), "small")
    if c["matrix"]["status"] != "ok":
        yield Paragraph(f"{pair}, whole matrix: {c['matrix']['reason']}", "small")
    order = c["order_adjusted"]
    if order:
        yield Paragraph(
            f"{pair}, number of the trial held constant: log odds ratio {wording.number(order['log_odds_ratio'])} (SE "
            f"{wording.number(order['se'])}), p = {wording.p_exact(order['p_value'])} (GEE over participants, "
            f"{order['covariance'].replace('_', ' ')} errors; {order['size']}).",
            "small",
        )
    elif c["same_participants"]:
        yield Paragraph(
            f"{pair}: the order in which participants met the arms cannot be held constant (no trial numbers, or they "
            f"do not vary within arms, or a fit does not exist), so practice or fatigue may be part of the difference.",
            "small",
        )
    if c["categories"]:
        yield _category_comparison(c)


def _category_comparison(c: Mapping[str, Any]) -> Table:
    rows: list[list[str]] = [
        [
            row["category"], f"({row['correct_a']}/{row['n_a']})", f"({row['correct_b']}/{row['n_b']})",
            Sortable(wording.unit(row["difference"]), row["difference"]),
            wording.interval(row["ci_low"], row["ci_high"]), Sortable(wording.p_exact(row["p_value"]), row["p_value"]),
            Sortable(wording.p_exact(row["p_holm"]), row["p_holm"]),
        ]
        for row in c["categories"]
    ]  # fmt: skip
    tests = wording.listing(sorted({row["method"] for row in c["categories"]}))
    intervals = wording.listing(sorted({row["ci_method"].replace("_", " ") for row in c["categories"]} - {"none"}))
    caption = f"{c['a']} and {c['b']}, category by category: {tests}, two-sided, Holm over them; interval: {intervals}."
    head = ["Category", c["a"], c["b"], "Difference", "95% interval", "p", "p (Holm)"]
    return Table(caption, head, rows, sortable=True, label=f"Categories of {c['a']} and {c['b']}")
