import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.similarity import Rows, ais, leave_out_matched, matched_by_recordings, scores_by_label, stratified_spread
from tests.analysis.similarity.recordings.worlds import matched_x, stratified_variance, world


def without(found, recording):
    """The arrays of a world without one recording: its clips are gone from the others as well."""
    images, clips, partner, labels, of_image, of_clip = found
    kept, heard = of_image != recording, of_clip != recording
    place = np.cumsum(heard) - 1
    return images[kept], clips[heard], place[partner[kept]], labels[kept]


@pytest.mark.parametrize("paper", [True, False])
@settings(max_examples=10)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 4), min_size=2, max_size=4), st.integers(1, 3))
def test_leaving_a_recording_out_is_computing_anew_without_it(paper, seed, sizes, per_clip):
    found = world(seed, sizes=sizes, labels=2, per_clip=per_clip, silent=1)
    images, clips, partner, labels, of_image, of_clip = found
    rows = Rows(images, name="images"), Rows(clips, name="audio")
    denominator = "paper" if paper else "unbiased"
    whole = leave_out_matched(*rows, partner, of_image, of_clip, denominator=denominator)
    single = leave_out_matched(*rows, partner, of_image, of_clip, groups=labels, denominator=denominator)
    for recording in range(2 * len(sizes)):
        left = without(found, recording)
        if len(left[1]) > 1 and len(left[0]):
            assert whole[recording, 0] == pytest.approx(matched_x(*left[:3], paper=paper), abs=1e-12)
        for label in (0, 1):
            mine = left[3] == label
            if mine.any():
                expected = matched_x(left[0][mine], left[1], left[2][mine], paper=paper)
                assert single[recording, label] == pytest.approx(expected, abs=1e-12)
            elif (labels == label).any():
                assert np.isnan(single[recording, label])


def test_the_error_is_that_of_the_written_out_jackknife_within_labels():
    found = world(3, silent=1)
    images, clips, partner, labels, of_image, of_clip = found
    rows = Rows(images, name="images"), Rows(clips, name="audio")
    strata = np.repeat(np.arange(3), 6)
    plain = ais(images, clips, partner)
    (score,) = matched_by_recordings(*rows, partner, [plain], of_image, of_clip, strata)
    left = [matched_x(*without(found, recording)[:3]) for recording in range(18)]
    assert score.x == plain.x
    assert score.se == pytest.approx(stratified_variance(left, strata) ** 0.5, abs=1e-12)
    assert score.n_units == 18
    assert score.options["unit"] == "recording"
    by_label = scores_by_label(*rows, partner, labels)
    rows_of = matched_by_recordings(*rows, partner, list(by_label.values()), of_image, of_clip, strata, groups=labels)
    assert [row.n_units for row in rows_of] == [6, 6, 6]
    assert all(row.ci_low < row.score < row.ci_high for row in rows_of)


def test_an_item_of_no_recording_is_never_left_out():
    images, clips, partner, _, of_image, of_clip = world(4)
    rows = Rows(images, name="images"), Rows(np.concatenate([clips, clips[:1] + 1.0]), name="references")
    left = leave_out_matched(*rows, partner, of_image, np.append(of_clip, -1))
    kept, heard = of_image != 0, np.append(of_clip != 0, True)
    place = np.cumsum(heard) - 1
    again = matched_x(images[kept], rows[1].array[heard], place[partner[kept]])
    assert left[0, 0] == pytest.approx(again, abs=1e-12)


def test_strata_of_one_recording_vary_together():
    left = np.array([[1.0], [2.0], [4.0], [7.0]])
    spread = stratified_spread(left, np.array([0, 0, 1, 2]))
    assert spread.degrees == 2
    assert spread.se() ** 2 == pytest.approx(0.5 * (0.25 + 0.25) + 0.5 * (1.5**2 + 1.5**2))
