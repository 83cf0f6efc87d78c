import json
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from analysis.documents import plain
from analysis.errors import AnalysisError, ResponsesError
from analysis.reading.answers import answers_of
from analysis.reading.responses import validate_responses
from analysis.results.build import build_result
from analysis.results.provenance import frame_sha256
from tests.analysis.golden import STATS
from tests.analysis.json_schema import problems
from tests.analysis.studies import study_of, write_embeddings
from tests.analysis.tables import FOUR, ODD_NAMES, rows_of, table_2, table_3, table_4

SCHEMA = json.loads((files("analysis") / "schema" / "result.schema.json").read_text())
PAIRS = rows_of([(0, 1, 2, 3), (1, 0, 2, 3), (1, 2, 0, 3)])

EDGE_CASES = {
    "empty study": (validate_responses(table_4()).head(0), study_of()),
    "empty study, no study.json": (validate_responses(table_4()).head(0), {}),
    "nobody answered": (rows_of([(None,) * 4] * 3), study_of()),
    "one participant": (rows_of([(0, 2, 1, 3)]), study_of()),
    "one category": (rows_of([(0,)] * 5), study_of(categories=FOUR[:1])),
    "k = 2": (rows_of([(0, 1), (1, 0), (0, 1)]), study_of(categories=FOUR[:2])),
    "all right": (table_3(), study_of()),
    "all wrong": (rows_of([(1, 0, 3, 2)] * 5), study_of()),
    "unequal blocks": (
        pd.concat([rows_of([(0, 1, 2, 3)]), rows_of([(1, 0, 2)]).assign(participant="b")]),
        study_of(),
    ),
    "missing answers": (rows_of([(0, None, 2, 3), (None, 1, None, None), (0, 1, 3, 2)]), study_of()),
    "more images than clips": (rows_of([(0, 1), (1, 3)], n_options=6), study_of()),
    "free": (table_2(), {}),
    "several blocks": (rows_of([(0, 1, 2, 3), (1, 0, 2, 3)] * 4, blocks=2), study_of()),
    "an arm without answers": (table_4(), study_of(arms=("a", "b"))),
    "all excluded": (table_4().assign(excluded=1, exclusion_reason="too fast"), study_of()),
    "odd names": (rows_of([(0, 1, 2, 3), (1, 0, 2, 3)], ODD_NAMES), study_of(categories=ODD_NAMES)),
    "simulated": (table_4().assign(simulated=1), study_of(simulated_only=True)),
}


@pytest.mark.parametrize("case", EDGE_CASES)
def test_every_edge_case_fits_the_schema_with_words_in_place_of_numbers(case):
    frame, study = EDGE_CASES[case]
    result = build_result(frame, study)
    assert problems(result, SCHEMA) == []
    assert "NaN" not in json.dumps(result, allow_nan=False)
    for arm in result["arms"].values():
        whole = arm["overall"]
        assert (whole["p_value"] is None) == (whole["null"] is None)
        assert whole["p_value"] is not None or whole["reason"]
        assert whole["status"] == "ok" or whole["reason"]
        for row in arm["categories"].values():
            assert row["status"] == "ok" or row["reason"]
        for pair in arm["pairs"]:
            assert pair["status"] == "ok" or pair["reason"]


def test_table_4_from_rows_to_document():
    result = build_result(table_4(), study_of())
    arm = result["arms"]["a"]
    assert arm["confusion"] == [[12, 0, 0, 0], [0, 7, 5, 0], [0, 5, 7, 0], [0, 0, 0, 12]]
    assert arm["overall"]["p_value"] == pytest.approx(STATS["oneToOne.k4.N12.T4.x38.p_exact"], rel=1e-12)
    assert arm["overall"]["null"]["critical"] == {"0.05": 19, "0.01": 22, "0.001": 25}
    assert arm["overall"]["null"]["pmf"][:21] == pytest.approx(STATS["oneToOne.k4.N12.pmf_0_20"], rel=1e-12)
    assert arm["sentence"] == (
        "Participants matched 38 of 48 clips (79.2%), more than expected by chance (exact renaming test, N = 12, "
        "k = 4, expected 12, p < .001); the level at which everybody alike would score this is "
        "theta = .57, 95% CI [.38, .82]."
    )
    assert result["as_of"] == "2026-01-02T11:00:00Z"
    assert result["banners"] == []
    assert result["flow"]["a"]["started"] == 14
    assert result["flow"]["a"]["analysed"] == 12


