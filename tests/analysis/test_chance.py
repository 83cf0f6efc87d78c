import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.chance import (
    Block,
    _exact_law,
    block_counts,
    category_counts,
    convolve,
    critical_total,
    injection_counts,
    matching_law,
    matching_sf,
    rencontres,
)
from analysis.errors import AnalysisError
from tests.analysis.golden import STATS

EXACT = {"rel": 1e-12, "abs": 0}


def brute_counts(block: Block, *, design: str) -> tuple[int, ...]:
    """Every possible answer, one by one."""
    clips, images = block.clip_categories, block.image_categories
    ways = (
        itertools.permutations(range(len(images)), len(clips))
        if design == "one_to_one"
        else itertools.product(range(len(images)), repeat=len(clips))
    )
    found = Counter(sum(clips[i] == images[j] for i, j in enumerate(way)) for way in ways)
    return tuple(found[j] for j in range(len(clips) + 1))


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6, 7, 8, 10])
def test_rencontres_equals_golden(k):
    assert rencontres(k) == STATS[f"rencontres.k{k}"]


def test_rencontres_of_small_and_large_boards():
    assert rencontres(0) == [1]
    assert rencontres(1) == [0, 1]
    assert rencontres(18)[0] == STATS["rencontres.k18.D0"]
    assert matching_sf(4, [(9, 9)]) == pytest.approx(STATS["evans.P_ge4_k9"], **EXACT)


@pytest.mark.parametrize(("k", "m"), [(4, 5), (4, 6), (2, 4), (3, 4), (4, 8)])
def test_injection_counts_equal_golden(k, m):
    assert list(injection_counts(k, m)) == STATS[f"injection.k{k}.m{m}.counts_by_correct"]


def test_injection_mean_is_k_over_m():
    assert matching_law([(4, 6)]).mean == pytest.approx(STATS["injection.k4.m6.mean"], **EXACT)


@pytest.mark.parametrize("letters", ["AABB", "AABC", "AAABBB"])
def test_repeated_categories_equal_golden(letters):
    block = Block(tuple(letters), tuple(letters))
    assert list(block_counts(block)) == STATS[f"repeated_categories.{letters}.counts_by_correct"]


@pytest.mark.parametrize("design", ["one_to_one", "free"])
@pytest.mark.parametrize(
    ("clips", "images"),
    [
        ("ABCDEF", "ABCDEF"),
        ("ABC", "ABCDE"),
        ("AAB", "AABBC"),
        ("AABBC", "ABBBC"),
        ("ABX", "ABC"),
        ("A", "A"),
        ("AB", "CD"),
        ("AAAA", "AAAA"),
        ("AB", "AACCB"),
    ],
)
def test_block_counts_equal_enumeration(clips, images, design):
    block = Block(tuple(clips), tuple(images))
    assert block_counts(block, design=design) == brute_counts(block, design=design)


@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize("design", ["one_to_one", "free"])
def test_plain_block_equals_enumeration(k, design):
    names = tuple("ABCDEF"[:k])
    assert block_counts((k, k), design=design) == brute_counts(Block(names, names), design=design)


@pytest.mark.parametrize(("k", "participants"), [(2, 4), (3, 3), (4, 3)])
def test_total_over_blocks_equals_enumeration(k, participants):
    scores = [sum(i == p for i, p in enumerate(perm)) for perm in itertools.permutations(range(k))]
    found = Counter(map(sum, itertools.product(scores, repeat=participants)))
    law = matching_law([(k, k)] * participants)
    assert law.counts == tuple(found[j] for j in range(k * participants + 1))


def test_one_to_one_law_equals_golden():
    law = matching_law([(4, 4)] * 12)
    assert law.mean == STATS["oneToOne.k4.N12.mean"]
    assert law.var == STATS["oneToOne.k4.N12.var"]
    np.testing.assert_allclose(law.pmf[:21], STATS["oneToOne.k4.N12.pmf_0_20"], rtol=1e-12)
    for total, p in STATS["oneToOne.k4.N12.sf_ge"].items():
        assert law.sf(int(total)) == pytest.approx(p, **EXACT)
    assert law.sf(38) == pytest.approx(STATS["oneToOne.k4.N12.T4.x38.p_exact"], **EXACT)
    assert law.sf(48) == pytest.approx(STATS["oneToOne.k4.N12.T3.x48.p_exact"], **EXACT)
    assert law.sf(48) == 1 / 24**12
    assert law.mid_p(38) == pytest.approx(STATS["oneToOne.k4.N12.T4.midp"], **EXACT)
    assert law.sf(17) == pytest.approx(STATS["perm.exact.P_ge17"], **EXACT)


def test_z_scores_equal_golden():
    law = matching_law([(4, 4)] * 12)
    assert (38 - law.mean) / law.var**0.5 == pytest.approx(STATS["oneToOne.z.T4"], **EXACT)
    assert (38 - 0.5 - law.mean) / law.var**0.5 == pytest.approx(STATS["oneToOne.z_cc.T4"], **EXACT)


