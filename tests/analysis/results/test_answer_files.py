"""Small files of answers whose reports said what is not true."""

from pathlib import Path

import pytest

from analysis import render
from analysis.chance import matching_sf
from analysis.reading import read_responses
from analysis.results import build_result

FOLDER = Path(__file__).parents[1] / "answers"


@pytest.fixture(scope="module")
def found():
    results = {path.stem: build_result(read_responses(path)) for path in sorted(FOLDER.glob("*.csv"))}
    return {name: (result, render.markdown(result)) for name, result in results.items()}


def test_eight_mappings_of_their_own_are_eight_answers(found):
    """Eight people repeat a mapping on four boards each; as 32 boards of 32 people it was p = .025."""
    result, page = found["own_mappings"]
    (arm,) = result["arms"].values()
    assert matching_sf(44, [(4, 4)] * 32) == pytest.approx(0.0253, abs=1e-4)
    assert (arm["overall"]["p_value"], arm["answer"]["verdict"]) == (pytest.approx(0.18403, abs=1e-5), "not_shown")
    assert "(exact renaming test, N = 8, k = 4, expected 32, p = .184)" in arm["sentence"]
    assert all(row["p_holm"] > 0.05 for row in arm["categories"].values())
    assert "within each participant the heard categories change names over all boards" in page
    assert "hold for any number" not in page


def test_images_without_clips_are_foils(found):
    result, page = found["more_images_than_clips"]
    (arm,) = result["arms"].values()
    assert "6 clips and 8 images a board, expected 8.5" in arm["sentence"]
    assert "the most possible is 2.58" in page
    for wrong in ("exactly once", "used once, so", "k = 8", "is commoner", "possible is 3", "written in two ways"):
        assert wrong not in page
    assert "every image is used once at most, and some are left over" in page
    assert "Shown and never heard: Snow and Fire. What needs both directions" in page
    assert "Left out: 9 answers with an image whose category was not heard on that board" in page
    assert "There are more images than clips: an image without a clip is rightly left over" in page
    tested = {(pair["a"], pair["b"]) for pair in arm["pairs"] if pair["status"] == "ok"}
    assert len(tested) == 15
    assert not {name for pair in tested for name in pair} & {"Snow", "Fire"}
    assert not {row["heard"] for row in arm["cells"]} & {"Snow", "Fire"}
    assert arm["symmetry"]["left_out"] == 9
    assert arm["choice_model"] is None
