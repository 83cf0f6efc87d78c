"""What a section of a report is, and what it is given to speak of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from analysis.render.drawings import Labels
from analysis.render.parts import Heading, Part
from analysis.render.tables import Grid, TidyTable
from analysis.results import Arm, Record, Result

Pictures = Mapping[str, bytes]


class Chapter(NamedTuple):
    """A part of the report that holds sections: numbered in the main report, lettered among the appendices."""

    mark: str
    title: str

    @property
    def is_appendix(self) -> bool:
        return self.mark.isalpha()

    @property
    def heading(self) -> Heading:
        if self.is_appendix:
            title = f"Appendix {self.mark}. {self.title}"
            return Heading(2, title, f"appendix-{self.mark.lower()}", folded=True)
        return Heading(2, f"{self.mark}. {self.title}", f"part-{self.mark}")


HEAD = Chapter("", "")
CHAPTERS = (
    HEAD,
    Chapter("1", "Summary"),
    Chapter("2", "Models compared"),
    Chapter("3", "Do the pictures fit?"),
    Chapter("4", "The pictures"),
    Chapter("5", "People and metrics"),
    Chapter("6", "Variety and creativity"),
    Chapter("7", "Methods and reporting"),
    Chapter("8", "Limits"),
    Chapter("A", "Each arm in full"),
    Chapter("B", "Metrics in full"),
    Chapter("C", "Diagnostics"),
    Chapter("D", "Provenance and glossary"),
)
"""The report in the order of reading: what answers the question on few pages, then everything else."""


@dataclass(frozen=True)
class Scope:
    """What a section speaks of: a whole study, or one of its arms.

    result    the result document
    labels    what figures write for the study's categories
    pictures  thumbnails by sha256; None where they are not at hand
    name      the arm; empty for a whole study
    """

    result: Result
    labels: Labels
    pictures: Pictures | None = None
    name: str = ""

    @property
    def arm(self) -> Arm:
        return self.result["arms"][self.name]

    @property
    def categories(self) -> list[str]:
        return self.result["categories"]

    @property
    def several(self) -> bool:
        """Whether the study has more than one arm."""
        return len(self.result["arms"]) > 1

    @property
    def owner(self) -> str:
        """The arm, where there is another one to tell it from."""
        return self.name if self.several else ""

    @property
    def number(self) -> str:
        """Number of the arm, from 1; empty for a whole study."""
        return str(list(self.result["arms"]).index(self.name) + 1) if self.name else ""

    def key(self, name: str) -> str:
        """A name for a figure or an anchor that no other arm has."""
        return f"arm-{self.number}-{name}" if self.name else name

    @property
    def name_key(self) -> str:
        """What numbers in figures stand for; empty where figures show names."""
        return self.numbered_names if self.labels.numbered else ""

    @property
    def numbered_names(self) -> str:
        names = "; ".join(f"{place} {name}" for place, name in enumerate(self.categories, start=1))
        return f" Numbers stand for: {names}."


def has_answers(scope: Scope) -> bool:
    return scope.arm["n_answers"] > 0


def has_any_answers(scope: Scope) -> bool:
    return any(arm["n_answers"] for arm in scope.result["arms"].values())


@dataclass(frozen=True)
class Section:
    """Everything that belongs to one part of the report, in every format.

    parts     words, tables and drawings in the order of reading; nothing where there is nothing to show
    title     heading; empty where the section writes its own
    contents  what a page's contents call it, where that is shorter
    anchor    where links lead; empty takes the name in the registry
    chapter   mark of the chapter that holds it
    per_arm   whether it speaks of every arm by itself
    shown     whether a result has anything for it
    latex     key under which tables.tex numbers all its tables; empty takes those that have a name of their own
    tables    its tidy tables
    files     them of a result, where there may be several of a kind; None takes each of `tables` once
    """

    parts: Callable[[Scope], Iterable[Part]]
    title: str = ""
    contents: str = ""
    anchor: str = ""
    chapter: str = "A"
    per_arm: bool = False
    shown: Callable[[Scope], bool] = lambda scope: True
    latex: str = ""
    tables: tuple[TidyTable, ...] = ()
    files: Callable[[Result], Mapping[str, Grid]] | None = None

    def grids(self, result: Result) -> dict[str, Grid]:
        """Its tidy tables of a result, by name."""
        return dict(self.files(result)) if self.files else {table.name: table.grid(result) for table in self.tables}


def arm_records(result: Result, key: str) -> Iterable[Record]:
    """Records that every arm has in a list, each with its arm."""
    return ({"arm": name, **row} for name, arm in result["arms"].items() for row in arm[key])  # type: ignore[literal-required]


def section_answers(parts: Callable[[Scope], Iterable[Part]], title: str, *tables: TidyTable, **more: Any) -> Section:
    """A section on the answers of every arm that has any."""
    return Section(parts, title, per_arm=True, shown=has_answers, tables=tables, **more)


def task(result: Result) -> str:
    """The design, "one_to_one spare" where one-to-one boards show more images than clips."""
    boards = ((arm["board"], arm["board_clips"]) for arm in result["arms"].values())
    spare = any(images and clips and images > clips for images, clips in boards)
    return "one_to_one spare" if spare and result["design"] == "one_to_one" else result["design"]
