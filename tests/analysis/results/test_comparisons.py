import pandas as pd

from analysis.reading import validate_responses
from analysis.results.arms import select_arm
from analysis.results.comparisons import compare_all, relate_metrics
from analysis.results.notes import Notes
from tests.analysis.tables import FOUR, rows_of, table_3, table_4


def compared(*frames):
    frame = validate_responses(pd.concat(frames))
    notes = Notes()
    arms = {name: select_arm(frame, name, FOUR) for name in pd.unique(frame["arm"])}
    return compare_all(frame, arms, notes), notes.texts


def test_every_two_arms_are_compared_and_corrected_together():
    third = rows_of([(0, 1, 2, 3), (1, 0, 2, 3)] * 3, arm="c").assign(
        participant=lambda rows: "c" + rows["participant"]
    )
    first = table_3().assign(arm="x", participant=lambda rows: "x" + rows["participant"])
    found, notes = compared(first, table_4(), third)
    assert [(c["a"], c["b"]) for c in found] == [("x", "a"), ("x", "c"), ("a", "c")]
    assert all(c["p_holm"] >= c["p_value"] for c in found if c["p_value"] is not None)
    assert all(c["sentence"] for c in found)
    assert notes == []


def test_arms_that_share_some_people_are_left_out_with_a_word():
    found, (note,) = compared(table_3().assign(arm="x").head(40), table_4())
    assert found == []
    assert note.startswith("Arms 'x' and 'a' are not compared: 10 participants answered both")


def test_metrics_are_related_over_the_categories_that_have_both():
    arm = {"metrics": None, "categories": {}}
    assert relate_metrics(arm) is None
    scores = {name: {"score": 50.0 + place} for place, name in enumerate("abcde")}
    rates = {name: {"rate": 0.1 * place} for place, name in enumerate("abcd")} | {"e": {"rate": None}}
    found = relate_metrics({"metrics": {"giils": scores}, "categories": rates})
    assert (found["n"], found["spearman"]) == (4, 1.0)
