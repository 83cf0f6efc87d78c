"""What a report consists of, whatever its format: headings, paragraphs, tables, figures and rows of pictures."""

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Heading:
    """A heading; `anchor` is where a page's contents link to, under the words `contents` where these are shorter.

    `folded`: a page shows what follows when it is asked for; on paper it begins a page of its own.
    """

    level: int
    text: str
    anchor: str = ""
    contents: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Paragraph:
    text: str
    kind: str = "plain"  # plain, lead, small, quiet, warning, question, or intro: stays with what follows


@dataclass(frozen=True)
class Banner:
    """What a reader must know before any number."""

    title: str
    text: str


@dataclass(frozen=True)
class Warnings:
    """What to take care of, point by point."""

    texts: list[str]


@dataclass(frozen=True)
class Markdown:
    """A text that researchers wrote in Markdown; tags, links and images in it stay plain text."""

    text: str


@dataclass(frozen=True)
class KeyFigures:
    """The few numbers that a page shows large, each with its name and a note; paged formats have them in tables."""

    entries: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Facts:
    """Names with their values; a list of lines holds hashes."""

    caption: str
    entries: list[tuple[str, str | list[str]]]

    @property
    def table(self) -> "Table":
        rows = [[name, value if isinstance(value, str) else "; ".join(value)] for name, value in self.entries]
        return Table(self.caption, ["What", "Value"], rows)


class Sortable(str):
    """A cell whose text does not sort as it should; `value` is what the column is sorted by, None comes last."""

    value: float | None

    def __new__(cls, text: str, value: float | None) -> "Sortable":
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
    latex     name in tables.tex, empty where it is not among the tables for papers
    printed   the form that tables.tex has instead, where papers have one of their own
    """

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
    latex: str = ""
    printed: "Table | None" = None


@dataclass(frozen=True)
class Picture:
    """A figure, drawn when a format asks for it: Markdown and tables need its words alone.

    draw  makes the <svg> element
    name  what it was drawn under; no other figure of the same document has it
    data  the table behind it, where no table of the same numbers stands beside it
    """

    draw: Callable[[], str]
    name: str
    alt: str
    caption: str
    data: Table | None = None

    @cached_property
    def svg(self) -> str:
        return self.draw()


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
    """Pictures of one category in rows of so many on paper."""

    title: str
    caption: str
    images: tuple[Thumbnail, ...]
    columns: int = 5


@dataclass(frozen=True)
class Points:
    """Sentences one below the other, each with a mark."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """Words of the trade with one line each, which a page unfolds where they stand; paper has them in the glossary."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Beside:
    """Parts that stand beside each other where there is room, else one below the other."""

    parts: tuple["Part", ...]


@dataclass(frozen=True)
class Only:
    """A part that pages alone show, or that formats without a page layout alone show."""

    part: "Part"
    page: bool


Part = (
    Heading | Paragraph | Banner | Warnings | Markdown | KeyFigures | Facts | Table | Picture | Gallery | Points
    | Terms | Beside | Only
)  # fmt: skip
Parts = Iterator[Part]


def flat(parts: Iterable[Part]) -> Parts:
    """The parts, those that stand beside each other one after the other."""
    for part in parts:
        yield from part.parts if isinstance(part, Beside) else (part,)


def parts_for(parts: Iterable[Part], *, page: bool) -> Parts:
    """The parts that a page shows, or that formats without a page layout show."""
    for part in parts:
        if not isinstance(part, Only):
            yield part
        elif part.page == page:
            yield part.part


def figure_files(parts: Iterable[Part]) -> dict[str, str]:
    """Every figure among the parts as an SVG file, by file name."""
    return {f"{part.name}.svg": part.svg for part in flat(parts) if isinstance(part, Picture)}
