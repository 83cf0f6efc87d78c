import json

import numpy as np
import pytest

from analysis.metrics.block import arm_metrics
from analysis.metrics.options import MetricOptions
from analysis.similarity.labels import giils
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, unit

LABELS = np.array(["Sky", "Water", "Mountain", "Desert", "Wood", "City"])


def golden_file(path, **changes):
    """The golden set as an embeddings.npz: 60 images of 60 of 80 clips, 10 in each of 6 categories."""
    labels = LABELS[ARRAYS["label"]]
    audio_labels = np.full(80, "Sky", dtype=labels.dtype)
    audio_labels[ARRAYS["pair"]] = labels
    stored = {
        "image_embeddings": unit(ARRAYS["gen"]),
        "image_ids": np.array([f"i{n:02}" for n in range(60)]),
        "image_labels": labels,
        "audio_embeddings": unit(ARRAYS["audio"]),
        "audio_ids": np.array([f"c{n:02}" for n in range(80)]),
        "audio_labels": audio_labels,
        "partner": ARRAYS["pair"],
        "reference_embeddings": unit(ARRAYS["real"]),
        "reference_ids": np.array([f"r{n:02}" for n in range(80)]),
        "reference_labels": audio_labels,
        "reference_partner": ARRAYS["pair"],
        "space": np.array(
            json.dumps({"name": "embedded", "set": "golden", "weights_sha256": "00ff", "notes": ["Not comparable."]})
        ),
    }
    np.savez(path, **(stored | changes))
    return path


@pytest.fixture(scope="module")
def golden_block(tmp_path_factory):
    return arm_metrics(golden_file(tmp_path_factory.mktemp("golden") / "embeddings.npz"), list(LABELS))


def test_block_carries_the_golden_scores(golden_block):
    assert golden_block["ais"]["x"] == pytest.approx(METRICS["AIS.x.paper_T"], **EXACT)
    assert golden_block["ais"]["se"] == pytest.approx(METRICS["AIS.x.se_iid"], **EXACT)
    assert golden_block["iis"]["score"] == pytest.approx(METRICS["IIS.score.paper_T"], **EXACT)
    assert golden_block["ais"]["z"] == pytest.approx(METRICS["AIS.perm.z"], **EXACT)
    split = golden_block["iis"]["decomposition"]
    assert split["instance"] == pytest.approx(METRICS["IIS.decomp.matched_minus_samelabel"], **EXACT)
    assert split["instance_test"]["z"] == pytest.approx(METRICS["IIS.perm_within_label.z"], **EXACT)
    scores = [golden_block["giils"][label]["score"] for label in LABELS]
    assert scores == pytest.approx(METRICS["GIILS.selfpairs=False.bg=all.den=paper_G.score"], **EXACT)
    assert golden_block["giils_summary"]["macro_mean"] == pytest.approx(METRICS["GIILS.macro_mean"], **EXACT)
    tendencies = [golden_block["giils"][label]["creative_tendency"] for label in LABELS]
    assert tendencies == pytest.approx(METRICS["creative_tendency=100-GIILS"], **EXACT)


def test_every_number_states_where_it_comes_from(golden_block):
    assert golden_block["space"]["name"] == "embedded"
    assert golden_block["space"]["weights_sha256"] == "00ff"
    assert golden_block["set"] == "golden"
    assert (golden_block["n_images"], golden_block["n_clips"], golden_block["n_clips_used"]) == (60, 80, 60)
    assert golden_block["ais"]["options"] == {
        "denominator": "paper", "reference": "fixed", "T": 80, "G": 60, "confidence": 0.95
    }  # fmt: skip
    assert golden_block["giils"]["Sky"]["options"]["G"] == 60
    assert golden_block["notes"] == [
        "Not comparable.",
        "20 of the 80 clips have no image; they take part as clips compared with.",
    ]
    assert "not half creative" in golden_block["giils_summary"]["creative_tendency"]["note"]


def strict_json(block) -> str:
    return json.dumps(block, allow_nan=False)


def test_block_is_plain_json(golden_block):
    assert json.loads(strict_json(golden_block)) == golden_block


def test_same_file_gives_the_same_bytes(tmp_path, golden_block):
    again = arm_metrics(golden_file(tmp_path / "embeddings.npz"), list(LABELS))
    assert strict_json(again) == strict_json(golden_block)


def test_categories_carry_their_own_scores(golden_block):
    rows = golden_block["by_category"]
    assert list(rows) == list(LABELS)
    mean = np.mean([rows[label]["ais"]["x"] for label in LABELS])
    assert mean == pytest.approx(golden_block["ais"]["x"], **EXACT)
    assert [rows[label]["vendi"]["value"] for label in LABELS] == pytest.approx(METRICS["Vendi.cosine.per_label"])
    assert all(rows[label]["vendi"]["ci_high"] <= 10 for label in LABELS)
    assert rows["Sky"]["iis"]["n"] == rows["Sky"]["n_images"] == rows["Sky"]["n_clips"] == 10


