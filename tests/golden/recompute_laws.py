"""Laws of matching, intervals, sensitivity and power again: counting, exact fractions and 30-digit arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import permutations
from math import comb, factorial
from typing import Any

import mpmath as mp

mp.mp.dps = 30
Law = list[Fraction]


def count_matches(clips: Sequence[Any], images: Sequence[Any]) -> list[int]:
    """Every way to give the clips different images, one by one, by how many fit."""
    found = Counter(sum(c == i for c, i in zip(clips, way, strict=True)) for way in permutations(images, len(clips)))
    return [found[j] for j in range(len(clips) + 1)]


@cache
def derangements(n: int) -> int:
    """By inclusion and exclusion."""
    return sum((-1) ** i * factorial(n) // factorial(i) for i in range(n + 1))


def one_board(k: int) -> Law:
    return [Fraction(comb(k, j) * derangements(k - j), factorial(k)) for j in range(k + 1)]


def binomial(n: int, p: Fraction) -> Law:
    return [comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)]


def add(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """Law of the sum of two independent counts."""
    total = [first[0] * 0] * (len(first) + len(second) - 1)
    for i, p in enumerate(first):
        for j, q in enumerate(second):
            total[i + j] += p * q
    return total


def times(law: Sequence[Any], n: int) -> list[Any]:
    total = [law[0] ** 0]
    for _ in range(n):
        total = add(total, law)
    return total


def tail(law: Sequence[Any], x: int) -> Any:
    return sum(law[x:], law[0] * 0)


def critical(law: Sequence[Any], alpha: float) -> int:
    return next((x for x in range(len(law) + 1) if tail(law, x) <= Fraction(str(alpha))), len(law))


# -- special functions ------------------------------------------------------------------------------------------------


def normal_quantile(p: Any) -> Any:
    return mp.sqrt(2) * mp.erfinv(2 * mp.mpf(p) - 1)


def chi2_sf(x: Any, df: int) -> Any:
    return mp.gammainc(mp.mpf(df) / 2, mp.mpf(x) / 2, regularized=True)


def t_two_sided(t: Any, df: Any) -> Any:
    return mp.betainc(mp.mpf(df) / 2, 0.5, 0, df / (df + mp.mpf(t) ** 2), regularized=True)


def t_quantile(p: Any, df: int) -> Any:
    return mp.findroot(lambda t: 1 - t_two_sided(t, df) / 2 - p, 2)


def beta_quantile(p: Any, a: Any, b: Any) -> Any:
    low, high = mp.mpf(0), mp.mpf(1)
    for _ in range(90):
        middle = (low + high) / 2
        if mp.betainc(a, b, 0, middle, regularized=True) < p:
            low = middle
        else:
            high = middle
    return low


# -- the values -------------------------------------------------------------------------------------------------------


def laws() -> Iterator[tuple[str, Any]]:
    for k in (2, 3, 4, 5, 6, 7, 8):
        yield f"rencontres.k{k}", count_matches(range(k), range(k))
    yield "rencontres.k10", [comb(10, j) * derangements(10 - j) for j in range(11)]
    yield "rencontres.k18.D0", derangements(18)
    yield "evans.P_ge4_k9", tail(one_board(9), 4)
    for k, m in ((4, 5), (4, 6), (2, 4), (3, 4), (4, 8)):
        yield f"injection.k{k}.m{m}.counts_by_correct", count_matches(range(k), range(m))
    yield "injection.k4.m6.mean", Fraction(4, 6)
    for letters in ("AABB", "AABC", "AAABBB"):
        yield f"repeated_categories.{letters}.counts_by_correct", count_matches(letters, letters)
    matching, free = times(one_board(4), 12), binomial(48, Fraction(1, 4))
    mean = sum(j * p for j, p in enumerate(matching))
    yield "oneToOne.k4.N12.mean", mean
    yield "oneToOne.k4.N12.var", sum(j * j * p for j, p in enumerate(matching)) - mean**2
    yield "oneToOne.k4.N12.pmf_0_20", matching[:21]
    wanted = ("12", "15", "16", "17", "18", "19", "20", "21", "22", "24", "30", "36", "38", "48")
    yield "oneToOne.k4.N12.sf_ge", {x: tail(matching, int(x)) for x in wanted}
    yield "binomial.n48.p.25.sf_ge", {x: tail(free, int(x)) for x in wanted}
    yield "oneToOne.k4.N12.T4.x38.p_exact", tail(matching, 38)
    yield "oneToOne.k4.N12.T3.x48.p_exact", Fraction(1, 24**12)
    yield "perm.exact.P_ge17", tail(matching, 17)
    yield "binomial.n48.T2.x36.p", tail(free, 36)
    yield "binomial.n48.T4.x38.p_WRONG_model", tail(free, 38)
    yield "oneToOne.k4.N12.T4.midp", tail(matching, 39) + matching[38] / 2
    yield "oneToOne.z.T4", 26 / mp.sqrt(12)
    yield "oneToOne.z_cc.T4", mp.mpf("25.5") / mp.sqrt(12)
    for alpha in (0.05, 0.01, 0.001):
        yield f"crit.oneToOne.k4.N12.alpha{alpha}", critical(matching, alpha)
        yield f"crit.binomial48.alpha{alpha}", critical(free, alpha)
    for alpha, key in ((0.05, ".05"), (0.01, ".01")):
        yield f"size.binomial_rule_applied_to_oneToOne.alpha{key}", tail(matching, critical(free, alpha))
    numbers = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 40)
    for k, most in ((4, 40), (6, 30)):
        table = {str(n): critical(times(one_board(k), n), 0.05) for n in numbers if n <= most}
        yield f"crit.oneToOne.table_k{k}_alpha.05", table
    yield "oneToOne.mixed.6xk4_6xk5.sf_ge20", tail(add(times(one_board(4), 6), times(one_board(5), 6)), 20)
    # Covariance of two hits on one board: P(both) - P(one)^2, over the permutations themselves.
    both = Fraction(sum(way[0] == 0 and way[1] == 1 for way in permutations(range(4))), 24)
    yield "oneToOne.cov_hits_i_j.N12.k4", 12 * (both - Fraction(1, 16))
    yield "oneToOne.corr_hits_i_j.k4", (both - Fraction(1, 16)) / Fraction(3, 16)


def known(theta: Any, k: int = 4) -> list[Any]:
    """Law of one board when every clip is known with probability theta and the rest is matched at random."""
    law = [theta * 0] * (k + 1)
    for m in range(k + 1):
        chance = comb(k, m) * theta**m * (1 - theta) ** (k - m)
        for j, ways in enumerate(count_matches(range(k - m), range(k - m))):
            law[m + j] += chance * ways / factorial(k - m)
    return law


def skill() -> Iterator[tuple[str, Any]]:
    law = known(mp.mpf("0.3"))
    yield "gmd.k4.theta.3.pmf", law
    yield "gmd.k4.theta.3.mean", sum(j * p for j, p in enumerate(law))
    yield "gmd.k4.mean_formula(theta.5)", sum(j * p for j, p in enumerate(known(mp.mpf("0.5"))))

    def log_likelihood(theta: Any) -> Any:
        return 7 * mp.log(known(theta)[4]) + 5 * mp.log(known(theta)[2])

    best = mp.findroot(lambda t: mp.diff(log_likelihood, t), 0.58)
    drop = normal_quantile(mp.mpf("0.975")) ** 2 / 2
    yield "gmd.T4.theta_mle", best
    yield "gmd.T4.loglik", log_likelihood(best)
    yield "gmd.T4.loglik_theta0", 7 * mp.log(mp.mpf(1) / 24) + 5 * mp.log(mp.mpf(6) / 24)
    ends = [mp.findroot(lambda t: log_likelihood(t) - log_likelihood(best) + drop, start) for start in (0.37, 0.76)]
    yield "gmd.T4.theta_profile95", ends

    def log_sum(b: Any) -> Any:
        return mp.log(sum(n * mp.exp(b * j) for j, n in enumerate((9, 8, 6, 0, 1))) / 24)

    pull = mp.findroot(lambda b: mp.diff(log_sum, b) - mp.mpf(38) / 12, 1.4)
    ratio = 2 * (38 * pull - 12 * log_sum(pull))
    yield "mallows.T4.b", pull
    yield "mallows.T4.LR", ratio
    yield "mallows.T4.LR_p_1df", chi2_sf(ratio, 1)
    yield "mallows.T4.se_model", 1 / mp.sqrt(12 * mp.diff(log_sum, pull, 2))


def wilson(x: int, n: int) -> list[Any]:
    z, p = normal_quantile(mp.mpf("0.975")), mp.mpf(x) / n
    middle, half = p + z**2 / (2 * n), z * mp.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return [(middle + sign * half) / (1 + z**2 / n) for sign in (-1, 1)]


def clopper_pearson(x: int, n: int) -> list[Any]:
    low = beta_quantile(mp.mpf("0.025"), x, n - x + 1) if x else mp.mpf(0)
    return [low, beta_quantile(mp.mpf("0.975"), x + 1, n - x) if x < n else mp.mpf(1)]


def effect_h(p: Fraction, q: Fraction) -> Any:
    """Cohen's h."""
    angles = [2 * mp.asin(mp.sqrt(mp.mpf(share.numerator) / share.denominator)) for share in (p, q)]
    return angles[0] - angles[1]


