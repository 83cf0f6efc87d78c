"""The human results of one arm as parts: what to read first comes first, every figure has its numbers beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from analysis import wording
from analysis.render.cells import name_key
from analysis.render.drawings import fonts
from analysis.render.parts import Heading, Paragraph, Part, Picture, Table
from analysis.render.sections.answers.agreement import agreement_table, modal_table
from analysis.render.sections.answers.categories import category_parts
from analysis.render.sections.answers.chance import chance_parts
from analysis.render.sections.answers.confusions import confusion_parts
from analysis.render.sections.answers.participants import participant_parts
from analysis.render.sections.answers.spread import spread_parts
from analysis.render.sections.answers.times import time_parts

SECTIONS = {
    "chance": "Against random matching",
    "categories": "Category by category",
    "confusions": "What was taken for what",
    "participants": "Participant by participant",
    "spread": "How much participants differ",
    "agreement": "Agreement is not accuracy",
    "times": "Times, places and learning",
}


def arm_parts(result: Mapping[str, Any], name: str, labels: fonts.Labels, key: str) -> Iterator[Part]:
    """Every section on the answers of one arm; `key` begins the anchors and the ids inside figures.

    Names of regions carry the arm where there are several.
    """
    suffix = f" of {name}" if len(result["arms"]) > 1 else ""
    for part in _sections(result, result["arms"][name], labels, key):
        match part:
            case Table():
                yield replace(part, label=part.label + suffix)
            case Picture(data=data) if data is not None:
                yield replace(part, data=replace(data, label=data.label + suffix))
            case _:
                yield part


def sections_of(arm: Mapping[str, Any], key: str) -> list[tuple[str, str]]:
    """(anchor, title) of the sections that an arm has, for a page's contents."""
    return [(f"{key}-{section}", title) for section, title in SECTIONS.items()] if arm["n_answers"] else []


def _sections(result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str) -> Iterator[Part]:
    if not arm["n_answers"]:
        yield Paragraph(arm["overall"]["reason"] or "No answers yet.")
        return
    sizes = result["measured_sizes"]
    names = name_key(result["categories"]) if labels.numbered else ""
    yield _heading(key, "chance")
    yield from chance_parts(arm, key)
    yield _heading(key, "categories")
    yield from category_parts(result, arm, labels, key, names)
    yield _heading(key, "confusions")
    yield from confusion_parts(result, arm, labels, key, names)
    yield _heading(key, "participants")
    yield from participant_parts(result, arm, labels, key, names)
    yield _heading(key, "spread")
    yield from spread_parts(arm, sizes)
    yield _heading(key, "agreement")
    yield agreement_table(arm)
    yield modal_table(arm, result["categories"])
    yield _heading(key, "times")
    yield from time_parts(result, arm, labels, key, names)
    for flag in arm["flags"]:
        if flag["n"]:
            people = wording.plural(flag["n"], "participant")
            some = wording.listing(flag["participants"][:12]) + (", ..." if flag["n"] > 12 else "")
            yield Paragraph(f"Worth a look: {flag['flag']}: {people} ({some}). Nobody is left out for this.", "small")


def _heading(key: str, section: str) -> Heading:
    return Heading(3, SECTIONS[section], anchor=f"{key}-{section}")
