"""Which arm gets which file, and what is said of files and arms that find none."""

import pytest

from analysis.join.by_arm import add_metrics, correct_tests
from tests.analysis.metric_files import CATEGORIES, write_embeddings, write_features, write_thumbnails


def arms_without_answers(*names):
    return {name: {"n_answers": 0, "categories": {}, "confusion": []} for name in names}


@pytest.fixture
def files(tmp_path):
    return {
        "embeddings": [write_embeddings(tmp_path / f"{name}.npz", name=name) for name in ("one", "two")],
        "features": [write_features(tmp_path / "f.npz")],
        "images": [write_thumbnails(tmp_path / "t.zip")],
    }


def test_every_arm_gets_the_files_of_the_set_it_shows(files):
    arms, warnings = arms_without_answers("a", "b"), []
    study = {"arms": {"a": {"stimulus_set": "one"}, "b": {"stimulus_set": "one"}}}
    groups, _ = add_metrics(arms, {}, study, CATEGORIES, warnings.append, **files)
    for arm in arms.values():
        assert (arm["metrics"]["set"], arm["metrics"]["join"], arm["other_metrics"]) == ("one", None, [])
        assert [block["set"] for block in arm["distances"]] == ["one"]
        assert arm["images"]["set"] == "one"
    assert arms["a"]["metrics"] is not arms["b"]["metrics"]
    assert [group["owners"] for group in groups] == [["a", "b"]]
    assert warnings == ["two.npz holds embeddings of stimulus set 'two', which no arm of this study shows: left out."]


def test_without_a_study_a_lone_arm_takes_every_file_and_several_those_of_their_name(files):
    alone, warnings = arms_without_answers("all"), []
    add_metrics(alone, {}, {}, CATEGORIES, warnings.append, embeddings=files["embeddings"])
    assert [alone["all"]["metrics"]["set"], *(block["set"] for block in alone["all"]["other_metrics"])] == [
        "one",
        "two",
    ]
    named = arms_without_answers("two", "three")
    add_metrics(named, {}, {}, CATEGORIES, warnings.append, embeddings=files["embeddings"])
    assert (named["two"]["metrics"]["set"], named["three"]["metrics"]) == ("two", None)
    assert "The stimulus set of arm 'three' has no embeddings here" in warnings[-1]


def test_tests_of_several_arms_and_spaces_are_corrected_together():
    def join(beyond, nothing, mantel):
        return {
            "temperature": {"p_value": beyond, "p_holm": beyond, "n_tests": 1, "nothing": {"p_value": nothing}},
            "mantel": {"p_value": mantel},
        }

    blocks = [
        {"join": join(0.02, 0.001, None)},
        {"join": None},
        {"join": join(0.03, 0.04, 0.5)},
        {"join": join(None, 0.3, None)},
    ]
    correct_tests(blocks)
    tested = [block["join"]["temperature"] for block in blocks if block["join"]]
    assert [(test["p_holm"], test["n_tests"]) for test in tested] == [(0.04, 2), (0.04, 2), (None, 1)]
    assert [test["nothing"]["p_holm"] for test in tested] == pytest.approx([0.004, 0.12, 0.6])
    assert [block["join"]["mantel"].get("p_holm") for block in blocks if block["join"]] == [None, 0.6, None]