def test_monte_carlo_anchor_lies_within_three_standard_errors():
    exact = matching_sf(17, [(4, 4)] * 12)
    assert abs(STATS["perm.mc.P_ge17(MC)"] - exact) < 3 * (exact * (1 - exact) / 1e4) ** 0.5


def test_free_law_equals_golden_binomial():
    law = matching_law([(4, 4)] * 12, design="free")
    for total, p in STATS["binomial.n48.p.25.sf_ge"].items():
        assert law.sf(int(total)) == pytest.approx(p, **EXACT)
    assert law.sf(36) == pytest.approx(STATS["binomial.n48.T2.x36.p"], **EXACT)
    assert law.sf(38) == pytest.approx(STATS["binomial.n48.T4.x38.p_WRONG_model"], **EXACT)


@pytest.mark.parametrize("alpha", ["0.05", "0.01", "0.001"])
def test_critical_totals_equal_golden(alpha):
    blocks = [(4, 4)] * 12
    assert critical_total(blocks, float(alpha)) == STATS[f"crit.oneToOne.k4.N12.alpha{alpha}"]
    assert critical_total(blocks, float(alpha), design="free") == STATS[f"crit.binomial48.alpha{alpha}"]


def test_true_size_of_the_binomial_rule_equals_golden():
    blocks = [(4, 4)] * 12
    for alpha, key in [(0.05, ".05"), (0.01, ".01")]:
        wrong_rule = critical_total(blocks, alpha, design="free")
        assert matching_sf(wrong_rule, blocks) == pytest.approx(
            STATS[f"size.binomial_rule_applied_to_oneToOne.alpha{key}"], **EXACT
        )


@pytest.mark.parametrize("k", [4, 6])
def test_table_of_critical_totals_equals_golden(k):
    table = STATS[f"crit.oneToOne.table_k{k}_alpha.05"]
    assert {n: critical_total([(k, k)] * int(n), 0.05) for n in table} == table


def test_critical_total_is_one_more_than_the_maximum_when_nothing_is_rare():
    assert critical_total([(2, 2)], 0.05) == 3
    assert critical_total([], 0.05) == 1


def test_critical_total_counts_a_tail_equal_to_alpha():
    assert critical_total([(4, 4)], 1 / 24) == 2 + 1  # P(X >= 3) = P(X = 4) = 1/24


def test_mixed_blocks_equal_golden():
    assert matching_sf(20, [(4, 4)] * 6 + [(5, 5)] * 6) == pytest.approx(
        STATS["oneToOne.mixed.6xk4_6xk5.sf_ge20"], **EXACT
    )


def test_covariance_of_two_hits_equals_golden():
    # Var of a block's total = k * v + k (k - 1) * c with v the variance of one hit.
    k, law = 4, matching_law([(4, 4)])
    covariance = (law.var - k * (1 / k) * (1 - 1 / k)) / (k * (k - 1))
    assert 12 * covariance == pytest.approx(STATS["oneToOne.cov_hits_i_j.N12.k4"], rel=1e-9)
    assert covariance / (1 / k * (1 - 1 / k)) == pytest.approx(STATS["oneToOne.corr_hits_i_j.k4"], rel=1e-9)


def test_two_sided_p_equals_golden_minimum_likelihood():
    for x in range(13):
        law = matching_law([(1, 4)] * 12, design="free")
        assert law.two_sided(x) == pytest.approx(STATS[f"cat.{x}of12.p_two_sided_minlike"], **EXACT)
        assert law.sf(x) == pytest.approx(STATS[f"cat.{x}of12.p_gt_chance"], **EXACT)


def test_jasp_verification_numbers():
    law = convolve([((3, 1), 10)])
    assert law.two_sided(3) == pytest.approx(STATS["anchor.JASP.binom_3of10_p.25"], rel=1e-9)
    assert law.two_sided(7) == pytest.approx(STATS["anchor.JASP.binom_7of10_p.25"], rel=1e-9)
    assert convolve([((2, 3), 100)]).sf(58) == pytest.approx(STATS["anchor.JASP.binom_58of100_p.6_greater"], rel=1e-9)


def test_floats_equal_exact_integers_in_the_far_tail(monkeypatch):
    blocks = [(4, 4)] * 100 + [(5, 6)] * 30
    exact = matching_law(blocks)
    assert exact.counts is not None
    monkeypatch.setattr("analysis.chance.EXACT_BITS", 0)
    floats = matching_law(blocks)
    assert floats.counts is None
    tails = [exact.sf(x) for x in range(exact.n + 1)]
    assert min(tails) < 1e-170
    np.testing.assert_allclose([floats.sf(x) for x in range(floats.n + 1)], tails, rtol=1e-12)
    np.testing.assert_allclose(
        [floats.mid_p(x) for x in range(0, floats.n + 1, 25)],
        [exact.mid_p(x) for x in range(0, floats.n + 1, 25)],
        rtol=1e-12,
    )
    assert floats.two_sided(150) == pytest.approx(exact.two_sided(150), rel=1e-6)
    assert floats.mean == pytest.approx(exact.mean)
    assert floats.var == pytest.approx(exact.var)
    assert floats.critical(0.01) == exact.critical(0.01)


