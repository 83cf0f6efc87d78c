"""Known limits: what models had heard of the clips, and what datasets state."""

from analysis.render.sections.study.limits import SECTION
from analysis.results import build_result
from tests.analysis.scopes import plain_result, words
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4

DATASET = {
    "name": "museart",
    "clips": 24_216,
    "unknown": 0,
    "recordings": 1_310,
    "spread": 949,
    "val": {"clips": 2_425, "shared": 2_411, "unknown": 0},
    "test": {"clips": 2_425, "shared": 2_396, "unknown": 0},
}
CLIPS = [{"clip": f"{n:064}", "title": f"Clip {n}"} for n in range(7)]
LEAKAGE = {
    "model": "run",
    "clips": 40,
    "recordings": 12,
    "unknown": 3,
    "trained": [],
    "related": [],
    "dataset": DATASET,
}


def result_of(**arms):
    study = study_of(arms=tuple(arms))
    for name, changes in arms.items():
        study["arms"][name]["leakage"] = LEAKAGE | changes
    return build_result(table_4(), study)


def test_clips_that_were_learned_from_are_named_in_the_limits_and_among_the_warnings():
    result = result_of(a={"trained": CLIPS[:1], "related": CLIPS})
    said = words(SECTION, result, "")
    assert "The model “run” was trained on 1 of the 40 clips themselves: “Clip 0”." in said
    related = (
        "The model “run” was trained on other clips of the recordings that 7 of the 40 clips were cut from: “Clip 0”, "
        "“Clip 1”, “Clip 2”, “Clip 3”, “Clip 4” and 2 more."
    )
    assert related in said
    assert any(warning.startswith(related) for warning in result["warnings"])
    assert (
        "40 clips of 12 known recordings can be played; of 3 clips the recording is not known, and each counts as a "
        "recording of its own." in said
    )
    assert (
        "In the dataset “museart” 2,396 of 2,425 test clips and 2,411 of 2,425 validation clips share a recording with "
        "the train split; 949 of 1,310 recordings lie in several splits." in said
    )


def test_nothing_learned_is_said_too_and_what_holds_of_one_arm_names_it():
    result = result_of(a={}, b={"model": None})
    said = words(SECTION, result, "")
    assert "Arm “a”: The model “run” was trained on none of them" in said
    assert said.count("can be played") == 1
    assert not any("trained on" in warning for warning in result["warnings"])


def test_studies_of_earlier_versions_say_nothing_of_it():
    assert "recording" not in words(SECTION, plain_result(), "")
