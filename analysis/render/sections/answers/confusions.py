"""Section: what was taken for what."""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import by_p, cell, matrix_heads, p_cell
from analysis.render.drawings import BLUE, PALE, WIDTH, confusion_map, picture
from analysis.render.parts import Paragraph, Parts, Table
from analysis.render.sections.section import Scope, arm_records, section_answers
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Arm, Record, Result

say = Texts("sections/confusions")


def _parts(scope: Scope) -> Parts:
    arm = scope.arm
    yield _confusion_table(scope)
    yield picture(
        confusion_map, arm["confusion"], arm["row_rates"], scope.labels.texts, name=scope.key("confusion"),
        alt=say("map alt", whole=arm["overall"]), caption=say("map") + scope.name_key,
    )  # fmt: skip
    tested = any(pair["status"] == "ok" for pair in arm["pairs"])
    if tested:
        yield _pair_table(arm)
    elif arm["pairs"]:
        undefined = {pair["reason"] for pair in arm["pairs"]}
        yield Paragraph(f"Pairs of categories: {' '.join(sorted(undefined))}", "small")
    if any(cell["n"] for cell in arm["cells"]):
        yield _cell_table(arm)
    if foils := _never_heard(scope):
        yield Paragraph(say("never heard", names=foils), "small")
    yield Paragraph(_symmetry_words(scope), "small")
    yield Paragraph(_bias_words(scope), "small")
    model = arm["choice_model"]
    if model and arm["overall"]["correct"] < arm["overall"]["total"]:
        yield _choice_table(scope)
    if model and model["map"]:
        yield picture(
            _plane, model["map"], name=scope.key("plane"), alt=say("plane alt", n=len(scope.categories)),
            caption=say("plane") + scope.numbered_names, data=_plane_table(scope),
        )  # fmt: skip


def _symmetry_words(scope: Scope) -> str:
    found = scope.arm["symmetry"]
    if found["status"] != "ok":
        return f"One-sided confusions: {found['reason']}"
    seen = "one direction is commoner" if (found["p_exact"] or 0) <= 0.05 else "none shown"
    left_out = " " + say("both ways", n=found["left_out"]) if found["left_out"] else ""
    return say("symmetry", seen=seen, size=scope.result["measured_sizes"]["bowker"], **found | {"left_out": left_out})


def _never_heard(scope: Scope) -> list[str]:
    """Categories that were chosen and never heard."""
    counted = zip(scope.categories, scope.arm["row_totals"], scope.arm["response_bias"]["chosen"], strict=True)
    return [name for name, heard, chosen in counted if chosen and not heard]


def _bias_words(scope: Scope) -> str:
    found = scope.arm["response_bias"]
    if found["status"] != "ok":
        return f"Favourite images: {found['reason']}"
    uses = ", ".join(f"{name} {n}" for name, n in zip(scope.categories, found["chosen"], strict=True))
    words = say("bias", uses=uses, **found)
    if found["stuart_maxwell"] is not None:
        words += "; " + say("margins", **found)
    return f"{words}."


def _confusion_table(scope: Scope) -> Table:
    """Columns carry numbers where names would not fit; cells of a big matrix leave out the row's total."""
    arm = scope.arm
    heads, names, key = matrix_heads(scope.categories)
    counted = list(zip(arm["confusion"], arm["row_totals"], strict=True))
    shares = [[f"({n}/{total})" for n in row] for row, total in counted]
    cells = [[*map(str, row), str(total)] for row, total in counted] if key else shares
    where = f" in arm {scope.name}" if scope.several else ""
    return Table(
        say("matrix", cell="the number of times chosen" if key else "(times chosen / clips answered)"),
        ["heard", *heads, *(["total"] if key else [])],
        [[name, *row] for name, row in zip(names, cells, strict=True)],
        label="Confusion matrix",
        diagonal=True,
        dense=bool(key),
        names=key,
        latex="confusion",
        printed=Table(
            say("printed", where=where, sentence=arm["sentence"]),
            ["", *scope.categories],
            [[name, *row] for name, row in zip(scope.categories, shares, strict=True)],
        ),
    )


def _pair_table(arm: Arm) -> Table:
    tested = [pair for pair in arm["pairs"] if pair["status"] == "ok"]
    pairs = by_p(tested, count="errors")
    rows = [
        [f"{p['a']} – {p['b']}", str(p["errors"]), wording.number(p["expected"]), p_cell(p["p_value"]),
         p_cell(p["p_holm"])]
        for p in pairs
    ]  # fmt: skip
    method = tested[0]["method"]
    how = "pairs permuted" if method.startswith("seeded") else "pairs renamed" if "renaming" in method else ""
    caption = say("pairs", method="permutation" if how == "pairs permuted" else "exact", n=len(tested))
    if how:
        caption += " " + say(how)
    if len(pairs) < len(tested):
        caption += f" The {len(pairs)} with the smallest p are shown; all stand in tables/pairs.csv."
    head = ["Pair", "Errors", "Expected", "p", "p (Holm)"]
    return Table(caption, head, rows, sortable=True, label="Confused pairs", latex="pairs")


