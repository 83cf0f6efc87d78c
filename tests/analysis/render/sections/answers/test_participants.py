from analysis.render.sections.answers.participants import MOST_NAMED, SECTION
from analysis.results import build_result
from tests.analysis.scopes import figures, plain_result
from tests.analysis.tables import rows_of


def test_every_participant_has_a_row_and_the_best_come_first():
    picture = figures(SECTION, plain_result())["arm-1-tiles"]
    assert len(picture.data.rows) == 12
    assert picture.data.head[:2] == ["Participant", "Correct"]
    assert "7 of 12 participants matched everything correctly. The table gives every participant." in picture.alt


def test_a_crowd_is_drawn_without_names():
    result = build_result(rows_of([(0, 1, 2, 3), (1, 0, 2, 3)] * 21))
    name = next(iter(result["arms"]))
    picture = figures(SECTION, result, name)["arm-1-tiles"]
    assert len(picture.data.rows) == 42 > MOST_NAMED
    assert picture.alt.endswith("21 of 42 participants matched everything correctly.")


def test_who_answered_nothing_is_in_the_table_alone():
    result = build_result(rows_of([(0, 1, 2, 3), (None,) * 4]))
    (grid,) = (table.grid(result) for table in SECTION.tables)
    assert [row[3:] for row in grid.rows] == [(1, 1)] * 4 + [(0, 0)] * 4
    (name,) = result["arms"]
    assert figures(SECTION, result, name)["arm-1-tiles"].alt.startswith("One row per participant")