def test_a_thousand_blocks_keep_a_tail_of_1e_minus_300():
    law = matching_law([(4, 4)] * 1000)
    assert law.counts is None
    x = next(x for x in range(1000, 4001) if law.sf(x) < 1e-290)
    assert law.sf(x) > 1e-300
    # Second route: exact integers of the same law.
    monkey = Counter({tuple(rencontres(4)): 1000})
    exact = _exact_law(monkey, 24**1000, 4000)
    assert law.sf(x) == pytest.approx(exact.sf(x), rel=1e-11)


def test_laws_of_one_category_equal_enumeration():
    clips, images = "AAB", "AABBC"
    for category in "AB":
        found = Counter(
            sum(clips[i] == images[j] == category for i, j in enumerate(way))
            for way in itertools.permutations(range(5), 3)
        )
        a, b = clips.count(category), images.count(category)
        law = convolve([(category_counts(a, b, 5, design="one_to_one"), 1)])
        assert law.pmf == pytest.approx([found[j] / 60 for j in range(a + 1)])
    assert category_counts(1, 1, 4, design="free") == (3, 1)


def test_a_tail_below_the_smallest_number_is_zero_and_beyond_the_maximum_too():
    assert matching_sf(1200, [(4, 4)] * 300) == 0.0
    law = matching_law([(4, 4)])
    assert (law.sf(5), law.sf(0), law.two_sided(7)) == (0.0, 1.0, 0.0)


def test_no_blocks_give_the_law_of_nothing():
    law = matching_law([])
    assert (law.n, law.sf(0), law.sf(1), law.mean, law.var) == (0, 1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: matching_law([(4, 4)], design="mixed"), "Unknown design 'mixed'"),
        (lambda: matching_law([(5, 4)]), "5 clips cannot be matched one to one with 4 images"),
        (lambda: rencontres(-1), "cannot have -1 clips"),
        (lambda: critical_total([(4, 4)], 1.5), "alpha must lie between 0 and 1"),
        (lambda: block_counts(Block(("A", "B"), ("A",))), "2 clips cannot be matched"),
        (lambda: block_counts((2, 0), design="free"), "without images"),
    ],
)
def test_impossible_input_is_named(call, words):
    with pytest.raises(AnalysisError, match=words):
        call()


boards = st.tuples(st.integers(1, 5), st.integers(0, 3)).map(lambda t: (t[0], t[0] + t[1]))


@given(st.lists(boards, min_size=1, max_size=6), st.sampled_from(["one_to_one", "free"]))
@settings(max_examples=60)
def test_law_sums_to_one_and_tail_falls(blocks, design):
    law = matching_law(blocks, design=design)
    assert law.counts is not None
    assert law.total is not None
    assert sum((Fraction(c, law.total) for c in law.counts), Fraction()) == 1
    tails = [law.sf(x) for x in range(law.n + 2)]
    assert tails == sorted(tails, reverse=True)
    assert law.mean == pytest.approx(sum(k / m for k, m in blocks))


@given(st.integers(2, 7), st.integers(1, 5))
@settings(max_examples=40)
def test_one_to_one_mean_and_variance_are_the_number_of_blocks(k, n):
    law = matching_law([(k, k)] * n)
    assert (law.mean, law.var) == (n, n)
    assert law.counts is not None
    assert matching_law([(k, k)]).pmf[k - 1] == 0


@given(st.integers(1, 6))
def test_injection_into_as_many_images_is_rencontres(k):
    assert list(injection_counts(k, k)) == rencontres(k)


def test_injection_into_very_many_images_tends_to_the_poisson_binomial_law():
    one_to_one, free = matching_law([(4, 4000)]).pmf, matching_law([(4, 4000)], design="free").pmf
    np.testing.assert_allclose(one_to_one, free, rtol=5e-3)


@given(st.integers(1, 4), st.integers(1, 5), st.floats(1e-9, 0.5))
@settings(max_examples=60)
def test_exact_test_never_exceeds_its_size(k, n, alpha):
    law = matching_law([(k + 1, k + 1)] * n)
    assert law.sf(law.critical(alpha)) <= alpha
    assert law.critical(alpha) == 0 or law.sf(law.critical(alpha) - 1) > alpha


@given(st.permutations(list("AABCD")), st.permutations(list("AABCE")))
@settings(max_examples=30)
def test_relabelling_and_order_do_not_matter(clips, images):
    plain = block_counts(Block(tuple("AABCD"), tuple("AABCE")))
    assert block_counts(Block(tuple(clips), tuple(images))) == plain
    swap = str.maketrans("ABCDE", "VWXYZ")
    renamed = Block(tuple("".join(clips).translate(swap)), tuple("".join(images).translate(swap)))
    assert block_counts(renamed) == plain


def test_the_budget_for_exact_integers_covers_a_lab_study():
    assert matching_law([(4, 4)] * 200).counts is not None
    assert matching_law([(4, 4)] * 10_000).counts is None
