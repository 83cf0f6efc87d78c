"""Reliability of both sides of a correlation: loops over every half, the table of analysis of variance, simulation."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from analysis.join.reliability import ceiling, consistency, hit_tables, of_values, split_half
from tests.analysis.join.test_arm import CATEGORIES, FIRST, ONE_TO_ONE, SECOND, answers


def shares(seed, people=6, categories=5):
    """Right answers of people who differ in ability, to categories that differ in ease."""
    rng = np.random.default_rng(seed)
    ease = rng.uniform(0.2, 0.9, categories) + rng.normal(0, 0.1, (people, 1))
    given = rng.integers(1, 4, (people, categories)).astype(float)
    return rng.binomial(given.astype(int), np.clip(ease, 0, 1)).astype(float), given


def spearman_brown_by_loop(hits, given, halves):
    """Correlation of two halves over categories, written out; None where a half is constant or has no answer."""
    values = []
    everyone = range(len(hits))
    for half in halves:
        rest = [person for person in everyone if person not in half]
        sides = []
        for side in (half, rest):
            counts = [sum(given[person, c] for person in side) for c in range(hits.shape[1])]
            if 0 in counts:
                break
            sides.append([sum(hits[person, c] for person in side) / counts[c] for c in range(hits.shape[1])])
        if len(sides) == 2 and all(max(side) > min(side) for side in sides):
            values.append(float(np.corrcoef(*sides)[0, 1]))
    mean = sum(values) / len(values)
    return 2 * mean / (1 + mean), len(values)


@pytest.mark.parametrize("people", [4, 5, 6, 7])
def test_split_half_is_the_loop_over_all_halves(people):
    hits, given = shares(people, people)
    halves = list(itertools.combinations(range(people), people // 2))
    expected, _ = spearman_brown_by_loop(hits, given, halves)
    found = split_half(hits, given)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert (found.n_categories, found.n_units, found.status) == (5, people, "ok")
    ways = len(halves) if people % 2 else len(halves) // 2
    assert f"over {ways} ways" in found.method


def test_halves_without_a_correlation_are_left_out_and_counted():
    hits = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1], [0, 0, 1], [1, 0, 1]], float)
    given = np.ones_like(hits)
    expected, usable = spearman_brown_by_loop(hits, given, list(itertools.combinations(range(5), 2)))
    found = split_half(hits, given)
    assert usable < 10
    assert found.value == pytest.approx(expected)
    assert found.reason.startswith(f"{10 - usable} of 10 ways to halve left out")


def test_many_participants_are_halved_by_seeded_draws_near_all_halves():
    hits, given = shares(1, 14, 8)
    drawn, every = split_half(hits, given, splits=800), split_half(hits, given, splits=5_000)
    assert "1716 ways" in every.method
    assert drawn.value == pytest.approx(every.value, abs=0.03)
    assert drawn.value == split_half(hits, given, splits=800).value != split_half(hits, given, splits=800, seed=1).value


def test_consistency_is_cronbachs_alpha_and_the_f_test_of_a_two_way_table():
    hits, given = shares(3, 7, 6)
    table = hits / given
    found = consistency(hits, given)
    # Alpha from its own definition: participants are the items, categories the cases.
    n = len(table)
    alpha = n / (n - 1) * (1 - table.var(axis=1, ddof=1).sum() / table.sum(axis=0).var(ddof=1))
    assert found.value == pytest.approx(alpha, abs=1e-12)
    grand = table.mean()
    between = n * sum((table[:, c].mean() - grand) ** 2 for c in range(6)) / 5
    error = sum((table[p, c] - table[p].mean() - table[:, c].mean() + grand) ** 2 for p in range(n) for c in range(6))
    error /= 5 * (n - 1)
    ratio = between / error
    assert found.value == pytest.approx(1 - error / between)
    assert found.ci_low == pytest.approx(1 - stats.f(5, 5 * (n - 1)).ppf(0.975) / ratio)
    assert found.ci_high == pytest.approx(1 - stats.f(5, 5 * (n - 1)).ppf(0.025) / ratio)
    # The interval leaves out 0 exactly where the F test finds a difference.
    assert (found.ci_low > 0) == (stats.f.sf(ratio, 5, 5 * (n - 1)) < 0.025)


def test_ability_of_participants_is_no_noise_of_the_categories():
    hits, given = shares(4, 6, 5)
    table = hits / given
    shifted = table + np.linspace(-3, 3, 6)[:, None]
    ones = np.ones_like(table)
    assert consistency(shifted, ones).value == pytest.approx(consistency(table, ones).value, abs=1e-12)


def test_only_participants_who_answered_every_category_have_an_icc():
    hits, given = shares(5, 6, 5)
    given[2, 1] = hits[2, 1] = 0
    kept = np.arange(6) != 2
    found, without = consistency(hits, given), consistency(hits[kept], given[kept])
    assert (found.value, found.n_units) == (without.value, 5)
    assert found.reason == "5 of 6 participants, those who answered every category"
    given[:, 0] = hits[:, 0] = 0
    assert consistency(hits, given).reason == "0 of 6 participants answered every category: at least 2 are needed"


@pytest.mark.parametrize("seed", [6, 7])
def test_metric_reliability_from_its_standard_errors(seed):
    rng = np.random.default_rng(seed)
    values, errors, degrees = rng.normal(52, 2, 8), rng.uniform(0.2, 1.0, 8), rng.integers(3, 12, 8)
    found = of_values(values.tolist(), errors.tolist(), degrees.tolist())
    noise = sum(e * e for e in errors) / 8
    spread = sum((v - values.mean()) ** 2 for v in values) / 7
    freedom = sum(e**2 for e in errors) ** 2 / sum(e**4 / d for e, d in zip(errors, degrees, strict=True))
    assert found.value == pytest.approx(1 - noise / spread)
    assert found.n_units == pytest.approx(freedom)
    assert found.ci_low == pytest.approx(1 - stats.f(7, freedom).ppf(0.975) * noise / spread)
    assert found.ci_low < found.value < found.ci_high


def test_intervals_hold_and_the_ceiling_is_where_a_perfect_relation_ends():
    """Many categories whose metric is their true ease exactly: noise alone keeps the correlation below 1."""
    rng, people, categories, clips, sets = np.random.default_rng(8), 12, 40, 6, 400
    spread, noise, person = 0.3, 0.8, 0.5
    truth = spread**2 / (spread**2 + noise**2 / people), spread**2 / (spread**2 + 0.16 / clips)
    seen, ceilings, covered = [], [], np.zeros(2)
    for _ in range(sets):
        ease = spread * rng.standard_normal(categories)
        table = ease + noise * rng.standard_normal((people, categories)) + person * rng.standard_normal((people, 1))
        items = ease[:, None] + 0.4 * rng.standard_normal((categories, clips))
        errors = (items.std(axis=1, ddof=1) / math.sqrt(clips)).tolist()
        human = consistency(table, np.ones_like(table))
        metric = of_values(items.mean(axis=1).tolist(), errors, [clips - 1] * categories)
        covered += [one.ci_low <= true <= one.ci_high for one, true in zip((human, metric), truth, strict=True)]
        seen.append(np.corrcoef(table.mean(axis=0), items.mean(axis=1))[0, 1])
        ceilings.append(ceiling(human, metric) or 0.0)
    assert covered / sets == pytest.approx([0.95, 0.95], abs=0.033)
    assert np.mean(ceilings) == pytest.approx(math.sqrt(truth[0] * truth[1]), abs=0.03)
    assert np.mean(seen) == pytest.approx(np.mean(ceilings), abs=0.03)


@pytest.mark.parametrize(
    ("hits", "split_words", "icc_words"),
    [
        (np.eye(4)[:, :2], "2 categories: at least 3 are needed", "2 categories: at least 3 are needed"),
        (np.eye(3), "3 participants: at least 4 are needed", ""),
        (np.ones((4, 3)), "only 0 of 3 ways", "all categories have the same value"),
        (np.tile([1.0, 0.0, 1.0], (4, 1)), "", "no spread to tell noise by"),
        (np.zeros((0, 3)), "0 participants", "0 of 0 participants"),
    ],
)
def test_what_does_not_exist_is_said_in_words(hits, split_words, icc_words):
    for found, words in ((split_half(hits, np.ones_like(hits)), split_words),
                         (consistency(hits, np.ones_like(hits)), icc_words)):  # fmt: skip
        if words:
            assert found.reason.startswith(words)
            assert (found.value, found.ci_low, found.ci_high) == (None, None, None)
            assert found.status in ("too_small", "degenerate")


def test_halves_that_contradict_each_other_have_no_reliability():
    hits = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1]], float)
    found = split_half(hits, np.ones_like(hits))
    assert (found.value, found.status) == (None, "degenerate")
    assert found.reason.startswith("halves of the participants order the categories against each other")


def test_a_missing_error_or_a_noisy_side_has_no_ceiling():
    assert of_values([1, 2, 3], [0.1, None, 0.1], [3, 3, 3]).reason == "1 of 3 categories have no standard error"
    assert of_values([1, 2], [0.1, 0.1], [3, 3]).status == "too_small"
    assert of_values([1, 1, 1], [0.1] * 3, [3] * 3).status == "degenerate"
    assert of_values([1, 2, 3], [0.0] * 3, [3] * 3).status == "degenerate"
    noisy, good = of_values([1, 1.1, 1.2], [0.9] * 3, [3] * 3), of_values([1, 5, 9], [0.5] * 3, [3] * 3)
    assert noisy.value < 0 < good.value
    assert ceiling(noisy, good) is None
    assert ceiling(good, good) == pytest.approx(good.value)
    assert good.reason == "3 categories: rough"
    assert noisy.reason == "the categories differ no more than their noise would make them; 3 categories: rough"


def test_answers_become_counts_of_participants_by_categories():
    frame = answers([*ONE_TO_ONE, ("p4", "1", FIRST, (0, 2, 4, None)), ("p5", "1", SECOND, (None,) * 4)])
    hits, given = hit_tables(frame, CATEGORIES)
    assert given.tolist() == [[2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    assert hits.tolist() == [[2, 1, 1, 2], [0, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    assert hit_tables(frame, ["Sky"])[0].tolist() == [[1], [1], [1], [1]]
