"""Section: participant by participant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.render.drawings import answers, fonts
from analysis.render.parts import Part, Picture, Sortable, Table

# Participants in one table of a paged format; beyond it they stand on the page and in the CSV tables alone.
MOST_PRINTED_PARTICIPANTS = 40


def participant_parts(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    table = participant_table(arm, result["categories"])
    tiles = answers.tiles(arm, labels.texts, name=f"{key}-tiles")
    if not tiles:
        yield table
        return
    named = len(arm["participants"]) <= answers.MOST_NAMED_PARTICIPANTS
    caption = f"One row per participant, best first; the darker, the more matched correctly.{names}"
    yield Picture(tiles, answers.tiles_alt(arm, named=named), caption, table)


def participant_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    rows = [
        [
            p["participant"],
            Sortable(f"{p['correct']}/{p['total']}", p["correct"] / p["total"] if p["total"] else None),
            *(f"{c}/{n}" for c, n in zip(p["correct_by_category"], p["total_by_category"], strict=True)),
        ]
        for p in arm["participants"]
    ]
    caption = "Correct matches of every participant, in all and per category."
    return Table(
        caption, ["Participant", "Correct", *categories], rows, sortable=True, label="Every participant", bulky=True
    )