def _cell_table(arm: Arm) -> Table:
    """Single cells off the diagonal that hold errors."""
    seen = [cell for cell in arm["cells"] if cell["n"]]
    shown = by_p(seen, count="n")
    rows = [
        [f"{c['heard']} → {c['chosen']}", str(c["n"]), wording.number(c["expected"]), p_cell(c["p_value"]),
         p_cell(c["p_holm"]), p_cell(c["p_bh"])]
        for c in shown
    ]  # fmt: skip
    caption = say("cells", n=len(arm["cells"]))
    if len(shown) < len(seen):
        caption += f" The {len(shown)} with the smallest p are shown; all stand in tables/cells.csv."
    head = ["Confusion", "Times", "Expected", "p", "p (Holm)", "p (BH)"]
    return Table(caption, head, rows, sortable=True, label="Single confusions")


def _choice_table(scope: Scope) -> Table:
    """Bias and nearest neighbour of every category in the similarity-choice model."""
    model, confusion, categories = scope.arm["choice_model"], scope.arm["confusion"], scope.categories
    assert model is not None
    rows: list[list[str]] = []
    for i, name in enumerate(categories):
        others = [j for j in range(len(categories)) if j != i]
        pull = wording.percent(model["bias"][i])
        if not any(confusion[i][j] + confusion[j][i] for j in others):
            rows.append([name, "never confused", wording.NONE, pull])
            continue
        nearest = max(others, key=lambda j: model["eta"][i][j])
        rows.append([name, categories[nearest], cell(model["eta"][i][nearest], wording.unit), pull])
    head = ["Category", "Most like", "Similarity", "Pull"]
    return Table(say("choice", **model), head, rows, words=(1,), label="Similarity of categories")


def _plane_table(scope: Scope) -> Table:
    """Coordinates of the map of categories."""
    model = scope.arm["choice_model"]
    assert model is not None
    assert model["map"] is not None
    rows = [
        [f"{i} {name}", *(wording.number(v, digits=3) for v in place)]
        for i, (name, place) in enumerate(zip(scope.categories, model["map"], strict=True), start=1)
    ]
    head = ["Category", *(f"Dimension {d + 1}" for d in range(len(model["map"][0])))]
    return Table("Places on the map.", head, rows, label="Map of categories", bulky=True)


def _plane(places: Sequence[Sequence[float]]) -> Figure:
    """Map of categories by how they are taken for each other."""
    points = np.array(places)
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.add_axes((0.04, 0.04, 0.92, 0.92))
    axes.scatter(points[:, 0], points[:, 1], color=BLUE, s=28, zorder=2)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(high - low, 1e-6)
    # Long names in a crowded plane would overlap: numbers stand beside the points, names in the caption's key.
    beside = _label_places((points - low) / room.max() * 4.0)
    for i, (x, y) in enumerate(points):
        axes.annotate(str(i + 1), (x, y), xytext=beside[i], textcoords="offset points", ha="center", va="center")
    axes.set_xlim(low[0] - 0.12 * room[0], high[0] + 0.14 * room[0])
    axes.set_ylim(low[1] - 0.12 * room[1], high[1] + 0.14 * room[1])
    axes.set_aspect("equal", adjustable="box")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set(visible=True, color=PALE)
    return figure


def _label_places(points: np.ndarray) -> list[tuple[float, float]]:
    """Offset in points of each label from its point (inches, (n, 2)): the nearest place free of points and labels."""
    taken = [(float(x) * 72, float(y) * 72) for x, y in points]
    places = []
    for x, y in [*taken]:
        ring = [(r * np.cos(a), r * np.sin(a)) for r in (10, 17, 25) for a in np.arange(0.25, 2, 0.25) * np.pi]
        room = [
            min((abs(x + dx - u) / 13 + abs(y + dy - v) / 11) for u, v in taken if (u, v) != (x, y)) for dx, dy in ring
        ]
        best = next((i for i, space in enumerate(room) if space > 1), int(np.argmax(room)))
        places.append((float(ring[best][0]), float(ring[best][1])))
        taken.append((x + ring[best][0], y + ring[best][1]))
    return places


def _confusion_records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        for i, heard in enumerate(result["categories"]):
            for j, chosen in enumerate(result["categories"]):
                counts = {"n": arm["confusion"][i][j], "row_total": arm["row_totals"][i]}
                yield {"arm": name, "heard": heard, "chosen": chosen, **counts, "row_share": arm["row_rates"][i][j]}


CONFUSION = TidyTable(
    "confusion",
    "one cell of the confusion matrix of an arm",
    columns(
        "arm heard chosen n row_total row_share",
        {
            "row_total": Column("integer", "Answers to clips of this category."),
            "row_share": Column("number", "n / row_total."),
        },
    ),
    _confusion_records,
)
PAIRS = TidyTable(
    "pairs",
    "one unordered pair of categories of an arm, given the errors made",
    columns(
        "arm a b errors a_as_b b_as_a expected p_value p_holm status reason",
        {
            "errors": Column("integer", "Errors between the two, in both directions."),
            "a_as_b": Column("integer", "a heard, b chosen."),
            "b_as_a": Column("integer", "b heard, a chosen."),
        },
    ),
    lambda result: arm_records(result, "pairs"),
)
CELLS = TidyTable(
    "cells",
    "one confusion (heard, chosen) of an arm, given the errors made",
    columns(
        "arm heard chosen n expected p_value p_holm p_bh",
        {"p_bh": Column("number", "p after Benjamini and Hochberg's correction over the cells of the arm.")},
    ),
    lambda result: arm_records(result, "cells"),
)
SECTION = section_answers(_parts, "What was taken for what", CONFUSION, PAIRS, CELLS)
