import itertools

import numpy as np
import pytest

from analysis.metrics.members import retrieval
from analysis.metrics.members.retrieval import retrieve
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set, unit


@pytest.fixture(scope="module")
def golden_retrieval():
    return retrieve(ARRAYS["gen"], ARRAYS["audio"], ARRAYS["pair"], labels=ARRAYS["label"])


def test_golden_ranks_and_rates(golden_retrieval):
    order = np.argsort(golden_retrieval.clips)[np.argsort(np.argsort(ARRAYS["pair"]))]
    assert golden_retrieval.ranks[order].tolist() == METRICS["retrieval.ranks"]
    for k in (1, 5, 10):
        assert golden_retrieval.recall[k].value == pytest.approx(METRICS[f"retrieval.R@{k}"], **EXACT)
        assert golden_retrieval.recall[k].chance == pytest.approx(METRICS[f"retrieval.R@{k}.chance"], **EXACT)
    assert golden_retrieval.mrr.value == pytest.approx(METRICS["retrieval.MRR"], **EXACT)
    assert golden_retrieval.mrr.chance == pytest.approx(METRICS["retrieval.MRR.chance"], **EXACT)
    assert golden_retrieval.median_rank == METRICS["retrieval.median_rank"]
    assert golden_retrieval.auc.value == pytest.approx(METRICS["retrieval.mean_percentile_rank(AUC)"], **EXACT)
    assert golden_retrieval.label_map.value == pytest.approx(METRICS["retrieval.label_mAP"], **EXACT)
    assert golden_retrieval.label_top.value == pytest.approx(METRICS["retrieval.label_P@1"], **EXACT)


def test_ranks_equal_plain_counting_with_several_images_per_clip(monkeypatch):
    monkeypatch.setattr("analysis.metrics.members.retrieval.BLOCK", 2)
    images, audio = random_set(1, 11), random_set(2, 7)
    partner = np.array([0, 0, 0, 3, 3, 5, 6, 6, 6, 6, 2])
    labels = np.array(list("aaabbabbbba"))
    found = retrieve(images, audio, partner, labels=labels)
    cosines = unit(audio) @ unit(images).T
    for clip, rank in zip(found.clips, found.ranks, strict=True):
        best = max(cosines[clip, partner == clip])
        assert rank == 1 + sum(value > best for value in cosines[clip])
    precisions = []
    for clip in found.clips:
        order = sorted(range(11), key=lambda i: -cosines[clip, i])
        relevant = [labels[i] == labels[partner == clip][0] for i in order]
        precisions.append(np.mean([np.mean(relevant[: place + 1]) for place, hit in enumerate(relevant) if hit]))
    assert found.label_map.value == pytest.approx(np.mean(precisions))


def test_chance_is_the_mean_over_all_orders():
    """Five images, one clip owning two of them: every order of the gallery is equally likely."""
    ranks, aucs, precisions = [], [], []
    for order in itertools.permutations(range(5)):
        places = sorted(order.index(own) + 1 for own in (0, 1))
        ranks.append(places[0])
        aucs.append(1 - (places[0] - 1) / 3)
        precisions.append((1 / places[0] + 2 / places[1]) / 2)
    found = retrieve(random_set(3, 5), random_set(4, 1), [0] * 5, labels=[0, 0, 1, 1, 1])
    assert found.label_map is None
    counts = np.array([2])
    assert retrieval._expected_reciprocal(counts, 5) == pytest.approx(np.mean(1 / np.array(ranks)))
    assert retrieval._expected_recall(counts, 5, 2) == pytest.approx(np.mean(np.array(ranks) <= 2))
    assert retrieval._expected_auc(counts, 5) == pytest.approx(np.mean(aucs))
    assert retrieval._expected_precision(2, 5) == pytest.approx(np.mean(precisions))


def test_p_value_counts_matchings_of_clips():
    images, audio = random_set(5, 5), random_set(6, 5)
    found = retrieve(images, audio, np.arange(5))
    cosines = unit(audio) @ unit(images).T
    reciprocal = np.array([[1 / (1 + (row > value).sum()) for value in row] for row in cosines])
    totals = [reciprocal[np.arange(5), list(order)].mean() for order in itertools.permutations(range(5))]
    assert found.method == "exact"
    assert found.p_value == pytest.approx(np.mean(np.array(totals) >= found.mrr.value - 1e-12))


def test_ties_are_counted_both_ways():
    images = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = retrieve(images, np.eye(2), [0, 1, 1])
    assert found.ranks.tolist() == [1, 1]
    assert found.rank_pessimistic.tolist() == [2, 1]
    assert found.n_tied == 1
    assert found.as_dict()["n_tied"] == 1


def test_one_clip_has_no_interval():
    found = retrieve(random_set(7, 3), random_set(8, 2), [1, 1, 1])
    assert (found.mrr.ci_low, found.p_value, found.recall[1].value) == (None, None, 1.0)