def shares() -> Iterator[tuple[str, Any]]:
    totals = [
        (36, 48, "total.T2.36of48(naive)"),
        (38, 48, "total.T4.38of48(naive)"),
        (48, 48, "total.T3.48of48(naive)"),
    ]
    for x, n, key in [(x, 12, f"cat.{x}of12") for x in range(13)] + totals:
        law, z = binomial(n, Fraction(1, 4)), normal_quantile(mp.mpf("0.975"))
        middle = (x + z**2 / 2) / (n + z**2)
        half = z * mp.sqrt(middle * (1 - middle) / (n + z**2))
        yield f"{key}.wilson95", wilson(x, n)
        yield f"{key}.clopper_pearson95", clopper_pearson(x, n)
        yield f"{key}.jeffreys95", [beta_quantile(mp.mpf(p), x + 0.5, n - x + 0.5) for p in ("0.025", "0.975")]
        yield f"{key}.agresti_coull95", [max(mp.mpf(0), middle - half), min(mp.mpf(1), middle + half)]
        yield f"{key}.acc", Fraction(x, n)
        yield f"{key}.p_gt_chance", tail(law, x)
        yield f"{key}.p_two_sided_minlike", sum(p for p in law if p <= law[x])
        yield f"{key}.cohen_h_vs_chance", effect_h(Fraction(x, n), Fraction(1, 4))
        yield f"{key}.guess_corrected", (Fraction(x, n) - Fraction(1, 4)) / Fraction(3, 4)
    ten = binomial(10, Fraction(1, 4))
    yield "anchor.JASP.binom_3of10_p.25", sum(p for p in ten if p <= ten[3])
    yield "anchor.JASP.binom_7of10_p.25", sum(p for p in ten if p <= ten[7])
    yield "anchor.JASP.binom_58of100_p.6_greater", tail(binomial(100, Fraction(3, 5)), 58)
    yield "anchor.JASP.CP_lower_onesided95_58of100", beta_quantile(mp.mpf("0.05"), 58, 43)
    yield "bayes.7of12.BF10(uniform vs .25)", Fraction(1, 13) / binomial(12, Fraction(1, 4))[7]
    yield "bayes.7of12.BF10(uniform vs .5)", Fraction(1, 13) / binomial(12, Fraction(1, 2))[7]
    for score in ("50.15", "49.91", "47.76", "62.28", "49.62", "50.03", "51.11", "76.4", "58.7", "50.96", "51.31"):
        yield f"score_to_x.{score}", mp.sin(mp.pi * (mp.mpf(score) - 50) / 100)
    yield "score_slope_per_unit_x_at_0", 100 / mp.pi


