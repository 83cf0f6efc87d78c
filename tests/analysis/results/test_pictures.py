from analysis.reading import validate_responses
from analysis.results.pictures import picture_hits
from tests.analysis.tables import FOUR, rows_of


def test_a_picture_is_right_for_music_of_its_own_category_and_taken_for_others():
    rows = rows_of([(0, 1, 2, 3), (1, 0, 2, 3), (1, 2, 0, 3)])
    rows["chosen_stimulus"] = [f"picture of {name}" for name in rows["chosen_category"]]
    found = {row["category"]: row for row in picture_hits(validate_responses(rows))}
    first = found[FOUR[0]]
    assert (first["image"], first["n"], first["correct"], first["rate"]) == (f"picture of {FOUR[0]}", 3, 1, 1 / 3)
    assert {one["category"]: one["n"] for one in first["taken_for"]} == {FOUR[1]: 1, FOUR[2]: 1}
    assert found[FOUR[3]]["taken_for"] == []


def test_rows_that_name_no_pictures_have_none():
    assert picture_hits(validate_responses(rows_of([(0, 1, 2, 3)]).assign(chosen_stimulus=""))) == []
