import itertools
import math

import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.metrics.members.machine import answer_board, machine_block
from analysis.reading.embeddings import load
from tests.analysis.metric_files import CATEGORIES, write_embeddings
from tests.analysis.metrics_golden import ARRAYS, METRICS, unit


def every_board(used, size):
    """Share of right clips over all boards, each with the same weight, by trying every assignment."""
    similarity = used.audio.astype(float) @ used.images.astype(float).T
    clips = {name: np.flatnonzero(used.audio_labels == name) for name in CATEGORIES}
    shares = []
    for names in itertools.combinations(CATEGORIES, size):
        for chosen in itertools.product(*(clips[name] for name in names)):
            own = [np.flatnonzero(used.partner == clip) for clip in chosen]
            for images in itertools.product(*own):
                table = similarity[np.ix_(chosen, images)]
                best = max(itertools.permutations(range(size)), key=lambda p: sum(table[i, p[i]] for i in range(size)))
                shares.append(np.mean([i == j for i, j in enumerate(best)]))
    return float(np.mean(shares))


@pytest.mark.parametrize(("board", "per_clip"), [(2, 1), (3, 2), (4, 1)])
def test_drawn_boards_agree_with_all_boards(tmp_path, board, per_clip):
    used = load(write_embeddings(tmp_path / "e.npz", clips=3, per_clip=per_clip))
    found = machine_block(used, CATEGORIES, board=board)
    assert found["value"] == pytest.approx(every_board(used, board), abs=4 * 0.5 / np.sqrt(found["n_boards"]))
    assert found["chance"] == 1 / board
    counts = np.array(found["confusion"])
    assert counts.sum() == board * found["n_boards"]
    assert np.trace(counts) == pytest.approx(found["value"] * counts.sum())
    assert (counts.sum(axis=0) == counts.sum(axis=1)).all()
    assert 0 <= found["ci_low"] < found["value"] < found["ci_high"] <= 1


def test_bigger_boards_use_the_assignment_solver_with_equal_answers(tmp_path, monkeypatch):
    names = tuple(f"L{n}" for n in range(5))
    used = load(write_embeddings(tmp_path / "e.npz", categories=names))
    enumerated = machine_block(used, names, board=5, boards=300)
    monkeypatch.setattr("analysis.metrics.members.machine.MOST_ENUMERATED", 1)
    assert machine_block(used, names, board=5, boards=300) == enumerated


def test_one_clip_in_a_category_leaves_no_interval(tmp_path):
    found = machine_block(load(write_embeddings(tmp_path / "e.npz", clips=1)), CATEGORIES, boards=100)
    assert (found["status"], found["se"], found["ci_low"]) == ("degenerate", None, None)
    assert "single clip" in found["reason"]


def test_one_category_makes_no_board(tmp_path):
    found = machine_block(load(write_embeddings(tmp_path / "e.npz", categories=("Sky",))), ("Sky", "Sea"))
    assert (found["status"], found["value"], found["n_boards"]) == ("too_small", None, 0)


def test_boards_never_have_more_clips_than_categories(tmp_path):
    found = machine_block(load(write_embeddings(tmp_path / "e.npz")), CATEGORIES, board=9, boards=50)
    assert (found["board"], found["chance"]) == (4, 0.25)


def test_the_interval_holds_the_truth_of_other_clips(tmp_path):
    """Sets of six clips in each category, drawn anew: the interval covers the mean over sets about as often as said."""
    found = [
        machine_block(load(write_embeddings(tmp_path / f"{s}.npz", clips=6, seed=s, size=4)), CATEGORIES, boards=1500)
        for s in range(40)
    ]
    # The categories' centres are drawn anew with the seed too, so the truth differs between sets: take a big sister
    # set of the same centres as truth.
    hits = 0
    for seed, own in enumerate(found):
        rng = np.random.default_rng(seed)
        centres = rng.standard_normal((4, 4))
        truth = truth_of(centres, np.random.default_rng(10_000 + seed))
        hits += own["ci_low"] <= truth <= own["ci_high"]
    assert hits >= 33


def truth_of(centres, rng, boards=3000):
    """Share of right clips where every board has clips and images of its own."""
    audio = centres + 0.6 * rng.standard_normal((boards, 4, 4))
    audio /= np.linalg.norm(audio, axis=2, keepdims=True)
    images = audio + 0.8 * rng.standard_normal(audio.shape)
    images /= np.linalg.norm(images, axis=2, keepdims=True)
    tables = audio @ images.transpose(0, 2, 1)
    orders = np.array(list(itertools.permutations(range(4))))
    best = orders[tables[:, np.arange(4), orders].sum(axis=2).argmax(axis=1)]
    return float((best == np.arange(4)).mean())


def test_golden_board_of_four_labels():
    rows = [0, 10, 20, 30]
    table = unit(ARRAYS["audio"])[ARRAYS["pair"][rows]] @ unit(ARRAYS["gen"])[rows].T
    assert answer_board(table, one_to_one=True).tolist() == METRICS["retrieval.assignment_trial_first_of_labels_0_3"]


def test_machine_answers_one_to_one_boards_by_the_best_total():
    table = np.array([[0.9, 0.8, 0.0], [0.8, 0.1, 0.0], [0.7, 0.2, 0.1]])
    assert answer_board(table, one_to_one=True).tolist() == [1, 0, 2]
    assert answer_board(table, one_to_one=False).tolist() == [0, 0, 0]
    best = max(itertools.permutations(range(3)), key=lambda order: sum(table[i, j] for i, j in enumerate(order)))
    assert answer_board(table, one_to_one=True).tolist() == list(best)
    assert answer_board(table[:2], one_to_one=True).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.ones((3, 2)), "needs as many images"),
        (np.ones(3), "a table of clips by images"),
        (np.array([[math.nan]]), "not a finite number"),
    ],
)
def test_boards_that_cannot_be_answered_are_refused(table, words):
    with pytest.raises(MetricError, match=words):
        answer_board(table, one_to_one=True)