def share_at(d: Any, m: int) -> Any:
    """Share correct of an ideal observer among m alternatives."""
    return mp.quad(lambda z: mp.npdf(z - d) * mp.ncdf(z) ** (m - 1), [-9, -3, 0, 3, 6, 12])


def sensitivity() -> Iterator[tuple[str, Any]]:
    def d_prime(share: Any, m: int, start: float) -> Any:
        return mp.findroot(lambda d: share_at(d, m) - share, (start, start + 0.1), tol=1e-20)

    with mp.workdps(16):
        for share, start in (
            ("0.583333", 1.1),
            ("0.750000", 1.7),
            ("0.791667", 1.9),
            ("0.916667", 2.6),
            ("0.800000", 1.9),
        ):
            exact = {"0.583333": mp.mpf(7) / 12, "0.791667": mp.mpf(38) / 48, "0.916667": mp.mpf(11) / 12}
            yield f"dprime.4AFC.pc{share}", d_prime(exact.get(share, mp.mpf(share)), 4, start)
        yield "dprime.4AFC.pc0.250000", mp.mpf(0)
        yield "dprime.2AFC.pc.75", mp.sqrt(2) * normal_quantile(mp.mpf("0.75"))
        yield "dprime.4AFC.T3_loglinear((48+.5)/(48+1))", d_prime(mp.mpf("48.5") / 49, 4, 3.8)
        yield "dprime.4AFC.12of12_loglinear", d_prime(mp.mpf("12.5") / 13, 4, 3.1)


