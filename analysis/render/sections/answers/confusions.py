"""Section: what was taken for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.cells import by_p, name_key, p_cell, several_boards
from analysis.render.drawings import answers, fonts, study
from analysis.render.parts import Paragraph, Part, Picture, Sortable, Table


def confusion_parts(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    categories = result["categories"]
    yield confusion_table(arm, categories)
    yield Picture(
        answers.confusion(arm, labels.texts, name=f"{key}-confusion"), answers.confusion_alt(arm),
        f"Count and share of the row in every cell; the diagonal, framed, holds the correct matches.{names}",
    )  # fmt: skip
    undefined = {pair["reason"] for pair in arm["pairs"] if pair["status"] != "ok"}
    if undefined:
        yield Paragraph(f"Pairs of categories: {' '.join(sorted(undefined))}", "small")
    elif arm["pairs"]:
        yield pair_table(arm)
    cells = cell_table(arm)
    if cells:
        yield cells
    yield Paragraph(_symmetry_words(arm, result["measured_sizes"]), "small")
    yield Paragraph(_bias_words(arm, categories), "small")
    choice = choice_table(arm, categories)
    if choice:
        yield choice
    plane = study.category_plane(arm, labels.texts, name=f"{key}-plane")
    if plane:
        yield Picture(
            plane, study.plane_alt(labels.texts),
            f"Map of the categories from the similarity-choice model: those often taken for each other lie close "
            f"together; directions mean nothing.{name_key(categories)}", map_table(arm, categories),
        )  # fmt: skip


def _symmetry_words(arm: Mapping[str, Any], sizes: Mapping[str, str]) -> str:
    found = arm["symmetry"]
    if found["status"] != "ok":
        return f"One-sided confusions: {found['reason']}"
    seen = "one direction is commoner" if found["p_exact"] <= 0.05 else "none shown"
    return (
        f"One-sided confusions: {seen} ({found['method']} symmetry p = {wording.p_exact(found['p_exact'])}; Bowker "
        f"chi² = {wording.number(found['statistic'])}, df = {found['df']}, p = "
        f"{wording.p_exact(found['p_asymptotic'])}, {sizes['bowker']})."
    )


def _bias_words(arm: Mapping[str, Any], categories: list[str]) -> str:
    found = arm["response_bias"]
    if found["status"] != "ok":
        return f"Favourite images: {found['reason']}"
    uses = ", ".join(f"{name} {n}" for name, n in zip(categories, found["chosen"], strict=True))
    words = (
        f"Favourite images (times chosen: {uses}): against even use chi² = {wording.number(found['chi2'])}, df = "
        f"{found['df']}, p = {wording.p_exact(found['p_value'])} ({found['method']})"
    )
    if found["stuart_maxwell"] is not None:
        words += (
            f"; against the categories heard Stuart-Maxwell = {wording.number(found['stuart_maxwell'])}, df = "
            f"{found['stuart_maxwell_df']}, p = {wording.p_exact(found['stuart_maxwell_p'])} "
            f"({found['stuart_maxwell_size']})"
        )
    return f"{words}."


MOST_NAMED_COLUMNS = 6


def confusion_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Columns carry numbers where names would not fit; cells of a big matrix leave out the row's total."""
    numbered = len(categories) > MOST_NAMED_COLUMNS
    head = [str(i + 1) for i in range(len(categories))] if numbered else list(categories)
    rows = []
    for i, category in enumerate(categories):
        total = arm["row_totals"][i]
        cells = [str(n) if numbered else f"({n}/{total})" for n in arm["confusion"][i]]
        rows.append([f"{i + 1} {category}" if numbered else category, *cells, *([str(total)] if numbered else [])])
    caption = "Confusion matrix: rows are the category heard, columns the category of the image chosen; "
    caption += "a cell is the number of times chosen." if numbered else "a cell is (times chosen / clips answered)."
    return Table(
        caption, ["heard", *head, *(["total"] if numbered else [])], rows, label="Confusion matrix", diagonal=True,
        dense=numbered, names=tuple(categories) if numbered else (),
    )  # fmt: skip


