"""Tables of one arm, the same in every format. They read the result document and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.parts import Sortable

MOST_PAIRS = 10


def by_p(rows: Sequence[Mapping[str, Any]], *, count: str) -> list[Mapping[str, Any]]:
    """The rows worth showing: smallest p first, then most of `count`."""
    return sorted(rows, key=lambda row: (1.0 if row["p_value"] is None else row["p_value"], -row[count]))[:MOST_PAIRS]


def several_boards(arm: Mapping[str, Any]) -> bool:
    """Whether some participant answered more than one board."""
    return (arm["blocks_per_participant"]["max"] or 0) > 1


def bayes(factor: float | None) -> str:
    """A Bayes factor for reading: ".40", "5.2", "6.1 × 10⁴"."""
    if factor is None:
        return wording.NONE
    if 0.001 <= factor < 1000:
        return wording.unit(factor) if factor < 1 else wording.number(factor, digits=1)
    mantissa, exponent = f"{factor:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(wording.SUPERSCRIPT)}"


def p_cell(p: float | None) -> Sortable:
    return Sortable(wording.p_exact(p), p)


def name_key(categories: list[str]) -> str:
    return " Numbers stand for: " + "; ".join(f"{i + 1} {name}" for i, name in enumerate(categories)) + "."