def power() -> Iterator[tuple[str, Any]]:
    def reached(n: int, p: Fraction, alpha: float) -> float:
        law = [float(v) for v in binomial(n, p)]
        return sum(law[least_count(n, alpha) :])

    @cache
    def least_count(n: int, alpha: float) -> int:
        return critical(binomial(n, Fraction(1, 4)), alpha)

    critical_12 = {"alpha.05": 0.05, "alpha.0125(Bonf4)": 0.0125, "alpha.01": 0.01}
    yield "crit.percat.N12.p.25", {key: least_count(12, alpha) for key, alpha in critical_12.items()}
    for share in ("0.4", "0.5", "0.6", "0.75"):
        values = {a: [reached(n, Fraction(share), a) for n in range(1, 131)] for a in (0.05, 0.0125)}
        first = next(n for n, v in enumerate(values[0.05], 1) if v >= 0.8)
        safe = {a: max(n for n, v in enumerate(values[a], 1) if v < 0.8) + 1 for a in values}
        found = {"first_n": first, "safe_n": safe[0.05], "safe_n_bonf4": safe[0.0125]}
        yield f"plan.percat.p1={share}.power80.alpha05", found
    for alpha, key, start in ((0.05, "alpha05", 0.65), (0.0125, "alpha0125", 0.73)):
        least = least_count(12, alpha)
        needed = mp.findroot(lambda p, x=least: mp.betainc(x, 13 - x, 0, p, regularized=True) - 0.8, start)
        yield f"plan.percat.N12.mde80.{key}", needed

    def total_power(theta: Any, k: int, n: int) -> Any:
        return tail(times(known(mp.mpf(theta), k), n), critical(times(one_board(k), n), 0.05))

    for k in (3, 4, 5, 6, 8):
        found = next(n for n in range(1, 40) if total_power("0.2", k, n) >= 0.8)
        yield f"plan.total.oneToOne.k{k}.theta.2.minN80", found
    thetas = ("0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.5")
    yield "plan.total.oneToOne.k4.N12.power", {theta: total_power(theta, 4, 12) for theta in thetas}
    needed = mp.findroot(lambda t: total_power(t, 4, 12) - mp.mpf("0.8"), (0.21, 0.22), tol=1e-20)
    yield "plan.total.oneToOne.k4.N12.mde80_theta", needed
    sizes = (12, 24, 48, 96, 200)
    halves = {}
    for n in sizes:
        z = normal_quantile(mp.mpf("0.975"))
        halves[str(n)] = z * mp.sqrt(mp.mpf("0.1875") / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    yield "plan.wilson_halfwidth.p.75", halves


def fisher(a: int, b: int, n: int, m: int) -> Fraction:
    """Two-sided p of a of n against b of m: all tables with these margins that are no more likely."""
    weights = {x: comb(n, x) * comb(m, a + b - x) for x in range(max(0, a + b - m), min(n, a + b) + 1)}
    return Fraction(sum(w for w in weights.values() if w <= weights[a]), comb(n + m, a + b))


def two_groups() -> Iterator[tuple[str, Any]]:
    """The slow part: power of Fisher's test by summing over every pair of results."""

    def found(p: float, q: float | Fraction, n: int) -> float:
        first, second = ([float(v) for v in binomial(n, Fraction(str(share)))] for share in (p, q))
        total = 0.0
        for a in range(n + 1):
            for b in range(n + 1):
                if first[a] * second[b] > 1e-14 and fisher(a, b, n, n) <= Fraction(1, 20):
                    total += first[a] * second[b]
        return total

    key = "plan.two_models.fisher"
    # The golden value takes .999999 for a share of one.
    yield f"{key}.N12.power(1.0v.583)", found(0.999999, Fraction(7, 12), 12)
    yield f"{key}.N12.power(.9v.6)", found(0.9, 0.6, 12)
    yield f"{key}.power(.9v.6)", {str(n): found(0.9, 0.6, n) for n in (12, 20, 30, 32, 38, 40)}
    yield f"{key}.power(.79v.75)N", {str(n): found(0.79, 0.75, n) for n in (12, 48, 100)}


FAST = (laws, skill, shares, sensitivity, power)
SLOW = (two_groups,)
