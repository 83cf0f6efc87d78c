"""One measured rate, and the rules by which it is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One measured rate with its standard error (0 where computed exactly) and whether it keeps its rule."""

    group: str
    what: str
    setting: str
    nominal: float
    found: float
    se: float
    rule: str
    kept: bool


def exact_row(group: str, what: str, setting: str, alpha: float, found: float) -> Row:
    return Row(group, what, setting, alpha, found, 0.0, "at most alpha", found <= alpha)


def warn_row(what: str, setting: str, alpha: float, found: float) -> Row:
    return Row("size", what, setting, alpha, found, 0.0, "shown to warn", True)


def rate_row(
    group: str, what: str, setting: str, alpha: float, p: list[float], *, headline: bool, warn: bool = False
) -> Row:
    found = float(np.mean(np.array(p) <= alpha * (1 + 1e-9)))
    se = (alpha * (1 - alpha) / len(p)) ** 0.5
    rule = "at most alpha + 2 SE" if headline else "shown to warn" if warn else "measured size printed"
    return Row(group, what, setting, alpha, found, se, rule, found <= alpha + 2 * se or not headline)


def cover_row(what: str, setting: str, inside: list[bool], big: bool) -> Row:
    found = float(np.mean(inside))
    se = (0.95 * 0.05 / len(inside)) ** 0.5
    kept = 0.93 <= found <= 0.97 or not big or "category" in what
    rule = "93-97 %" if big and "category" not in what else "measured, with a warning"
    return Row("coverage", what, setting, 0.95, found, se, rule, kept)


Part = Callable[[int], Iterator[Row]]
"""Draws -> measured rows."""
