"""One finding on the paper's tables, and how its numbers are written."""

from dataclasses import dataclass
from typing import Any

from analysis import wording


@dataclass(frozen=True)
class PaperFinding:
    """One statement about the printed tables, with the numbers behind it."""

    number: int
    title: str
    sentences: list[str]
    values: dict[str, Any]


def apa(value: float | None, digits: int) -> str:
    """A value below 1 in APA style, with as many digits as the finding needs."""
    return wording.unit(value, digits=digits)