def test_category_similarity_is_the_mean_cosine(golden_block):
    clips, images = unit(ARRAYS["audio"]), unit(ARRAYS["gen"])
    own, labels = ARRAYS["pair"], ARRAYS["label"]
    table = clips[own[labels == 1]] @ images[labels == 4].T
    assert golden_block["category_similarity"][1][4] == pytest.approx(table.mean())


def test_other_definitions_stand_under_their_own_names(golden_block):
    assert set(golden_block["win_rates"]) == {"AIS_win", "IIS_win", "note"}
    assert golden_block["win_rates"]["AIS_win"]["value"] > 90
    assert "another definition" in golden_block["win_rates"]["note"]
    assert golden_block["retrieval"]["recall"]["1"]["value"] == pytest.approx(METRICS["retrieval.R@1"])
    assert golden_block["retrieval"]["mrr"]["value"] == pytest.approx(METRICS["retrieval.MRR"])


def test_distances_are_named_after_their_features(golden_block):
    block = golden_block["distribution"]
    assert block["names"]["frechet"] == "Fréchet distance (embedded)"
    assert not any("FID" in name or "KID" in name for name in block["names"].values())
    key = "PRDC.k5.real=real_normalised.fake=gen_normalised[precision,recall,density,coverage]"
    found = [block[name]["value"] for name in ("precision", "recall", "density", "coverage")]
    assert found == pytest.approx(METRICS[key])
    assert block["mmd"]["value"] == pytest.approx(METRICS["CMMD.unbiased_U_normalised(gen,real)"])
    assert block["frechet"]["n"] == [60, 80]
    assert block["vendi"]["value"] == pytest.approx(METRICS["Vendi.cosine.all"])


def test_joint_intervals_hold_the_single_ones(golden_block):
    for row in golden_block["giils"].values():
        assert row["joint"]["ci_low"] < row["ci_low"] < row["ci_high"] < row["joint"]["ci_high"]
        assert 1 <= row["joint"]["rank_low"] <= row["joint"]["rank_high"] <= 6
    summary = golden_block["giils_summary"]
    assert summary["macro_low"] < summary["macro_mean"] < summary["macro_high"]
    expected = METRICS["GIILS.label_null.expected_score_paper_form"]
    assert summary["macro_null"] == pytest.approx(expected)


def test_copies_are_reported_by_name(tmp_path):
    images = unit(ARRAYS["gen"])
    images[1] = images[0]
    block = arm_metrics(golden_file(tmp_path / "embeddings.npz", image_embeddings=images), list(LABELS))
    assert (block["duplicates"]["n_same"], block["duplicates"]["n_images"]) == (1, 2)
    assert block["duplicates"]["pairs"][0]["a"] == "i00"
    assert block["duplicates"]["pairs"][0]["b"] == "i01"


def test_study_categories_cut_the_set(tmp_path):
    block = arm_metrics(golden_file(tmp_path / "embeddings.npz"), ["Water", "City"])
    rows = np.isin(ARRAYS["label"], [1, 5])
    assert (block["n_images"], block["n_clips"]) == (20, 20)
    assert block["n_left_out"] == {"images": 40, "clips": 60}
    alone = giils(ARRAYS["gen"][rows], LABELS[ARRAYS["label"][rows]])
    assert list(block["giils"]) == ["Water", "City"]
    assert block["giils"]["City"]["x"] == pytest.approx(alone["City"].x, **EXACT)


def test_label_p_values_are_corrected_together(golden_block):
    rows = golden_block["giils"].values()
    assert all(row["p_holm"] >= row["p_value"] for row in rows)
    assert min(row["p_holm"] for row in rows) == pytest.approx(6 * min(row["p_value"] for row in rows))


def small_file(path, *, per_clip=1, labels=("a", "b", "c", "d"), clips=3, **changes):
    """A demo-sized set: few clips in few categories."""
    n_clips = len(labels) * clips
    audio_labels = np.repeat(labels, clips)
    partner = np.repeat(np.arange(n_clips), per_clip)
    rng = np.random.default_rng(5)
    audio = unit(rng.standard_normal((n_clips, 8)) + 2 * rng.standard_normal((len(labels), 8)).repeat(clips, axis=0))
    images = unit(audio[partner] + 0.3 * rng.standard_normal((len(partner), 8)))
    stored = {
        "image_embeddings": images.astype("f4"),
        "image_ids": np.array([f"i{n:03}" for n in range(len(partner))]),
        "image_labels": audio_labels[partner],
        "audio_embeddings": audio.astype("f4"),
        "audio_ids": np.array([f"c{n:03}" for n in range(n_clips)]),
        "audio_labels": audio_labels,
        "partner": partner,
        "reference_embeddings": np.empty((0, 8), "f4"),
        "reference_ids": np.array([], str),
        "reference_labels": np.array([], str),
        "reference_partner": np.full(len(partner), -1),
        "space": np.array(json.dumps({"name": "embedded", "set": "small"})),
    }
    np.savez(path, **(stored | changes))
    return path


