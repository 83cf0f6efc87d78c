"""Statistics of the paper's tables and of golden_trials.csv again: every participant and permutation written out."""

from __future__ import annotations

import csv
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb, prod
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
from scipy import optimize

from tests.golden.recompute_laws import (
    add,
    binomial,
    chi2_sf,
    clopper_pearson,
    effect_h,
    fisher,
    normal_quantile,
    one_board,
    t_quantile,
    t_two_sided,
    tail,
    times,
    wilson,
)

FOLDER = Path(__file__).resolve().parent
PAPER = json.loads((FOLDER.parents[1] / "analysis" / "data" / "paper.json").read_text(encoding="utf-8"))
Matrix = list[list[int]]
T2: Matrix = PAPER["table_2"]["counts"]
T3: Matrix = PAPER["table_3"]["counts"]
T4: Matrix = PAPER["table_4"]["counts"]
SKIES, FOUR = PAPER["table_2"]["categories"], PAPER["table_4"]["categories"]
# The only people who can have given Table 4: seven without an error, five who swapped the middle two.
PEOPLE = [(0, 1, 2, 3)] * 7 + [(0, 2, 1, 3)] * 5
SCORES = [sum(i == j for i, j in enumerate(person)) for person in PEOPLE]


def holm(p: Sequence[Fraction]) -> list[Fraction]:
    found, highest = [Fraction(0)] * len(p), Fraction(0)
    for step, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        highest = max(highest, min(Fraction(1), p[place] * (len(p) - step)))
        found[place] = highest
    return found


def false_discovery(p: Sequence[Fraction]) -> list[Fraction]:
    found, lowest = [Fraction(0)] * len(p), Fraction(1)
    for place, rank in zip(sorted(range(len(p)), key=lambda i: -p[i]), range(len(p), 0, -1), strict=True):
        lowest = min(lowest, p[place] * len(p) / rank)
        found[place] = lowest
    return found


def root(value: Fraction) -> Any:
    return mp.sqrt(mp.mpf(value.numerator) / value.denominator)


