"""Sections by themselves: what one says of a result."""

from functools import cache
from typing import TypeVar

import pandas as pd

from analysis.render.drawings import figure_labels
from analysis.render.parts import Paragraph, Part, Picture, Table
from analysis.render.sections import Scope, Section
from analysis.results import Result, build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import rows_of, table_3, table_4

Kind = TypeVar("Kind", bound=Part)


@cache
def plain_result() -> Result:
    """Table 4 of the paper as one arm; to be read only."""
    return build_result(table_4(), study_of())


@cache
def two_arms() -> Result:
    """Tables 3 and 4 as two arms of different people, one of them left out; to be read only."""
    first = table_3().assign(arm="x", participant=lambda rows: "x" + rows["participant"])
    both = pd.concat([first, table_4()], ignore_index=True).assign(excluded=0, exclusion_reason="")
    both.loc[both["participant"] == "a000", ["excluded", "exclusion_reason"]] = [1, "too fast"]
    return build_result(both, study_of(arms=("x", "a")))


@cache
def several_boards() -> Result:
    """Four people with two boards each, whose clips are named and whose times are known; to be read only."""
    rows = rows_of([(0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2), (0, 1, 2, 3)] * 2, blocks=2)
    places = range(len(rows))
    return build_result(
        rows.assign(trial_index=[i // 4 % 2 + 1 for i in places], clip_position=[i % 4 + 1 for i in places]), study_of()
    )


def scope_of(result: Result, name: str = "a") -> Scope:
    return Scope(result, figure_labels(result["categories"]), name=name)


def shown(section: Section, result: Result, name: str, kind: type[Kind]) -> list[Kind]:
    return [part for part in section.parts(scope_of(result, name)) if isinstance(part, kind)]


def tables(section: Section, result: Result, name: str = "a") -> dict[str, Table]:
    """Tables by the name of their region, those behind figures too."""
    behind = [part.data for part in shown(section, result, name, Picture) if part.data]
    return {table.label: table for table in [*shown(section, result, name, Table), *behind]}


def words(section: Section, result: Result, name: str = "a") -> str:
    return " ".join(part.text for part in shown(section, result, name, Paragraph))


def figures(section: Section, result: Result, name: str = "a") -> dict[str, Picture]:
    return {part.name: part for part in shown(section, result, name, Picture)}