def test_order_of_rows_does_not_change_the_numbers():
    shuffled = table_4().sample(frac=1, random_state=1)
    first, second = build_result(table_4(), study_of()), build_result(shuffled, study_of())
    for result in (first, second):
        result["provenance"].pop("sources")
    assert first == second


def test_shares_of_a_row_without_answers_are_null():
    result = build_result(rows_of([(0, None, 2, 3)]), study_of())
    assert result["arms"]["a"]["row_rates"][1] == [None] * 4
    assert "1 clip without an answer" in " ".join(result["warnings"])


def test_simulated_studies_and_interim_looks_are_marked():
    simulated = build_result(table_4().assign(simulated=1), study_of())
    assert [banner["kind"] for banner in simulated["banners"]] == ["simulated"]
    assert simulated["study"]["simulated"] is True
    interim = build_result(table_4(), study_of(interim=True, simulated_only=True))
    assert [banner["kind"] for banner in interim["banners"]] == ["simulated", "interim"]


def test_simulated_and_human_answers_are_never_mixed():
    machine = rows_of([(1, 0, 3, 2)] * 3).assign(simulated=1, participant="machine", session="m")
    machine["block"] = [str(i // 4) for i in range(12)]
    result = build_result(pd.concat([table_4().assign(simulated=0), machine]), study_of())
    assert result["arms"]["a"]["overall"]["correct"] == 38
    assert result["study"]["simulated"] is False
    assert "1 simulated session left out" in result["warnings"][0]


def test_excluded_sessions_are_left_out_and_shown_beside():
    frame = table_4().assign(excluded=0, exclusion_reason="")
    out = frame["participant"].isin(["a000", "a001"])
    frame.loc[out, ["excluded", "exclusion_reason"]] = [1, "too fast"]
    result = build_result(frame, study_of())
    assert result["arms"]["a"]["overall"]["correct"] == 30
    assert result["excluded"]["with"]["a"]["overall"]["correct"] == 38
    assert result["excluded"]["rules"] == [{"rule": "too fast", "threshold": None, "n": 2, "declared": False}]
    assert result["flow"]["a"]["analysed"] == 10
    assert result["excluded"]["sentences"] == [
        "With the excluded sessions counted, 38 of 48 (79.2%) are right (p < .001): the answer stays the same."
    ]
    assert build_result(table_4())["excluded"] == {"with": None, "rules": [], "sentences": []}


def test_metrics_join_the_arm_that_shows_their_set(tmp_path):
    path = tmp_path / "e.npz"
    write_embeddings(path, "set-b", FOUR)
    frame = pd.concat([table_4(), rows_of([(0, 1, 3, 2)] * 4, arm="b")])
    result = build_result(frame, study_of(arms=("a", "b")), [path])
    assert result["arms"]["a"]["metrics"] is None
    metrics = result["arms"]["b"]["metrics"]
    assert (metrics["space"]["name"], metrics["n_images"]) == ("embedded", 16)
    assert list(metrics["giils"]) == list(FOUR)
    assert [text for text in result["warnings"] if "embeddings" in text] == [
        "The stimulus set of arm 'a' has no embeddings here, so no model metrics (AIS, IIS, GIILS) stand beside the "
        "human results."
    ]
    assert len(result["provenance"]["sources"]["e.npz"]) == 64
    assert problems(result, SCHEMA) == []


def test_a_second_space_stands_beside_the_first(tmp_path):
    for name in ("one", "two"):
        write_embeddings(tmp_path / f"{name}.npz", "set-a", FOUR)
    arm = build_result(table_4(), study_of(), [tmp_path / "one.npz", tmp_path / "two.npz"])["arms"]["a"]
    assert arm["metrics"] is not None
    assert len(arm["other_metrics"]) == 1


def test_embeddings_that_no_arm_shows_are_named(tmp_path):
    write_embeddings(tmp_path / "e.npz", "elsewhere", FOUR)
    result = build_result(table_4(), study_of(), [tmp_path / "e.npz"])
    assert (
        "e.npz holds embeddings of stimulus set 'elsewhere', which no arm of this study shows" in result["warnings"][0]
    )


@pytest.mark.parametrize(
    ("study", "words"),
    [
        (study_of(design="free"), "study.json says design 'free', column 'design' of the responses says 'one_to_one'"),
        (
            study_of(categories=FOUR[:3]),
            "line 5, column 'clip_category': 'Asian traditional folklore' is not a",
        ),
        (study_of(arms=("b",)), "line 2, column 'arm': 'a' is not an arm of study.json"),
    ],
)
def test_rows_that_contradict_the_study_are_refused(study, words):
    with pytest.raises(ResponsesError, match="study.json") as error:
        build_result(table_4(), study)
    assert words in str(error.value)


def test_a_design_changed_after_opening_is_said():
    assert "design was changed" in build_result(table_4(), study_of(design_intact=False))["warnings"][0]


def test_clips_heard_again_are_said():
    frame = rows_of([(0, 1, 2, 3)] * 4, blocks=2).assign(clip=list("wxyz") * 4)
    assert "2 participants answered the same clip in more than one block" in " ".join(
        build_result(frame, study_of())["warnings"]
    )


def test_the_document_refuses_what_is_not_a_number():
    with pytest.raises(AnalysisError, match=r"result\.a\[1\] is nan"):
        plain({"a": [1.0, np.float64("nan")]})
    assert plain({"a": (np.int64(3), np.array([1.5]))}) == {"a": [3, [1.5]]}


def test_the_law_in_the_document_is_cut_to_what_can_be_drawn():
    far = build_result(rows_of([(0, 1, 2, 3)] * 400))["arms"]["a"]["overall"]["null"]
    assert (far["first"], far["first"] + len(far["pmf"]) - 1) == (300, 500)
    near = build_result(rows_of([(0, 1, 2, 3)] * 12))["arms"]["a"]["overall"]["null"]
    assert near["first"] + len(near["pmf"]) - 1 == 48


def test_without_source_hashes_the_rows_themselves_are_hashed():
    result = build_result(table_4())
    assert result["provenance"]["sources"] == {"responses": frame_sha256(validate_responses(table_4()))}
    assert PAIRS.shape[0] == 12


def test_arms_of_different_people_are_compared_exactly():
    frame = pd.concat([table_3().assign(arm="x", participant=lambda r: "x" + r["participant"]), table_4()])
    (found,) = build_result(frame, study_of(arms=("x", "a")))["comparisons"]
    assert found["p_value"] == pytest.approx(STATS["T3vT4.total.participant_perm_p_two_sided"], rel=1e-9)
    assert (found["same_participants"], found["order_adjusted"]) == (False, None)
    assert found["categories"][1]["p_holm"] == pytest.approx(
        STATS["T3vT4.percat.fisher_holm(EM,HM,BC,AT)"][0], rel=1e-9
    )


def test_arms_of_the_same_people_are_paired_with_order_as_covariate():
    first = table_3().assign(arm="x", trial_index=[1 if i % 8 < 4 else 2 for i in range(48)])
    second = table_4().assign(trial_index=[2 if i % 8 < 4 else 1 for i in range(48)])
    second.loc[second.index[:4], "chosen_category"] = [FOUR[1], FOUR[0], FOUR[2], FOUR[3]]
    first.loc[first.index[20:24], "chosen_category"] = [FOUR[0], FOUR[2], FOUR[1], FOUR[3]]
    (found,) = build_result(pd.concat([first, second]), study_of(arms=("x", "a")))["comparisons"]
    assert found["same_participants"] is True
    assert found["order_adjusted"]["log_odds_ratio"] > 0


def test_arms_that_share_some_people_are_not_compared():
    frame = pd.concat([table_3().assign(arm="x").head(40), table_4()])
    result = build_result(frame, study_of(arms=("x", "a")))
    assert result["comparisons"] == []
    assert "10 participants answered both and others only one" in " ".join(result["warnings"])


def test_rows_are_checked_once_and_read_as_arrays_once(monkeypatch):
    checked, read = [], []

    def counting(function, calls):
        def counted(*args, **kwargs):
            calls.append(function)
            return function(*args, **kwargs)

        return counted

    for module in ("analysis.results.build", "analysis.reading.answers"):
        monkeypatch.setattr(f"{module}.validate_responses", counting(validate_responses, checked))
    monkeypatch.setattr("analysis.results.arms.answers_of", counting(answers_of, read))
    build_result(table_4(), study_of())
    assert (len(checked), len(read)) == (1, 1)
