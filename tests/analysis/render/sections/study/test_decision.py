import pandas as pd

from analysis.render.sections.study.decision import SECTION
from analysis.results import build_result
from tests.analysis.scopes import plain_result, words
from tests.analysis.studies import study_of
from tests.analysis.tables import table_3, table_4


def test_an_e_value_stands_as_a_sentence_and_its_way_in_a_table_of_its_own():
    assert words(SECTION, plain_result()).startswith("E-value 10")
    sessions = pd.DataFrame({"participant": table_4()["participant"].unique()})
    sessions = sessions.assign(arm="a", session="", headphones="", simulated=False)
    for column in ("attention_answered", "attention_passed", "headphones_correct"):
        sessions[column] = float("nan")
    result = build_result(table_4(), study_of(), sessions=sessions)
    grid = SECTION.grids(result)["e_values"]
    assert len(list(grid.rows)) == 12
    assert not list(SECTION.grids(result)["smallest_effect"].rows)


def test_verdicts_are_said_of_every_arm_and_every_two():
    first = table_3().assign(arm="x", participant=lambda rows: "x" + rows["participant"])
    study = study_of(arms=("x", "a"), smallest_effect={"scale": "share", "value": 0.3})
    result = build_result(pd.concat([first, table_4()], ignore_index=True), study)
    said = words(SECTION, result)
    assert "x: The share lies further above chance than 30.0% (observed 75.0%" in said
    assert "x – a: Undecided whether the arms differ by more than 30.0%" in said
    assert len(list(SECTION.grids(result)["smallest_effect"].rows)) == 3
