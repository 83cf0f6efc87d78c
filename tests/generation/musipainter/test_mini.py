"""`mini` generalises: trained on the pack's train split, judged by what it paints for music it has not heard."""

import numpy as np
import pytest

from benchmarks.mini import check, draw_blind_sheet, draw_train_sheet, law_of_hits


@pytest.mark.slow
def test_images_of_unheard_music_look_like_their_category(db, data_folder):
    result, made = check()
    assert len(made) == result["images"] == 36
    assert (result["clips"], result["training_seeds"]) == (12, [0, 1, 2])
    # Music decides the style: at least 30 of 36, where an untrained embedder is near chance (9).
    assert result["nearest"]["right"] >= 30
    assert result["nearest"]["untrained"] <= 18
    assert all(counts["right"] > counts["untrained"] for counts in result["nearest"]["by_category"].values())
    # So does another space that shares no weights with the generator.
    assert result["ais"]["p_one_sided"] <= 0.05
    assert result["ais"]["score"] > 50
    # Dealt out at random, the same images say nothing.
    shuffled = result["shuffled"]
    assert shuffled["boards"] == 1800
    assert shuffled["p_two_sided"] > 0.01
    assert abs(shuffled["mean_x"] - shuffled["null_x"]) <= 2 * shuffled["se_of_mean"]
    # Images of a category differ from each other.
    assert result["duplicates"]["largest_cosine"] <= 0.95
    assert result["duplicates"]["same_photograph_and_artwork"] == 0
    # The sheet for a judge shows every image once and tells nothing.
    sheet, key = draw_blind_sheet(made)
    assert sorted((item["training_seed"], item["clip"]) for item in key) == sorted(
        (image.training_seed, image.clip_title) for image in made
    )
    assert [item["number"] for item in key] == list(range(1, 37))
    assert sheet != draw_blind_sheet(made[::-1])[0]
    assert len(draw_train_sheet()) > 10_000


def test_the_law_of_hits_is_exact():
    # All images right: the fixed points of a permutation of four.
    np.testing.assert_allclose(law_of_hits((0, 1, 2, 3)), np.array([9, 8, 6, 0, 1]) / 24)
    # All images look like one category: always exactly one hit.
    np.testing.assert_allclose(law_of_hits((2, 2, 2, 2)), [0, 1, 0, 0, 0])
    for nearest in ((0, 0, 1, 2), (3, 1, 1, 3), (1, 0, 3, 2)):
        assert law_of_hits(nearest) @ np.arange(5) == pytest.approx(1)
