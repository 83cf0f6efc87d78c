"""Figures of response times: what they draw comes from the answers' times, and says so to who cannot see it."""

import numpy as np
import pytest

from analysis.render.drawings import text_width, wrap
from analysis.render.parts import Paragraph, Picture
from analysis.render.sections.answers import times
from analysis.results import build_result
from tests.analysis.scopes import scope_of
from tests.analysis.studies import study_of
from tests.analysis.tables import FOUR, rows_of

SEVEN = tuple("ABCDEFG")


def result_of(names=FOUR, people=6, **columns):
    """One arm of people who are all right; clip i of person b took 1 + i + b seconds."""
    rows = rows_of([(*range(len(names)),)] * people, names, design="free")
    seconds = np.array([1 + i + b for b in range(people) for i in range(len(names))])
    return build_result(
        rows.assign(choice_ms=1000 * seconds, **columns), study_of(categories=names, design="free")
    )  # fmt: skip


def figures_of(result):
    parts = times.SECTION.parts(scope_of(result))
    return {part.name: part for part in parts if isinstance(part, Picture)}


def test_every_category_keeps_its_own_distribution():
    found = result_of()["arms"]["a"]["times"]["category_ecdf"]
    assert found.keys() == set(FOUR)
    for i, name in enumerate(FOUR):
        assert found[name] == [[1 + i + b, pytest.approx((b + 1) / 6)] for b in range(6)]


def test_long_distributions_are_thinned():
    found = result_of(people=200)["arms"]["a"]["times"]["category_ecdf"][FOUR[0]]
    assert len(found) == 60
    assert (found[0], found[-1]) == ([1.0, 1 / 200], [200.0, 1.0])


def test_the_figure_by_category_has_a_line_and_a_name_for_each():
    result = result_of()
    picture = figures_of(result)["arm-1-category-times"]
    assert picture.svg == figures_of(result)["arm-1-category-times"].svg
    for i, name in enumerate(FOUR):
        assert f"{name}: median {3.5 + i:.2f} s (n = 6)" in picture.svg
    # A step line of every category, and a piece of it beside its name.
    assert picture.svg.count('stroke-width="1.8"') == 2 * len(FOUR)
    assert sorted(row[1] for row in picture.data.rows) == sorted(name for name in FOUR for _ in range(6))


@pytest.mark.parametrize("names", [FOUR[:1], SEVEN])
def test_one_category_or_more_than_can_be_told_apart_have_no_figure(names):
    assert "arm-1-category-times" not in figures_of(result_of(names))


def test_without_times_there_is_no_figure():
    result = build_result(rows_of([(0, 1, 2, 3)] * 3), study_of())
    assert "arm-1-times" not in figures_of(result)
    words = [part.text for part in times.SECTION.parts(scope_of(result)) if isinstance(part, Paragraph)]
    assert words[0] == "No response times: the answers carry none."


def test_a_name_of_many_lines_is_cut_to_two():
    assert "arm-1-category-times" in figures_of(result_of(("Ä" * 60, *FOUR[1:])))
    assert times._two_lines("one\ntwo") == "one\ntwo"
    for label in ("music the ambient ambient music the", "Donaudampfschifffahrtsgesellschaftslieder", "Ä" * 60):
        cut = times._two_lines(wrap(label, times.LABEL_WIDTH))
        assert cut.count("\n") == 1
        assert text_width(cut) <= times.LABEL_WIDTH


def test_choices_that_took_no_time_have_no_place_on_a_logarithm():
    rows = rows_of([(0, 1, 2, 3)] * 3, design="free").assign(choice_ms=0)
    result = build_result(rows, study_of(design="free"))
    assert result["arms"]["a"]["times"] is not None
    assert figures_of(result) == {}
