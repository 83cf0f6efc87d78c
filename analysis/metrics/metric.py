"""What a registered metric is: its words, what it needs, how it is computed, and what it compares with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.metrics.options import BOARD, MetricOptions
from analysis.metrics.recordings import Recordings, recordings_of
from analysis.reading import Embeddings

Row = Mapping[str, Any]

# Why a metric has no value where one of the arrays it needs has no rows.
MISSING = {"images": "no image of these categories has an embedding", "references": "the set has no reference artworks"}


@dataclass(frozen=True)
class MetricInput:
    """What every metric is computed from.

    embeddings   of the images, clips and references of `categories` alone
    categories   in the order of the study or set
    board        clips on the boards that a space answers by itself
    """

    embeddings: Embeddings
    categories: list[str]
    options: MetricOptions
    board: int = BOARD

    @cached_property
    def recordings(self) -> Recordings:
        return recordings_of(self.embeddings)


def absent_estimate(reason: str) -> dict[str, Any]:
    """A value that does not exist, as an entry of a block."""
    empty = dict.fromkeys(("value", "se", "ci_low", "ci_high", "null"))
    return empty | {"n": 0, "status": "not_applicable", "reason": reason}


def _clips_less_one(_row: Row, n_clips: int) -> int:
    return max(1, n_clips - 1)


@dataclass(frozen=True)
class ByCategory:
    """A metric's value in each category, which stands beside people's answers and is correlated with them.

    values     rows by category, for the block's `by_category`; None where the metric's own entry holds them
    value      key of the value in a row, and `error` that of its standard error in the same unit
    unbiased   key of the standard error whose square is right on average, as a mean over categories needs it
    degrees    degrees of freedom of that error, from a row and the category's number of clips; at least 1
    """

    values: Callable[[MetricInput], Mapping[str, Row]] | None = None
    value: str = "value"
    error: str = "se"
    unbiased: str = "se"
    degrees: Callable[[Row, int], int] = _clips_less_one

    def rows(self, name: str, block: Row) -> Mapping[str, Row | None]:
        """The row of each category in a block, of the metric that is registered under `name`."""
        if self.values is None:
            found: Mapping[str, Row] = block[name]
            return found
        return {category: row[name] for category, row in block["by_category"].items()}


@dataclass(frozen=True)
class Metric:
    """One metric, or one family of numbers that are computed together.

    title           what tables call it
    definition      in one sentence
    entries         its entries of the block, by key; one of them bears the metric's registered name
    empty           the same keys where no image of the categories has an embedding
    needs           arrays of the embeddings that must have rows
    missing         its entries where one of them has none, from the reason in words (None, here and for `empty`: an
                    absent estimate under its name)
    options         fields of MetricOptions that make it another quantity: blocks that differ in one are never compared
    by_category     its value in each category, where it has one
    without_people  computed only where no people answered: for sets outside any study
    has_section     the report shows it in a section of its own. Elsewhere its entry holds value, se, ci_low, ci_high,
                    null, n, status and reason, and stands in the table of further metrics
    """

    title: str
    definition: str
    entries: Callable[[MetricInput], Mapping[str, Any]]
    empty: Mapping[str, Any] | None = None
    needs: tuple[str, ...] = ("images",)
    missing: Callable[[str], Mapping[str, Any]] | None = None
    options: tuple[str, ...] = ()
    by_category: ByCategory | None = None
    without_people: bool = False
    has_section: bool = False
