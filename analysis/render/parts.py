"""What a report consists of, whatever its format: headings, paragraphs, tables, figures and rows of pictures."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Heading:
    """A heading; `anchor` is where a page's contents link to."""

    kind_of_part: ClassVar[str] = "heading"
    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    kind_of_part: ClassVar[str] = "paragraph"
    text: str
    kind: str = "plain"  # plain, lead, small, banner or warning


class Sortable(str):
    """A cell whose text does not sort as it should; `value` is what the column is sorted by, None comes last."""

    value: float | None

    def __new__(cls, text: str, value: float | None) -> Sortable:
        cell = super().__new__(cls, text)
        cell.value = value
        return cell


@dataclass(frozen=True)
class Table:
    """Rows of text under a caption; the first column names the row.

    A row may be shorter than the head: its last cell then holds words that run over the remaining columns.

    words     columns that hold text and may wrap
    sortable  whether a page offers to sort it
    label     what a page calls the region that holds it; names of regions differ within a page
    dense     many narrow columns; `names` says on a page what the columns' short heads stand for
    diagonal  mark cell (i, i + 1) of every row i: the correct matches of a confusion matrix
    bulky     for looking up only: left out where paper would be wasted, in full on the page and in the CSV tables
    """

    kind_of_part: ClassVar[str] = "table"
    caption: str
    head: list[str]
    rows: list[list[str]]
    words: tuple[int, ...] = ()
    sortable: bool = False
    label: str = ""
    dense: bool = False
    names: tuple[str, ...] = ()
    diagonal: bool = False
    bulky: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure; `data` is the table behind it, where no table of the same numbers stands beside it."""

    kind_of_part: ClassVar[str] = "picture"
    svg: str
    alt: str
    caption: str
    data: Table | None = None

    @property
    def name(self) -> str:
        """The name under which it was drawn; no other figure of the same document has it."""
        found = re.search(r'aria-labelledby="([^"]*)-title"', self.svg)
        if found is None:
            raise ValueError("a figure without a title of its own")
        return found[1]


@dataclass(frozen=True)
class Thumbnail:
    """A small JPEG picture with its description and the line that stands below it."""

    jpeg: bytes
    width: int
    height: int
    alt: str
    text: str

    @property
    def data_uri(self) -> str:
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode()


@dataclass(frozen=True)
class Gallery:
    """Pictures of one category in rows."""

    kind_of_part: ClassVar[str] = "gallery"
    title: str
    caption: str
    images: tuple[Thumbnail, ...]


Part = Heading | Paragraph | Table | Picture | Gallery
Parts = Iterator[Part]


def figure_files(parts: Iterable[Part]) -> dict[str, str]:
    """Every figure among the parts as an SVG file, by file name."""
    return {f"{part.name}.svg": part.svg for part in parts if isinstance(part, Picture)}
