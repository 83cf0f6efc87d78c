"""Section: participant by participant."""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.prose import Texts
from analysis.render.drawings import (
    BLUES,
    GREY,
    WIDTH,
    column_labels,
    ink_on,
    lines_of,
    missing_letters,
    picture,
    shorten,
    text_width,
)
from analysis.render.parts import Parts, Sortable, Table
from analysis.render.sections.section import Scope, section_answers
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Participant, Record, Result

say = Texts("sections/participants")

MOST_NAMED = 40


def _parts(scope: Scope) -> Parts:
    people = sorted(
        (p for p in scope.arm["participants"] if p["total"]),
        key=lambda p: (-p["correct"] / p["total"], p["correct_by_category"], p["participant"]),
    )
    table = _participant_table(scope)
    if not people:
        yield table
        return
    yield picture(
        _tiles, people, scope.labels.texts, name=scope.key("tiles"), alt=_tiles_alt(scope.arm["participants"]),
        caption=say("tiles") + scope.name_key, data=table,
    )  # fmt: skip


def _participant_table(scope: Scope) -> Table:
    rows = [
        [
            p["participant"],
            Sortable(f"{p['correct']}/{p['total']}", p["correct"] / p["total"] if p["total"] else None),
            *(f"{c}/{n}" for c, n in zip(p["correct_by_category"], p["total_by_category"], strict=True)),
        ]
        for p in scope.arm["participants"]
    ]
    caption = "Correct matches of every participant, in all and per category."
    head = ["Participant", "Correct", *scope.categories]
    return Table(caption, head, rows, sortable=True, label="Every participant", bulky=True)


def _tiles(people: Sequence[Participant], labels: Sequence[str]) -> Figure:
    """One row per participant, best first, one column per category: filled = right, cross = wrong."""
    k, named = len(labels), len(people) <= MOST_NAMED
    names = [shorten(p["participant"], 12) if named else "" for p in people]
    if any(missing_letters(text) for text in names):
        names = [str(i + 1) for i in range(len(people))]
    left = (max(text_width(text) for text in names) + 0.15) if named else 0.3
    cell = min(1.1, (WIDTH - left - 0.75) / k)
    heads = column_labels(labels, cell)
    step = 0.27 if named else max(0.006, min(0.1, 6.0 / len(people)))
    height = lines_of(heads) * 0.17 + 0.12 + step * len(people) + 0.1
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, 0.08 / height, cell * k / WIDTH, step * len(people) / height))
    shares = np.array(
        [
            [c / n if n else np.nan for c, n in zip(p["correct_by_category"], p["total_by_category"], strict=True)]
            for p in people
        ]
    )
    axes.imshow(np.ma.masked_invalid(shares), cmap=BLUES, vmin=0, vmax=1.25, aspect="auto", interpolation="nearest")
    if named:
        _tile_marks(axes, people, shares)
        axes.set_yticks(range(len(people)), names, fontsize=9)
        for y, p in enumerate(people):
            axes.text(k - 0.5 + 0.12, y, f"{p['correct']}/{p['total']}", va="center", fontsize=9, color=GREY)
        for edge in range(len(people) + 1):
            axes.axhline(edge - 0.5, color="white", linewidth=1.6)
    else:
        axes.set_yticks([])
        axes.set_ylabel(f"{len(people)} participants, best first", color=GREY)
    for edge in range(k + 1):
        axes.axvline(edge - 0.5, color="white", linewidth=1.6)
    axes.set_xticks(range(k), heads)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def _tile_marks(axes: Axes, people: Sequence[Participant], shares: np.ndarray) -> None:
    single = all(n <= 1 for p in people for n in p["total_by_category"])
    for y, p in enumerate(people):
        for x, (c, n) in enumerate(zip(p["correct_by_category"], p["total_by_category"], strict=True)):
            text, color = (("✓" if c else "×") if single else f"{c}/{n}"), ink_on(shares[y][x] / 1.25) if n else GREY
            axes.text(x, y, text if n else wording.NONE, ha="center", va="center", color=color, fontsize=9)


def _tiles_alt(people: Sequence[Participant]) -> str:
    best = sum(p["total"] > 0 and p["correct"] == p["total"] for p in people)
    table = " The table gives every participant." if len(people) <= MOST_NAMED else ""
    return say("tiles alt", best=best, n=len(people)) + table


def _records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        for p in arm["participants"]:
            counts = zip(result["categories"], p["correct_by_category"], p["total_by_category"], strict=True)
            for category, correct, n in counts:
                yield {"arm": name, "participant": p["participant"], "category": category, "correct": correct, "n": n}


PARTICIPANTS = TidyTable(
    "participants",
    "one category of one participant",
    columns("arm participant category correct n", {"participant": Column("text", "Publishable pseudonym.")}),
    _records,
)
SECTION = section_answers(_parts, "Participant by participant", PARTICIPANTS)