def pair_table(arm: Mapping[str, Any]) -> Table:
    pairs = by_p(arm["pairs"], count="errors")
    rows = [
        [
            f"{p['a']} – {p['b']}", str(p["errors"]), wording.number(p["expected"]),
            p_cell(p["p_value"]), p_cell(p["p_holm"]),
        ]
        for p in pairs
    ]  # fmt: skip
    permuted = any(p["method"].startswith("seeded") for p in arm["pairs"])
    caption = (
        f"Pairs taken for each other, in both directions together. p: chance of so many or more errors on this pair, "
        f"given how many errors were made ({'permutation' if permuted else 'exact'}, one-sided); Holm: corrected over "
        f"all {wording.plural(len(arm['pairs']), 'pair')}."
    )
    if permuted:
        caption += " As people answered several boards, p permutes the names of the categories within each participant."
    elif several_boards(arm) and any(p["p_value"] is not None for p in arm["pairs"]):
        caption += (
            " People answered several boards that do not all show every category, so boards count as independent here: "
            "where people have pairs of their own, p is too small."
        )
    if len(pairs) < len(arm["pairs"]):
        caption += f" The {len(pairs)} with the smallest p are shown; all stand in tables/pairs.csv."
    return Table(caption, ["Pair", "Errors", "Expected", "p", "p (Holm)"], rows, sortable=True, label="Confused pairs")


def cell_table(arm: Mapping[str, Any]) -> Table | None:
    """Single cells off the diagonal that hold errors; None where none was tested."""
    shown = by_p([cell for cell in arm["cells"] if cell["n"]], count="n")
    if not shown:
        return None
    rows = [
        [
            f"{c['heard']} → {c['chosen']}", str(c["n"]), wording.number(c["expected"]), p_cell(c["p_value"]),
            p_cell(c["p_holm"]), p_cell(c["p_bh"]),
        ]
        for c in shown
    ]  # fmt: skip
    caption = (
        f"Single confusions, heard → chosen, given the errors made (exact, one-sided). Holm and Benjamini-Hochberg: "
        f"corrected over all {len(arm['cells'])} cells. They see less than the pairs above."
    )
    if len(shown) < sum(cell["n"] > 0 for cell in arm["cells"]):
        caption += f" The {len(shown)} with the smallest p are shown; all stand in tables/cells.csv."
    head = ["Confusion", "Times", "Expected", "p", "p (Holm)", "p (BH)"]
    return Table(caption, head, rows, sortable=True, label="Single confusions")


def choice_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table | None:
    """Bias and nearest neighbour of every category in the similarity-choice model; None where it is not fitted."""
    model = arm["choice_model"]
    if model is None:
        return None
    if arm["overall"]["correct"] == arm["overall"]["total"]:
        return None
    rows: list[list[str]] = []
    for i, name in enumerate(categories):
        others = [j for j in range(len(categories)) if j != i]
        if not any(arm["confusion"][i][j] + arm["confusion"][j][i] for j in others):
            rows.append([name, "never confused", wording.NONE, wording.percent(model["bias"][i])])
            continue
        nearest = max(others, key=lambda j: float(model["eta"][i][j]))
        similarity = model["eta"][i][nearest]
        cells = [name, categories[nearest], Sortable(wording.unit(similarity), similarity)]
        rows.append([*cells, wording.percent(model["bias"][i])])
    caption = (
        f"Similarity-choice model (0.5 added to every cell): the category each is most easily taken for, with its "
        f"similarity (0 = never, 1 = cannot be told apart), and the pull of its image whatever is heard. Lack of fit "
        f"G² = {wording.number(model['g2'])}, df = {model['df']}."
    )
    head = ["Category", "Most like", "Similarity", "Pull"]
    return Table(caption, head, rows, words=(1,), label="Similarity of categories")


def map_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table | None:
    """Coordinates of the map of categories."""
    model = arm["choice_model"]
    if model is None or model["map"] is None:
        return None
    rows = [
        [f"{i + 1} {name}", *(wording.number(v, digits=3) for v in place)]
        for i, (name, place) in enumerate(zip(categories, model["map"], strict=True))
    ]
    head = ["Category", *(f"Dimension {d + 1}" for d in range(len(model["map"][0])))]
    return Table("Places on the map.", head, rows, label="Map of categories", bulky=True)
