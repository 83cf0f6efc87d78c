"""How cells of tables write their values, the same in every section."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from analysis import wording
from analysis.render.parts import Sortable

MOST_PAIRS = 10
MOST_NAMED_COLUMNS = 6
Row = TypeVar("Row", bound=Mapping[str, Any])


def by_p(rows: Sequence[Row], *, count: str) -> list[Row]:
    """The rows worth showing: smallest p first, then most of `count`."""
    return sorted(rows, key=lambda row: (1.0 if row["p_value"] is None else row["p_value"], -row[count]))[:MOST_PAIRS]


def p_cell(p: float | None) -> Sortable:
    return Sortable(wording.p_exact(p), p)


def cell(value: float | None, show: Callable[[float | None], str] = wording.percent) -> Sortable:
    """A value that sorts by itself, whatever it is shown as."""
    return Sortable(show(value), value)


def share(correct: int, n: int, *, rate: bool = False) -> Sortable:
    """(9/12), or with its rate (9/12) 75.0%."""
    value = correct / n if n else None
    return Sortable(f"({correct}/{n})" + (f" {wording.percent(value)}" if rate and n else ""), value)


def interval(found: Mapping[str, Any], show: Callable[..., str] = wording.percent_interval, **how: int) -> str:
    """The interval of a record, [66.7%, 91.7%] or as `show` writes it."""
    return show(found["ci_low"], found["ci_high"], **how)


def bayes(factor: float | None) -> str:
    """A Bayes factor for reading: ".40", "5.2", "6.1 × 10⁴"."""
    if factor is None:
        return wording.NONE
    if 0.001 <= factor < 1000:
        return wording.unit(factor) if factor < 1 else wording.number(factor, digits=1)
    return wording.power_of_ten(factor, digits=1)


def matrix_heads(categories: Sequence[str]) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Column heads, row heads and what numbered columns stand for; many categories get numbers."""
    if len(categories) <= MOST_NAMED_COLUMNS:
        return list(categories), list(categories), ()
    numbers = [str(place) for place in range(1, len(categories) + 1)]
    return numbers, [f"{n} {name}" for n, name in zip(numbers, categories, strict=True)], tuple(categories)
