import numpy as np
import pytest

from analysis.metrics import arm_metrics, build_metrics, feature_block
from analysis.metrics.recordings import NARROWER, units_of
from analysis.render import metrics
from tests.analysis.metric_files import CATEGORIES, write_embeddings, write_features

LARGE = {"clips": 24, "pieces": [f"p{row // 4}" for row in range(96)]}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    plain = write_embeddings(folder / "plain" / "embeddings.npz", clips=24)
    known = write_embeddings(folder / "known" / "embeddings.npz", **LARGE)
    few = write_embeddings(folder / "few" / "embeddings.npz", clips=24, pieces=[f"p{row // 8}" for row in range(96)])
    return {name: arm_metrics(path, CATEGORIES) for name, path in (("plain", plain), ("known", known), ("few", few))}


def test_clips_and_recordings_are_both_counted(blocks):
    known, plain = blocks["known"], blocks["plain"]
    assert (known["ais"]["n_clips"], known["ais"]["n_recordings"], known["ais"]["n_units"]) == (96, 24, 24)
    assert known["recordings"]["by_category"] == dict.fromkeys(CATEGORIES, 6)
    assert known["giils"]["Sky"]["all_images"]["n_recordings"] == 6
    assert "24 recordings" in known["recordings"]["words"]
    assert (plain["ais"]["n_clips"], plain["ais"]["n_recordings"]) == (96, None)
    assert "each clip is taken for a recording of its own" in plain["recordings"]["words"]


def test_scores_stay_and_their_errors_are_by_recording(blocks):
    for key in ("ais", "iis"):
        known, plain = blocks["known"][key], blocks["plain"][key]
        assert known["x"] == plain["x"]
        assert known["by_clip"]["se"] == plain["se"]
        assert known["se"] != plain["se"]
        assert known["test"]["unit"] == "recording"
        assert known["test"]["n_units"] == 24
        assert (known["se"] >= plain["se"]) or NARROWER in known["reason"]


def test_giils_gives_both_values_and_says_which_pairs_count(blocks):
    row, plain = blocks["known"]["giils"]["Sky"], blocks["plain"]["giils"]["Sky"]
    assert row["options"]["pairs"] == "different recordings"
    assert row["same_recording"]["options"]["pairs"] == "all"
    assert row["same_recording"]["x"] == pytest.approx(plain["x"])
    assert row["score"] != plain["score"]
    assert "different recordings" in blocks["known"]["giils_summary"]["pairs"]
    assert blocks["plain"]["giils_summary"]["pairs"] == ""


def test_few_recordings_have_values_and_no_interval(blocks):
    few = blocks["few"]
    rows = [
        few["ais"],
        few["iis"],
        few["giils"]["Sky"],
        few["by_category"]["Sky"]["ais"],
        few["distribution"]["frechet"],
    ]
    for row in rows:
        assert row["ci_low"] is None
        assert row["reason"].startswith("too few recordings: 12, an interval needs 20")
    assert few["ais"]["p_value"] is not None
    assert few["giils_summary"]["macro_low"] is None


def test_distances_leave_recordings_out(tmp_path):
    known = feature_block(write_features(tmp_path / "a" / "features.npz", **LARGE))
    plain = feature_block(write_features(tmp_path / "b" / "features.npz", clips=24))
    assert (known["n_clips"], known["n_recordings"], plain["n_recordings"]) == (96, 24, None)
    for key in ("frechet", "kernel"):
        assert known[key]["value"] == plain[key]["value"]
        assert known[key]["se"] != plain[key]["se"]


def test_the_page_prints_what_was_taken_for_independent(tmp_path):
    page = metrics.html(build_metrics([write_embeddings(tmp_path / "one" / "embeddings.npz", **LARGE)]))
    for words in ("24 recordings", ">Recordings<", "Only pairs of different recordings count"):
        assert words in page


def test_rows_without_a_recording_are_their_own():
    assert units_of(np.array(["", ""])) is None
    codes = units_of(np.array(["a", "", "a", ""]))
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3


def test_relatives_of_scores_go_by_recording_too(blocks, tmp_path):
    known, plain, few = (blocks[name]["win_rates"]["AIS_win"] for name in ("known", "plain", "few"))
    assert (known["value"], known["n_units"], plain["n_units"]) == (plain["value"], 24, 96)
    assert known["se"] != plain["se"]
    assert few["ci_low"] is None
    document = build_metrics([write_embeddings(tmp_path / "one" / "embeddings.npz", **LARGE)])
    assert document["sets"]["one"]["metrics"][0]["machine"]["method"] == "jackknife over recordings"
