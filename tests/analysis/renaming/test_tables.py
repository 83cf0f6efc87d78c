import pandas as pd

from analysis.accuracy import overall, per_category
from analysis.reading import answers_from
from analysis.renaming import tables_of
from tests.analysis.tables import rows_of


def classes_of(frame):
    answers = answers_from(frame)
    return [
        ["".join(answers.categories[c] for c in members) for members in classes]
        for classes in tables_of(answers).classes
    ]


def boards(*described, n_options=None, design="one_to_one"):
    """Boards of one person as (heard, chosen) texts."""
    rows = []
    for b, (heard, chosen) in enumerate(described):
        found = rows_of([[None] * len(heard)], heard, design=design, n_options=n_options or len(heard))
        rows.append(found.assign(block=str(b), chosen_category=[c.strip() for c in chosen]))
    return pd.concat(rows, ignore_index=True)


def test_boards_of_all_categories_exchange_all():
    assert classes_of(boards(("ABCD", "ABDC"), ("ABCD", "DCBA"))) == [["ABCD"]]


def test_categories_of_other_boards_are_not_exchanged():
    assert classes_of(boards(("ABC", "ABC"), ("DEF", "DEF"))) == [["ABC", "DEF"]]
    assert classes_of(boards(("ABCD", "ABCD"), ("ABEF", "ABEF"))) == [["AB", "CD", "EF"]]


def test_a_category_that_is_there_twice_has_no_double():
    assert classes_of(boards(("AABC", "AACB"))) == [["A", "BC"]]
    assert classes_of(boards(("AABB", "AABB"))) == [["AB"]]


def test_foils_are_no_names_for_what_was_heard():
    assert classes_of(boards(("ABC", "ABF"), ("ABC", "GBA"), n_options=6)) == [["ABC"]]
    # C was heard without an image of its own, D shown without a clip: under any names one of three has no image.
    assert classes_of(boards(("ABC", "ABD"))) == [["ABC"]]


def test_single_clips_before_all_images_are_exchanged_if_heard_equally_often():
    singles = [(name, "A") for name in "ABCD"]
    assert classes_of(boards(*singles, ("D", "B"), n_options=4)) == [["ABC", "D"]]
    # Nobody knows which four of the ten images were shown.
    many = boards(*[(name, name) for name in "ABCDEFGHIJ"], n_options=4)
    assert classes_of(many) == [list("ABCDEFGHIJ")]


def test_an_unanswered_clip_keeps_its_place():
    assert classes_of(boards(("ABCD", "A   "), ("ABCD", "ABCD"))) == [["ABCD"]]
    assert classes_of(boards(("ABCD", "    "), ("AB", "AB"))) == [["AB"]]


def test_where_no_names_change_there_is_no_test():
    whole = overall(boards(*[(name, name) for name in "ABCDEFGHIJ"], n_options=4))
    assert (whole.p_value, whole.status, whole.law) == (None, "not_applicable", None)
    assert whole.reason.startswith("Nobody heard two categories on the same boards")
    rows = per_category(boards(("ABC", "ABD")))
    assert [(row.category, row.p_value is None) for row in rows] == [
        ("A", False),
        ("B", False),
        ("C", True),
        ("D", True),
    ]
    assert rows[2].reason == "No answer could be right, so there is nothing to test."
