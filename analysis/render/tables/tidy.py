"""Tidy tables: what a row is, type and meaning of every column, and how the rows are found in a document."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.render.tables.grid import Column, Grid


@dataclass(frozen=True)
class TidyTable:
    """One of the tables in tables/. Every row stands for itself: the arm, then what it is about, then numbers.

    name     begin of its files' names
    row      what a row is
    columns  by name, in order
    rows     records of a document, in order; a table takes its columns from them and leaves the rest
    """

    name: str
    row: str
    columns: Mapping[str, Column]
    rows: Callable[[Any], Iterable[Mapping[str, Any]]]

    def grid(self, document: Any) -> Grid:
        return Grid(self.columns, [tuple(row[column] for column in self.columns) for row in self.rows(document)])


def columns(names: str, own: Mapping[str, Column] | None = None) -> dict[str, Column]:
    """The columns named, in this order: as `own` describes them, else as every table means them."""
    known = COLUMNS | dict(own or {})
    return {name: known[name] for name in names.split()}


# Columns that several tables have.
COLUMNS = {
    "arm": Column("text", "Arm (condition)."),
    "n_participants": Column("integer", "Participants with answers."),
    "n_blocks": Column("integer", "Boards with answers."),
    "correct": Column("integer", "Correct matches."),
    "total": Column("integer", "Clips answered; in null_law the total of correct matches."),
    "rate": Column("number", "Share correct, 0 to 1."),
    "expected": Column(
        "number", "Mean count under random matching (pairs, cells: given the errors made), in places of random orders."
    ),
    "p_value": Column("number", "Exact p: one-sided, so many or more; in comparisons two-sided."),
    "p_two_sided": Column("number", "Two-sided exact p: values no likelier than the observed one."),
    "p_holm": Column("number", "p after Holm's correction over the rows of the arm (comparisons: over all)."),
    "guess_corrected": Column("number", "(share - chance) / (1 - chance)."),
    "ci_low": Column("number", "Lower end of the 95 % interval."),
    "ci_high": Column("number", "Upper end of the 95 % interval."),
    "ci_method": Column("text", "How the interval was made."),
    "method": Column("text", "The test behind p_value."),
    "status": Column("text", "ok, degenerate, not_applicable or too_small."),
    "reason": Column("text", "Why a value is missing or a fallback was used."),
    "heard": Column("text", "Category of the clip."),
    "chosen": Column("text", "Category of the image chosen."),
    "category": Column("text", "Category of the clip."),
    "n": Column("integer", "Answers; in confusion and cells how often, in times choices, in told_apart boards."),
    "cohen_h": Column("number", "Cohen's h against chance; in comparisons between the arms."),
    "a": Column("text", "First category or arm."),
    "b": Column("text", "Second category or arm."),
}
