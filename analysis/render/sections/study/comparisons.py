"""Section: arms compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import cell, interval, p_cell
from analysis.render.drawings import BLUE, DASHED, ORANGE, WIDTH, drawable, lines_of, picture, text_width, wrap
from analysis.render.parts import Paragraph, Parts, Table
from analysis.render.sections.section import Scope, Section
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Comparison

say = Texts("sections/comparisons")


def _parts(scope: Scope) -> Parts:
    """Every two arms in a sentence each, then all numbers."""
    found = scope.result["comparisons"]
    yield from (Paragraph(c["sentence"]) for c in found)
    yield _comparison_table(found)
    drawn = [c for c in found if c["ci_low"] is not None]
    if drawn:
        pairs = "; ".join(say("difference", c=c, interval=interval(c, wording.interval)) for c in drawn)
        alt = say("differences alt", pairs=pairs)
        yield picture(_differences, drawn, name="differences", alt=alt, caption=say("differences"))
    for c in found:
        yield from _details(c)


def _comparison_table(found: Sequence[Comparison]) -> Table:
    """Differences of every two arms with tests and effect sizes."""
    several = len(found) > 1
    rows = [
        [
            f"{c['a']} – {c['b']}", f"{c['n_a']} (the same)" if c["same_participants"] else say("two groups", c=c),
            wording.unit(c["difference"], digits=3), interval(c, wording.interval, digits=3),
            wording.p_exact(c["p_value"]), *([wording.p_exact(c["p_holm"])] if several else []),
            wording.unit(c["cliffs_delta"]), wording.number(c["hedges_g"]), wording.number(c["d_z"]),
            wording.unit(c["cohen_h"]),
            wording.p_exact(c["matrix"]["p_value"]),
        ]
        for c in found
    ]  # fmt: skip
    head = [
        "Arms", "Participants", "Difference", "95% interval", "p", *(["p (Holm)"] if several else []), "Cliff's delta",
        "Hedges' g", "d_z", "Cohen's h", "p, whole matrix",
    ]  # fmt: skip
    caption = say("comparisons", holm="; Holm over the comparisons" if several else "")
    return Table(caption, head, rows, label="Comparisons of arms", latex="comparisons")


def _details(c: Comparison) -> Parts:
    pair = f"{c['a']} – {c['b']}"
    method = c["ci_method"].replace("_", " ")
    yield Paragraph(f"{pair}: p by {c['method']}; interval: {method}. {c['reason']}".rstrip(), "small")
    if c["matrix"]["status"] != "ok":
        yield Paragraph(f"{pair}, whole matrix: {c['matrix']['reason']}", "small")
    if order := c["order_adjusted"]:
        words = say("order", pair=pair, errors=order["covariance"].replace("_", " "), **order)
        yield Paragraph(words, "small")
    elif c["same_participants"]:
        yield Paragraph(say("order unknown", pair=pair), "small")
    if c["categories"]:
        yield _category_table(c)


def _category_table(c: Comparison) -> Table:
    rows: list[list[str]] = [
        [
            row["category"], f"({row['correct_a']}/{row['n_a']})", f"({row['correct_b']}/{row['n_b']})",
            cell(row["difference"], wording.unit), interval(row, wording.interval), p_cell(row["p_value"]),
            p_cell(row["p_holm"]),
        ]
        for row in c["categories"]
    ]  # fmt: skip
    tests = sorted({row["method"] for row in c["categories"]})
    intervals = sorted({row["ci_method"].replace("_", " ") for row in c["categories"]} - {"none"})
    head = ["Category", c["a"], c["b"], "Difference", "95% interval", "p", "p (Holm)"]
    label = f"Categories of {c['a']} and {c['b']}"
    return Table(say("categories", c=c, tests=tests, intervals=intervals), head, rows, sortable=True, label=label)


def _differences(found: Sequence[Mapping[str, Any]]) -> Figure:
    """Difference of every two arms with its interval, against no difference."""
    texts = [wrap(drawable(f"{c['a']} – {c['b']}"), 2.0) for c in found]
    left = max(text_width(text) for text in texts) + 0.25
    height = (0.2 * lines_of(texts) + 0.2) * len(found) + 0.75
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, 0.52 / height, (WIDTH - left - 0.8) / WIDTH, (height - 0.6) / height))
    for y, c in enumerate(found):
        axes.hlines(y, c["ci_low"], c["ci_high"], color=BLUE, linewidth=1.8)
        axes.vlines([c["ci_low"], c["ci_high"]], y - 0.1, y + 0.1, color=BLUE, linewidth=1.6)
        axes.plot(c["difference"], y, "o", markersize=8, color=BLUE, markeredgecolor="white", zorder=3)
        words = wording.unit(c["difference"])
        axes.text(1.03, y, words, va="center", transform=axes.get_yaxis_transform(), clip_on=False)
    axes.axvline(0, color=ORANGE, linestyle=DASHED, linewidth=1.4, zorder=1)
    reach = max(0.1, *(abs(end) for c in found for end in (c["ci_low"], c["ci_high"])))
    axes.set_xlim(-1.08 * reach, 1.08 * reach)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=6))
    axes.set_yticks(range(len(found)), texts)
    axes.set_xlabel("difference in share correct, 95% interval")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


COMPARISONS = TidyTable(
    "comparisons",
    "two arms",
    columns(
        "a b same_participants n_a n_b difference ci_low ci_high ci_method p_value p_holm p_one_sided cliffs_delta "
        "hedges_g d_z cohen_h method status reason p_matrix",
        {
            "same_participants": Column("boolean", "Whether the same people answered both arms."),
            "n_a": Column("integer", "Participants of the first arm."),
            "n_b": Column("integer", "Participants of the second arm."),
            "difference": Column("number", "Mean share correct of a minus that of b."),
            "p_one_sided": Column("number", "One-sided p that arm a is higher."),
            "cliffs_delta": Column("number", "Cliff's delta of participants' shares; empty for the same people."),
            "hedges_g": Column(
                "number", "Hedges' g of participants' shares; empty where the same people answered both arms."
            ),
            "d_z": Column("number", "Mean over sd of the differences within participants; empty for two groups."),
            "p_matrix": Column("number", "p that the whole confusion matrices are alike, participants permuted."),
        },
    ),
    lambda result: ({**c, "p_matrix": c["matrix"]["p_value"]} for c in result["comparisons"]),
)
SECTION = Section(
    _parts,
    "Comparisons",
    shown=lambda scope: bool(scope.result["comparisons"]),
    tables=(COMPARISONS,),
)