def number(value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


def categories() -> Iterator[tuple[str, Any]]:
    chance = binomial(12, Fraction(1, 4))
    for key, table, names in (("T2", T2, SKIES), ("T3", T3, FOUR), ("T4", T4, FOUR)):
        p = [tail(chance, table[i][i]) for i in range(4)]
        yield f"{key}.percat.p", dict(zip(names, p, strict=True))
        yield f"{key}.percat.p_holm", holm(p)
        yield f"{key}.percat.p_bh", false_discovery(p)
    wholes = {limit: exceeds(limit) for limit in (6, 7, 8, 9, 12)}
    yield "joint.oneToOne.P_max_ge", {str(limit): p for limit, p in wholes.items()}
    below = {limit: 1 - tail(chance, limit) for limit in wholes}
    yield "joint.free.P_max_ge(indep)", {str(limit): 1 - p**4 for limit, p in below.items()}
    yield "T4.percat.p_westfall_young_single_step", [wholes[T4[i][i]] for i in range(4)]


def exceeds(limit: int) -> Fraction:
    """P(some category has `limit` or more hits of 12): all four counts carried along, in whole numbers."""
    patterns = Counter(tuple(int(i == j) for i, j in enumerate(way)) for way in permutations(range(4)))
    law = Counter({(0, 0, 0, 0): 1})
    reached = 0
    for step in range(12):
        following: Counter[tuple[int, ...]] = Counter()
        for state, ways in law.items():
            for pattern, more in patterns.items():
                moved = tuple(a + b for a, b in zip(state, pattern, strict=True))
                if max(moved) >= limit:
                    reached += ways * more * 24 ** (11 - step)
                else:
                    following[tuple(sorted(moved))] += ways * more
        law = following
    return Fraction(reached, 24**12)


def participants() -> Iterator[tuple[str, Any]]:
    yield (
        "T4.permutations_in_support",
        [list(way) for way in permutations(range(4)) if all(T4[i][j] for i, j in enumerate(way))],
    )
    yield "T4.participant_scores", SCORES
    shares = [Fraction(x, 4) for x in SCORES]
    mean = sum(shares) / 12
    variance = sum((s - mean) ** 2 for s in shares) / 11
    se, t = root(variance / 12), t_quantile(mp.mpf("0.975"), 11)
    yield "T4.cluster.mean_acc", mean
    yield "T4.cluster.sd_between", root(variance)
    yield "T4.cluster.se", se
    yield "T4.cluster.t95", [number(mean) - t * se, number(mean) + t * se]
    far = number(mean - Fraction(1, 4)) / se
    yield "T4.cluster.t_vs_chance", [far, t_two_sided(far, 11)]
    yield "T4.cluster.wilcoxon_vs_1_p", Fraction(1, 2**12)
    drawn = binomial(12, Fraction(7, 12))
    ends = [next(x for x in range(13) if sum(drawn[: x + 1]) >= Fraction(q)) for q in ("0.025", "0.975")]
    yield "T4.cluster.boot_exact_pct95", [Fraction(1, 2) + Fraction(x, 24) for x in ends]
    yield "T4.cluster.boot_se_exact", root(12 * Fraction(7, 12) * Fraction(5, 12)) / 24
    naive = mean * (1 - mean) / 48
    yield "T4.naive_se", root(naive)
    yield "T4.design_effect_cluster_vs_naive", variance / 12 / naive
    within = sum(4 * s * (1 - s) for s in shares) / 36
    between = 4 * variance
    yield "T4.icc_anova", (between - within) / (between + 3 * within)
    # With one mean and equal clusters the estimating equations have a closed form.
    spread = mean * (1 - mean)
    scores = sum((x - 4 * mean) ** 2 for x in SCORES)
    se_logit = root(scores) / (48 * number(spread))
    pairs = sum((a - mean) * (b - mean) for x in SCORES for a, b in combinations([1] * x + [0] * (4 - x), 2))
    scale = sum(x * (1 - mean) ** 2 + (4 - x) * mean**2 for x in SCORES) / 47
    logit, z = mp.log(number(mean / (1 - mean))), normal_quantile(mp.mpf("0.975"))
    yield "T4.gee_exch.intercept", logit
    yield "T4.gee_exch.se_robust", se_logit
    yield "T4.gee_exch.corr", pairs / scale / (12 * 6 - 1)
    yield "T4.gee_exch.acc95_logit", [1 / (1 + mp.exp(-logit - sign * z * se_logit)) for sign in (-1, 1)]
    yield "T4.gee_exch.se_bias_reduced(MancldeRouen)", se_logit * 12 / 11
    yield "mafc_logit.T4.intercept(guess 1/4)", mp.log(number((mean - Fraction(1, 4)) / (1 - mean)))
    hits = [[int(i == j) for i, j in enumerate(person)] for person in PEOPLE]
    columns = [sum(column) for column in zip(*hits, strict=True)]
    q = Fraction(3 * (4 * sum(c * c for c in columns) - 38**2), 4 * 38 - sum(x * x for x in SCORES))
    yield "T4.cochran_q", [q, chi2_sf(number(q), 3), 3]
    yield "T4.cochran_q.stat", q
    ways = [
        [7 + sum(i in pick for pick in picks) for i in range(4)]
        for picks in product(combinations(range(4), 2), repeat=5)
    ]
    extreme = sum(sum(c * c for c in way) >= sum(c * c for c in columns) for way in ways)
    yield "T4.cochran_q.p_exact_perm", Fraction(extreme, len(ways))


def mixed() -> Iterator[tuple[str, Any]]:
    """Random-intercept model by a fine trapezoid rule and a general optimiser."""
    points = np.linspace(-9, 9, 4001)
    weights = np.exp(-(points**2) / 2)
    weights /= weights.sum()

    def negative(parameters: np.ndarray) -> float:
        right = 1 / (1 + np.exp(-(parameters[0] + parameters[1] * points)))
        return -sum(n * float(np.log(weights @ (right**x * (1 - right) ** (4 - x)))) for x, n in ((4, 7), (2, 5)))

    best = optimize.minimize(negative, [1.5, 1.0], method="BFGS", options={"gtol": 1e-9})
    yield "T4.glmm_ml.nll", best.fun
    yield "T4.glmm_ml.intercept", best.x[0]
    yield "T4.glmm_ml.sigma", best.x[1]


def pairs_and_cells() -> Iterator[tuple[str, Any]]:
    hits = Counter((way[1] == 2) + (way[2] == 1) for way in permutations(range(4)))
    law = times([Fraction(hits[j], 24) for j in range(3)], 12)
    yield "pair.oneToOne.k4.N12.sf_ge", {str(x): tail(law, x) for x in (6, 8, 9, 10, 11, 12, 14)}
    counts = [T4[i][j] + T4[j][i] for i, j in combinations(range(4), 2)]
    p = [tail(law, n) for n in counts]
    names = [f"{FOUR[i]}|{FOUR[j]}" for i, j in combinations(range(4), 2)]
    yield "T4.pair.Electronic-Heavy.n", counts[3]
    yield "T4.pair.Electronic-Heavy.p_unconditional", p[3]
    yield "T4.pairs.p_unconditional", dict(zip(names, p, strict=True))
    places = [f"{i}-{j}" for i, j in combinations(range(4), 2)]
    yield "T4.pairs.p_holm", dict(zip(places, holm(p), strict=True))
    swapped = [way for way in permutations(range(4)) if sum(i == j for i, j in enumerate(way)) == 2]
    here = Fraction(sum(way[1] == 2 and way[2] == 1 for way in swapped), len(swapped)) ** 5
    yield "T4.pair.EH.p_given_error_counts", here
    yield "T4.pair.any.p_given_error_counts", 6 * here
    both = Fraction(sum(way[1] == 2 and way[2] == 1 for way in permutations(range(4))), 24)
    yield "T4.swap.Electronic-Heavy.5of12.p(Bin(12,1/12))", tail(binomial(12, both), 5)
    yield "T4.cell.Electronic->Heavy.5of12.p(Bin(12,1/4))", tail(binomial(12, Fraction(1, 4)), 5)
    coin = binomial(12, Fraction(1, 2))
    yield "T4.EH.discrimination_given_others_right.7of12.p_two_sided", sum(v for v in coin if v <= coin[7])
    yield "T4.EH.discrimination_given_others_right.7of12.p_greater", tail(coin, 7)
    yield "T4.EH.discrimination.clopper95", clopper_pearson(7, 12)
    wrong = [sum(row) - row[i] for i, row in enumerate(T2)]
    third = Fraction(1, 3)
    cells = {f"{SKIES[i]}->{SKIES[j]}": tail(binomial(wrong[i], third), T2[i][j]) for i, j in permutations(range(4), 2)}
    yield "T2.cells.p_given_errors", cells
    yield "T2.cell.Water->Sky.p", cells["Water->Sky"]
    yield "T2.cell.Sky->Water.p", cells["Sky->Water"]
    yield "T2.cells.p_given_errors.holm", dict(zip(cells, holm(list(cells.values())), strict=True))
    yield "T2.cells.p_given_errors.bh", dict(zip(cells, false_discovery(list(cells.values())), strict=True))
    both_ways = {
        f"{SKIES[i]}-{SKIES[j]}": tail(binomial(wrong[i] + wrong[j], third), T2[i][j] + T2[j][i])
        for i, j in combinations(range(4), 2)
    }
    yield "T2.pair.Sky-Water.p_given_errors", both_ways["Sky-Water"]
    yield "T2.pairs.p_given_errors", both_ways
    yield "T2.pairs.p_given_errors.holm", dict(zip(both_ways, holm(list(both_ways.values())), strict=True))
    yield "T2.cell.Water->Sky.4of12.p_unconditional", tail(binomial(12, Fraction(1, 4)), 4)


def symmetry() -> Iterator[tuple[str, Any]]:
    seen = [(T2[i][j], T2[j][i]) for i, j in combinations(range(4), 2) if T2[i][j] + T2[j][i]]
    bowker = sum(Fraction((a - b) ** 2, a + b) for a, b in seen)
    yield "T2.bowker.stat", bowker
    yield "T2.bowker.p_df_nonempty_pairs", [len(seen), chi2_sf(number(bowker), len(seen))]
    yield "T2.bowker.p_df6", chi2_sf(number(bowker), 6)
    yield "T2.bowker.statsmodels", [bowker, chi2_sf(number(bowker), 6), 6]
    half = Fraction(1, 2)
    # That program's default puts a half into every empty cell.
    moved = [(T2[i][j] or half, T2[j][i] or half) for i, j in combinations(range(4), 2)]
    shifted = sum(Fraction((a - b) ** 2) / (a + b) for a, b in moved)
    yield "T2.bowker.statsmodels_shift_zeros_default", [shifted, chi2_sf(number(shifted), 6)]
    p = Fraction(0)
    for split in product(*(range(a + b + 1) for a, b in seen)):
        sizes = [a + b for a, b in seen]
        value = sum(Fraction((2 * x - n) ** 2, n) for x, n in zip(split, sizes, strict=True))
        if value >= bowker:
            p += Fraction(prod(comb(n, x) for x, n in zip(split, sizes, strict=True)), 2 ** sum(sizes))
    yield "T2.symmetry.p_exact", p
    seven = binomial(T2[0][1] + T2[1][0], half)
    yield "T2.mcnemar_exact.Sky-Water", sum(v for v in seven if v <= seven[T2[0][1]])
    columns = [sum(column) for column in zip(*T2, strict=True)]
    difference = mp.matrix([sum(T2[i]) - columns[i] for i in range(3)])
    covariance = mp.matrix(3, 3)
    for i, j in product(range(3), repeat=2):
        covariance[i, j] = sum(T2[i]) + columns[i] - 2 * T2[i][i] if i == j else -(T2[i][j] + T2[j][i])
    marginal = (difference.T * mp.lu_solve(covariance, difference))[0]
    yield "T2.stuart_maxwell", [marginal, chi2_sf(marginal, 3), 3]
    yield "T2.stuart_maxwell.stat", marginal
    even = sum(Fraction((c - 12) ** 2, 12) for c in columns)
    yield "T2.response_bias.colsums", columns
    yield "T2.response_bias.chi2_uniform", [even, chi2_sf(number(even), 3)]


def bits(counts: Sequence[int]) -> Any:
    n = sum(counts)
    return -sum(mp.mpf(c) / n * mp.log(mp.mpf(c) / n, 2) for c in counts if c)


def information_of(table: Matrix) -> tuple[Any, Any, Any]:
    """(mutual information, entropy of rows, entropy of columns) in bits, cell by cell."""
    n, rows, columns = sum(map(sum, table)), [sum(r) for r in table], [sum(c) for c in zip(*table, strict=True)]
    shared = sum(
        mp.mpf(c) / n * mp.log(mp.mpf(c) * n / (rows[i] * columns[j]), 2)
        for i, row in enumerate(table)
        for j, c in enumerate(row)
        if c
    )
    return shared, bits(rows), bits(columns)


def information() -> Iterator[tuple[str, Any]]:
    for key, table in (("T2", T2), ("T3", T3), ("T4", T4)):
        shared, heard, chosen = information_of(table)
        rows, columns = [sum(r) for r in table], [sum(c) for c in zip(*table, strict=True)]
        occupied = sum(c > 0 for row in table for c in row)
        yield f"{key}.MI_bits", shared
        yield f"{key}.H_response_bits", chosen
        yield f"{key}.H_stim_bits", heard
        yield f"{key}.MI_fraction_of_log2k", shared / 2
        yield f"{key}.NMI_arith", 2 * shared / (heard + chosen)
        yield f"{key}.MI_miller_madow_bits", shared + mp.mpf(4 + 4 - occupied - 1) / (96 * mp.log(2))
        yield f"{key}.MI_panzeri_treves_bits_full_support", shared - mp.mpf(9) / (96 * mp.log(2))
        g2 = 96 * mp.log(2) * shared
        yield f"{key}.G2", [g2, chi2_sf(g2, 9), 9]
        chi2 = sum(
            (table[i][j] - Fraction(rows[i] * columns[j], 48)) ** 2 / Fraction(rows[i] * columns[j], 48)
            for i, j in product(range(4), repeat=2)
        )
        yield f"{key}.chi2_cramersV", [chi2, chi2_sf(number(chi2), 9), root(chi2 / 144)]
        yield from agreement(key, table)
    top = max(sum(c) for c in zip(*T2, strict=True))
    yield "T2.lambda_goodman_kruskal(resp|stim)", Fraction(sum(map(max, T2)) - top, 48 - top)


def fleiss(table: Matrix) -> tuple[Fraction, Fraction]:
    """(kappa, share of agreeing pairs of raters), over every pair of answers to a unit."""
    answers = [[c for c, n in enumerate(row) for _ in range(n)] for row in table]
    agree = sum(Fraction(sum(a == b for a, b in combinations(unit, 2)), comb(len(unit), 2)) for unit in answers) / len(
        table
    )
    whole = sum(map(sum, table))
    chance = sum(Fraction(sum(column), whole) ** 2 for column in zip(*table, strict=True))
    return (agree - chance) / (1 - chance), agree


def agreement(key: str, table: Matrix) -> Iterator[tuple[str, Any]]:
    kappa, agree = fleiss(table)
    yield f"{key}.fleiss_kappa(between participants)", kappa
    yield f"{key}.pairwise_agreement", agree
    yield f"{key}.randolph_free_marginal_kappa", (agree - Fraction(1, 4)) / Fraction(3, 4)
    columns = [Fraction(sum(c), 48) for c in zip(*table, strict=True)]
    chance = sum(c * (1 - c) for c in columns) / 3
    yield f"{key}.gwet_ac1", (agree - chance) / (1 - chance)
    # Disagreement of every two answers to one unit against that of every two answers at all.
    everything = [c for row in table for c, n in enumerate(row) for _ in range(n)]
    apart = Fraction(sum(a != b for a, b in combinations(everything, 2)), comb(48, 2))
    yield f"{key}.krippendorff_alpha_nominal", 1 - (1 - agree) / apart
    rows = [Fraction(sum(r), 48) for r in table]
    observed = sum(Fraction(table[i][i], 48) for i in range(4))
    expected = sum(r * c for r, c in zip(rows, columns, strict=True))
    cohen = (observed - expected) / (1 - expected)
    a = sum(Fraction(table[i][i], 48) * (1 - (rows[i] + columns[i]) * (1 - cohen)) ** 2 for i in range(4))
    b = (1 - cohen) ** 2 * sum(
        Fraction(table[i][j], 48) * (columns[i] + rows[j]) ** 2 for i, j in permutations(range(4), 2)
    )
    c = (cohen - expected * (1 - cohen)) ** 2
    half = normal_quantile(mp.mpf("0.975")) * root((a + b - c) / ((1 - expected) ** 2 * 48))
    yield f"{key}.cohen_kappa(truth,response)", cohen
    yield f"{key}.cohen_kappa.ci95_asymp", [number(cohen) - half, number(cohen) + half]


def choice() -> Iterator[tuple[str, Any]]:
    """Similarity-choice model: the closed form, and maximum likelihood by a general optimiser over logarithms."""
    for key, table in (("T2", T2), ("T4", T4)):
        m = np.array(table) + 0.5
        eta = np.sqrt(m * m.T / np.outer(np.diag(m), np.diag(m)))
        bias = np.array([prod(m[i, j] * m[j, j] / (m[j, i] * m[i, i]) for i in range(4)) ** 0.125 for j in range(4)])
        yield f"{key}.scm_closed(+0.5).eta", eta
        yield f"{key}.scm_closed(+0.5).bias", bias / bias.sum()
    yield "T4.scm.eta_EH(no correction)", mp.sqrt(mp.mpf(5 * 5) / (7 * 7))
    yield "T4.scm.d=-ln_eta", mp.log(mp.mpf(7) / 5)
    counts, places = np.array(T2) + 0.5, list(combinations(range(4), 2))

    def shares(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        bias, eta = np.exp(np.append(logs[:3], 0.0)), np.eye(4)
        for (i, j), value in zip(places, logs[3:], strict=True):
            eta[i, j] = eta[j, i] = np.exp(value)
        table = eta * bias
        return table / table.sum(axis=1, keepdims=True), eta, bias / bias.sum()

    best = optimize.minimize(
        lambda logs: -float((counts * np.log(shares(logs)[0])).sum()),
        np.full(9, -0.5),
        method="BFGS",
        options={"gtol": 1e-8},
    )
    p, eta, bias = shares(best.x)
    fitted = p * counts.sum(axis=1, keepdims=True)
    yield "T2+0.5.scm_mle.fitted", fitted
    yield "T2+0.5.scm_mle.G2_quasisym_df3", 2 * float((counts * np.log(counts / fitted)).sum())
    yield "T2+0.5.scm_mle.eta", eta
    yield "T2+0.5.scm_mle.nll", best.fun
    yield "T2+0.5.scm_mle.eta_SkyWater", eta[0, 1]
    yield "T2+0.5.scm_mle.bias", bias


def newcombe(x: int, n: int, y: int, m: int) -> list[Any]:
    (low, high), (lower, higher) = wilson(x, n), wilson(y, m)
    p, q = mp.mpf(x) / n, mp.mpf(y) / m
    return [
        p - q - mp.sqrt((p - low) ** 2 + (higher - q) ** 2),
        p - q + mp.sqrt((high - p) ** 2 + (q - lower) ** 2),
    ]


def comparisons() -> Iterator[tuple[str, Any]]:
    for name, x in (("EM:12v7", 7), ("HM:12v7", 7), ("BC:12v12", 12)):
        yield f"T3vT4.{name}.fisher_p", fisher(12, x, 12, 12)
    yield "T3vT4.percat.fisher_holm(EM,HM,BC,AT)", holm([fisher(12, x, 12, 12) for x in (7, 7, 12, 12)])
    yield "T3vT4.EM.newcombe95", newcombe(12, 12, 7, 12)
    yield "T3vT4.EM.cohen_h", effect_h(Fraction(1), Fraction(7, 12))
    yield "T3vT4.total.independent_trials_fisher_p_PSEUDOREPLICATED", fisher(48, 38, 48, 48)
    # All who were perfect in the second group stay: 5 of 24 people made errors, all of them in that group.
    one = Fraction(comb(12, 5), comb(24, 5))
    yield "T3vT4.total.participant_perm_p_one_sided", one
    yield "T3vT4.total.participant_perm_p_two_sided", 2 * one
    u = 12 * sum(b < 4 for b in SCORES) + Fraction(12 * 7, 2)
    spread = Fraction(144, 12) * (25 - Fraction(sum(t**3 - t for t in (19, 5)), 24 * 23))
    z = (number(u - 72) - mp.mpf("0.5")) / root(spread)
    yield "T3vT4.total.mannwhitney_asymp_p", 2 * mp.ncdf(-z)
    yield "T3vT4.total.cliffs_delta", Fraction(sum(b < 4 for b in SCORES), 12)
    yield "T3vT4.total.paired_if_same_people.sign_test_p", Fraction(2, 2**5)
    yield "T2vT4.total.fisher_p(trial level only)", fisher(36, 38, 48, 48)
    yield "T2vT3.total.fisher_p(trial level only)", fisher(36, 48, 48, 48)
    yield "T2vT4.total.newcombe95_diff(T4-T2)", newcombe(38, 48, 36, 48)
    yield "T2vT4.total.cohen_h", effect_h(Fraction(38, 48), Fraction(36, 48))
    with mp.workdps(18):
        higher = mp.quad(
            lambda p: p ** mp.mpf("6.5") * (1 - p) ** mp.mpf("4.5") / mp.beta(7.5, 5.5)
            * (1 - mp.betainc(12.5, 0.5, 0, p, regularized=True)),
            [0, 0.25, 0.5, 0.75, 1],
        )  # fmt: skip
    yield "bayes.T3vT4.EM.P(p1>p2|Jeffreys)", higher


def unconditional() -> Iterator[tuple[str, Any]]:
    """Boschloo's and Barnard's tests of 12 of 12 against 7 of 12: the worst common share, sought finely."""
    cells = list(product(range(13), repeat=2))
    ways = np.array([comb(12, a) * comb(12, b) for a, b in cells], dtype=float)
    sums = np.array([a + b for a, b in cells])

    def worst(extreme: list[bool]) -> float:
        counted = np.bincount(sums, weights=ways * np.array(extreme), minlength=25)

        def chance(p: float) -> float:
            return float((counted * p ** np.arange(25) * (1 - p) ** np.arange(24, -1, -1)).sum())

        top = max(np.linspace(0.001, 0.999, 4000), key=chance)
        bounds = (top - 0.001, top + 0.001)
        best = optimize.minimize_scalar(lambda p: -chance(p), bounds=bounds, method="bounded", options={"xatol": 1e-12})
        return -float(best.fun)

    def one_sided(a: int, b: int) -> Fraction:
        reached = sum(comb(12, x) * comb(12, a + b - x) for x in range(a, min(12, a + b) + 1))
        return Fraction(reached, comb(24, a + b))

    def wald(a: int, b: int) -> Fraction:
        share = Fraction(a + b, 24)
        return Fraction((a - b) ** 2) / (share * (1 - share)) if 0 < share < 1 else Fraction(0)

    yield "T3vT4.EM.boschloo_p", 2 * worst([one_sided(a, b) <= one_sided(12, 7) for a, b in cells])
    yield "T3vT4.EM.barnard_p", worst([wald(a, b) >= wald(12, 7) for a, b in cells])


def ranks(values: Sequence[Any]) -> list[Fraction]:
    """Midranks from 1."""
    return [sum(b < a for b in values) + Fraction(sum(b == a for b in values) + 1, 2) for a in values]


def correlation(x: Sequence[Fraction], y: Sequence[Fraction]) -> Any:
    a, b = Fraction(sum(x)) / len(x), Fraction(sum(y)) / len(y)
    cross = sum((p - a) * (q - b) for p, q in zip(x, y, strict=True))
    return number(cross) / (root(sum((p - a) ** 2 for p in x)) * root(sum((q - b) ** 2 for q in y)))


def labels() -> Iterator[tuple[str, Any]]:
    tables = [PAPER[key]["giils"] for key in ("table_5", "table_6")]
    names = list(tables[0])
    first, second = ([Fraction(str(table[name])) for name in names] for table in tables)
    for key, values in (("T5", first), ("T6", second)):
        mean = sum(values) / 18
        yield f"giils.{key}.mean_sd", [mean, root(sum((v - mean) ** 2 for v in values) / 17)]
    rho = correlation(ranks(first), ranks(second))
    yield "giils.T5T6.spearman", rho
    yield "giils.T5T6.spearman_p_t", t_two_sided(rho * mp.sqrt(16 / (1 - rho**2)), 16)
    signs = [
        ((first[i] > first[j]) - (first[i] < first[j])) * ((second[i] > second[j]) - (second[i] < second[j]))
        for i, j in combinations(range(18), 2)
    ]
    yield "giils.T5T6.kendall", Fraction(sum(signs), 153)
    orders = [1]
    for size in range(2, 19):  # Orders of `size` things by their number of inversions.
        orders = add(orders, [1] * size)
    fewer = min(signs.count(-1), signs.count(1))
    yield "giils.T5T6.kendall_p", Fraction(2 * sum(orders[: fewer + 1]), sum(orders))
    r = correlation(first, second)
    yield "giils.T5T6.pearson", [r, t_two_sided(r * mp.sqrt(16 / (1 - r**2)), 16)]
    reach = normal_quantile(mp.mpf("0.975")) / mp.sqrt(15)
    yield "giils.T5T6.pearson_fisher95", [mp.tanh(mp.atanh(r) - reach), mp.tanh(mp.atanh(r) + reach)]
    differences = [a - b for a, b in zip(first, second, strict=True)]
    own = ranks([abs(d) for d in differences])
    lower = min(sum(k for k, d in zip(own, differences, strict=True) if (d > 0) == up) for up in (True, False))
    law = [1]
    for rank in range(1, 19):  # Sums of signed ranks 1..18, as if there were no ties.
        law = add(law, [1] + [0] * (rank - 1) + [1])
    yield "giils.T5T6.wilcoxon", [lower, Fraction(2 * sum(law[: int(lower) + 1]), 2**18)]
    mean = sum(differences) / 18
    sd = root(sum((d - mean) ** 2 for d in differences) / 17)
    t = number(mean) / sd * mp.sqrt(18)
    yield "giils.T5T6.paired_t", [t, t_two_sided(t, 17), mean, number(mean) / sd]
    up = sum(d > 0 for d in differences)
    yield "giils.T5T6.labels_lower_in_M2", up
    yield "giils.T5T6.sign_test_p", min(Fraction(1), 2 * tail(binomial(18, Fraction(1, 2)), max(up, 18 - up)))
    yield "giils.T5T6.rankwise_all_lower", all(b < a for a, b in zip(sorted(first), sorted(second), strict=True))
    shares, scores = [Fraction(T4[i][i], 12) for i in range(4)], [Fraction(str(tables[1][name])) for name in FOUR]
    yield "join.T4.human_vs_GIILS_M2.spearman", correlation(ranks(shares), ranks(scores))
    yield "join.T4.human_vs_GIILS_M2.perm_p_two_sided", rank_p(shares, scores)
    yield "join.n4.min_two_sided_p_no_ties", rank_p(range(4), range(4))
    yield "join.n4.min_two_sided_p_ties_2_2", rank_p((0, 0, 1, 1), (0, 1, 2, 3))
    yield "join.min_two_sided_perm_p_by_n(no ties)", {str(n): rank_p(range(n), range(n)) for n in range(3, 9)}


def rank_p(x: Sequence[Any], y: Sequence[Any]) -> Fraction:
    """Share of all orders with a rank covariance at least as far from nought."""
    a, b = ([2 * r - len(x) - 1 for r in ranks(list(values))] for values in (x, y))
    observed = abs(sum(p * q for p, q in zip(a, b, strict=True)))
    orders = list(permutations([int(v) for v in b]))
    left = [int(v) for v in a]
    return Fraction(sum(abs(sum(map(int.__mul__, left, way))) >= observed for way in orders), len(orders))


def times_and_trends() -> Iterator[tuple[str, Any]]:
    seconds = [2.1, 2.4, 2.9, 3.3, 3.8, 4.0, 4.4, 5.2, 6.1, 7.5, 9.8, 31.0]
    middle, logs = statistics.median(seconds), [float(mp.log(s)) for s in seconds]
    raw = statistics.median([abs(s - middle) for s in seconds])
    scale = float(1 / normal_quantile(mp.mpf("0.75")))
    yield "rt.fixture", seconds
    yield "rt.median", middle
    yield "rt.mean", statistics.mean(seconds)
    yield "rt.sd", statistics.stdev(seconds)
    yield "rt.mad_raw", raw
    yield "rt.mad_normal", raw * scale
    yield "rt.geomean", statistics.geometric_mean(seconds)
    yield "rt.trim20", statistics.mean(seconds[2:-2])
    quarters = statistics.quantiles(seconds, n=4, method="inclusive")
    yield "rt.q25_q75_type7", [quarters[0], quarters[2]]
    yield "rt.log_mean_sd", [statistics.mean(logs), statistics.stdev(logs)]
    yield "rt.mad3_outliers", [s for s in seconds if abs(s - middle) > 3 * raw * scale]
    centre = statistics.median(logs)
    log_raw = statistics.median([abs(v - centre) for v in logs])
    yield (
        "rt.log_mad3_outliers",
        [s for s, v in zip(seconds, logs, strict=True) if abs(v - centre) > 3 * log_raw * scale],
    )
    yield "rt.ecdf_at_4.0", Fraction(sum(s <= 4.0 for s in seconds), 12)
    right, share = (6, 7, 9, 10), Fraction(32, 48)
    slope = sum((i - Fraction(3, 2)) * x for i, x in enumerate(right))
    z2 = slope**2 / (share * (1 - share) * 12 * 5)
    yield "trend.cochran_armitage.6_7_9_10_of12", [root(z2), 2 * mp.ncdf(-root(z2))]
    yield "trend.cochran_armitage.z2=n*r2", z2


def fixture() -> Iterator[tuple[str, Any]]:
    with (FOLDER / "golden_trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    own: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        own[row["participant"]].append(row)
    out = [
        person
        for person, lines in sorted(own.items())
        if any(line["attention_pass"] == "0" or line["complete"] == "0" for line in lines)
        or statistics.median(float(line["rt_s"]) for line in lines) < 0.3
    ]
    kept = [row for row in rows if row["participant"] not in out]
    yield "fixture.excluded(attention fail | incomplete | median rt<0.3)", out
    arms = {arm: [row for row in kept if row["model"] == arm] for arm in ("m1", "m2")}
    people = {arm: sorted({row["participant"] for row in lines}) for arm, lines in arms.items()}
    yield "fixture.n_participants", [len(people["m1"]), len(people["m2"])]
    shares: dict[str, list[Fraction]] = {}
    for arm, lines in arms.items():
        table = [
            [sum(r["clip_category"] == a and r["chosen_category"] == b for r in lines) for b in FOUR] for a in FOUR
        ]
        right, blocks = (
            sum(row["correct"] == "1" for row in lines),
            len({(r["participant"], r["block"]) for r in lines}),
        )
        yield f"fixture.{arm}.confusion", table
        yield f"fixture.{arm}.total_correct_blocks", [right, blocks]
        yield f"fixture.{arm}.p_exact", tail(times(one_board(4), blocks), right)
        shares[arm] = [
            Fraction(sum(r["correct"] == "1" for r in lines if r["participant"] == one), 12) for one in people[arm]
        ]
        mean = sum(shares[arm]) / 12
        yield f"fixture.{arm}.mean_acc_se_cluster", [mean, root(sum((s - mean) ** 2 for s in shares[arm]) / 11 / 12)]
        yield f"fixture.{arm}.MI_bits", information_of(table)[0]
        yield f"fixture.{arm}.fleiss", fleiss(table)[0]
        taken = [float(row["rt_s"]) for row in lines]
        middle = statistics.median(taken)
        spread = statistics.median([abs(s - middle) for s in taken]) / float(normal_quantile(mp.mpf("0.75")))
        yield f"fixture.{arm}.rt_median_mad", [middle, spread]
    yield from two_arms(shares["m1"], shares["m2"])
    yield (
        "fixture.by_block",
        [
            [sum(r["correct"] == "1" for r in kept if r["block"] == b), sum(r["block"] == b for r in kept)]
            for b in "123"
        ],
    )


def two_arms(a: list[Fraction], b: list[Fraction]) -> Iterator[tuple[str, Any]]:
    means = [sum(x) / 12 for x in (a, b)]
    variances = [sum((s - m) ** 2 for s in x) / 11 for x, m in zip((a, b), means, strict=True)]
    difference, sums = means[0] - means[1], sum(variances)
    yield "fixture.diff_mean", difference
    df = number(sums**2 / (sum(v**2 for v in variances) / 11))
    t = number(difference) / root(sums / 12)
    yield "fixture.welch_t_p_df", [t, t_two_sided(t, df), df]
    yield "fixture.hedges_g", number(difference) / root(sums / 2) * (1 - mp.mpf(3) / 87)
    hits = [int(12 * s) for s in (*a, *b)]
    ways: Counter[tuple[int, int]] = Counter({(0, 0): 1})  # (how many chosen, their hits) -> number of choices
    for value in hits:
        for (n, total), count in list(ways.items()):
            ways[n + 1, total + value] += count
    observed = abs(2 * sum(hits[:12]) - sum(hits))
    extreme = sum(count for (n, total), count in ways.items() if n == 12 and abs(2 * total - sum(hits)) >= observed)
    yield "fixture.perm_exact_p_two_sided(subset-sum DP)", Fraction(extreme, comb(24, 12))
    logits = [mp.log(number(m / (1 - m))) for m in means]
    errors = [
        sum((12 * s - 12 * m) ** 2 for s in x) / (144 * m * (1 - m)) ** 2 for x, m in zip((a, b), means, strict=True)
    ]
    yield "fixture.gee.params", [logits[0], logits[1] - logits[0]]
    yield "fixture.gee.bse", [root(errors[0]), root(sum(errors))]
    yield "fixture.gee.logit_m1", logits[0]


FAST = (
    categories, participants, mixed, pairs_and_cells, symmetry, information, choice, comparisons, unconditional,
    labels, times_and_trends, fixture,
)  # fmt: skip
SLOW: tuple[Any, ...] = ()