def test_twelve_images_in_four_labels_get_values_and_words(tmp_path):
    block = arm_metrics(small_file(tmp_path / "embeddings.npz"))
    strict_json(block)
    assert block["ais"]["status"] == "ok"
    assert block["ais"]["test"]["method"] == "monte_carlo"
    assert block["ais"]["decomposition"]["instance_test"]["method"] == "exact"
    assert block["ais"]["p_value"] < 0.05
    assert (block["iis"]["status"], block["iis"]["reason"]) == ("not_applicable", "the set has no reference artworks")
    for row in block["giils"].values():
        assert (row["n"], row["n_available"], row["status"]) == (3, 3, "too_small")
        assert row["note"].startswith("3 images of this label, fewer than the 10 that the paper draws")
        assert row["test"]["method"] == "exact"
        assert (row["ci_low"], row["joint"], row["se_unbiased"]) == (None, None, None)
        assert row["reason"] == "images of 3 clips, an interval needs 4"
    assert block["distribution"]["frechet"]["reason"] == "the set has no reference artworks"
    assert block["distribution"]["frechet"]["status"] == "not_applicable"
    vendi = block["by_category"]["a"]["vendi"]
    assert (vendi["status"], vendi["se"], vendi["value"] > 1) == ("too_small", None, True)


def test_one_image_per_label_has_no_pairs(tmp_path):
    block = arm_metrics(small_file(tmp_path / "embeddings.npz", clips=1))
    strict_json(block)
    row = block["giils"]["a"]
    assert (row["score"], row["status"], row["reason"]) == (None, "too_small", "one image: no pair")
    assert block["giils_summary"]["macro_mean"] is None
    assert block["giils_summary"]["creative_tendency"]["low"] is None
    assert block["ais"]["decomposition"]["instance"] is None
    assert block["ais"]["test"]["method"] == "exact"


def test_images_of_one_clip_move_together(tmp_path):
    block = arm_metrics(small_file(tmp_path / "embeddings.npz", per_clip=4))
    strict_json(block)
    assert (block["ais"]["n"], block["ais"]["n_units"]) == (48, 12)
    row = block["giils"]["a"]
    assert (row["n"], row["n_units"], row["n_available"]) == (10, 3, 12)
    assert row["note"] == "10 of 12 images drawn."
    assert (row["all_images"]["n"], row["all_images"]["test"]["n_population"]) == (12, 12)
    assert row["options"]["G"] == 48


def test_categories_without_images_are_named(tmp_path):
    block = arm_metrics(small_file(tmp_path / "embeddings.npz"), ["a", "b", "nowhere"])
    strict_json(block)
    assert block["giils"]["nowhere"]["status"] == "too_small"
    assert block["category_similarity"][2] == [None, None, None]
    assert block["category_similarity"][0][2] is None
    assert "No image has an embedding in: nowhere." in block["notes"]
    nothing = arm_metrics(small_file(tmp_path / "embeddings.npz"), ["nowhere"])
    assert (nothing["status"], nothing["ais"]) == ("too_small", None)


def test_a_relabelled_control_is_scored_and_said(tmp_path):
    labels = np.repeat(["a", "b", "c", "d"], 3)
    moved = np.roll(labels, 1)
    block = arm_metrics(small_file(tmp_path / "embeddings.npz", image_labels=moved))
    strict_json(block)
    assert "4 of 12 images carry another category than their clip." in block["notes"]
    assert block["ais"]["status"] == "ok"


def test_clips_with_images_of_two_labels_have_no_label_null(tmp_path):
    labels = np.tile(["a", "b"], 12)
    path = small_file(tmp_path / "embeddings.npz", per_clip=2, image_labels=labels)
    block = arm_metrics(path, ["a", "b", "c", "d"])
    strict_json(block)
    assert block["ais"]["decomposition"] is None
    assert block["giils"]["a"]["p_value"] is None
    assert block["giils"]["a"]["se"] is not None


def test_advantage_outside_the_scale_keeps_its_x(tmp_path):
    vectors = np.array([[1, 0], [1, 0], [-1, 0.01], [-1, -0.01]])
    path = small_file(
        tmp_path / "embeddings.npz", labels=("a", "b"), clips=2,
        image_embeddings=unit(vectors), audio_embeddings=unit(vectors),
        reference_embeddings=np.empty((0, 2)),
    )  # fmt: skip
    loose = arm_metrics(path, options=MetricOptions(denominator="unbiased", giils_background="other_labels"))
    strict_json(loose)
    assert loose["giils"]["a"]["status"] == "degenerate"
    assert "outside [-1, 1]" in loose["giils"]["a"]["reason"]
    assert loose["giils"]["a"]["x"] == pytest.approx(2.0, abs=1e-3)
    assert (loose["giils"]["a"]["score"], loose["giils"]["a"]["creative_tendency"]) == (None, None)
