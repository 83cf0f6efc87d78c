"""Measured error rates of the statistics: sizes of tests, coverage of intervals, power against the planner.

    python benchmarks/error_rates.py [--draws 2000] [--only PART ...] [--write docs/analyst.md]

Participants differ in skill: theta is drawn per participant from a Beta law, known clips are right, the others are
guessed one to one. Sizes of exact tests and coverage of exact intervals are computed without drawing where that is
possible. Exits with 1 when an exact or permutation test exceeds its level by more than two standard errors, an exact
interval covers less than it says, an interval of 30 participants or more covers outside 93-97 %, or measured
power leaves the planner's by more than two points.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.accuracy import effective_number, exceedance, level, share_interval, theta_of_share
from analysis.chance import matching_law
from analysis.compare import compare_matrices, compare_scores
from analysis.confusion import pair_tests, response_bias, symmetry
from analysis.intervals import proportion_interval
from analysis.participants import (
    adjusted_for_order,
    cluster_summary,
    cochran_armitage,
    cochran_q,
    gee,
    permuted_trend,
    position_use,
)
from analysis.power import Design, total_power, trial_level_size
from analysis.reading import Answers, BoardLayout
from benchmarks.simulations import PARTS, load_part
from benchmarks.simulations.people import K, as_answers, chosen, hits_of, true_share
from benchmarks.simulations.row import Part, Row, cover_row, exact_row, rate_row, warn_row

ALPHAS = (0.05, 0.01)
DATA = Path(__file__).resolve().parent.parent / "analysis" / "data" / "error_rates.json"
MARKS = ("<!-- error rates: begin -->", "<!-- error rates: end -->")


def least_pair(answers: Answers) -> float:
    return min((pair.p_holm for pair in pair_tests(answers) if pair.p_holm is not None), default=1.0)


def sizes_under_the_null(draws: int) -> Iterator[Row]:
    """Everybody matches at random: 12 participants, one board of four."""
    rng = np.random.default_rng(1)
    law = matching_law([(K, K)] * 12)
    for alpha in ALPHAS:
        found = law.sf(law.critical(alpha))
        yield exact_row("size", "all matches, exact matching test", "random matching, N = 12", alpha, found)
        limit = next(
            x for x in range(13) if exceedance([(BoardLayout((0, 1, 2, 3), (0, 1, 2, 3), K), 12)], [x] * K) <= alpha
        )
        joint = exceedance([(BoardLayout((0, 1, 2, 3), (0, 1, 2, 3), K), 12)], [limit] * K)
        yield exact_row("size", "some category, joint exact p", "random matching, N = 12", alpha, joint)
        binomial = matching_law([(K, K)] * 12, design="free").critical(alpha)
        yield warn_row("all matches, binomial test (wrong law)", "random matching, N = 12", alpha, law.sf(binomial))
    names = ("pairs", "cochran exact", "cochran", "symmetry", "bowker", "ranks", "mean")
    p: dict[str, list[float]] = {name: [] for name in names}
    habit: list[float] = []
    piled: list[bool] = []
    law = matching_law([(K, K)] * 12)
    for _ in range(draws):
        picks = chosen(12, 1, rng, mean=0.0, sd=0.0)
        answers = as_answers(picks)
        means = cluster_summary(hits_of(picks), np.full(12, K), chance=1 / K)
        p["ranks"].append(1.0 if means.wilcoxon_p is None else means.wilcoxon_p)
        p["mean"].append(1.0 if means.t_p_two_sided is None else means.t_p_two_sided)
        same = np.where(rng.random(12)[:, None, None] < 0.5, picks[:1], picks)
        habit.append(law.sf(int(hits_of(same).sum())))
        piled.append(least_pair(as_answers(same)) <= 0.05)
        p["pairs"].append(least_pair(answers))
        q = cochran_q(answers.hits_by_category)
        p["cochran exact"].append(1.0 if q.p_exact is None else q.p_exact)
        p["cochran"].append(1.0 if q.p_asymptotic is None else q.p_asymptotic)
        s = symmetry(answers.matrix)
        p["symmetry"].append(1.0 if s.p_exact is None else s.p_exact)
        p["bowker"].append(1.0 if s.p_asymptotic is None else s.p_asymptotic)
    for alpha in ALPHAS:
        setting = "random matching, N = 12"
        yield rate_row("size", "some pair given the errors, Holm", setting, alpha, p["pairs"], headline=True)
        yield rate_row("size", "Cochran's Q, exact", setting, alpha, p["cochran exact"], headline=True)
        yield rate_row("size", "Cochran's Q, asymptotic", setting, alpha, p["cochran"], headline=False)
        yield rate_row("size", "symmetry, exact", setting, alpha, p["symmetry"], headline=False)
        yield rate_row("size", "symmetry, Bowker asymptotic", setting, alpha, p["bowker"], headline=False)
        yield rate_row("size", "participants' mean, t", setting, alpha, p["mean"], headline=False)
        yield rate_row("size", "participants' signed ranks", setting, alpha, p["ranks"], headline=False)
        same = "nobody knows, half of N = 12 share one guess"
        yield rate_row("size", "all matches, exact matching test", same, alpha, habit, headline=False, warn=True)
        warned = [pile for pile, value in zip(piled, habit, strict=True) if value <= alpha]
        words, share = "report warns that errors pile up, of these false alarms", float(np.mean(warned or [False]))
        se = (share * (1 - share) / max(1, len(warned))) ** 0.5
        yield Row("warning", words, same, alpha, share, se, "shown to warn", True)


def sizes_of_comparisons(draws: int) -> Iterator[Row]:
    """Two arms of the same skill whose participants differ."""
    for people, boards in ((12, 1), (12, 3), (30, 1)):
        rng = np.random.default_rng(people * 10 + boards)
        setting = f"equal arms, N = {people} each, {boards} board{'s' * (boards > 1)}, theta .5 ± .25"
        n = np.full(people, boards * K)
        names = ("perm", "paired", "welch", "matrix", "fisher", "trend", "moved", "order")
        p: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(draws):
            a, b = (chosen(people, boards, rng, mean=0.5, sd=0.25) for _ in range(2))
            x, y = hits_of(a), hits_of(b)
            p["perm"].append(compare_scores("a", "b", x, n, y, n, same_participants=False).p_value or 0.0)
            p["paired"].append(compare_scores("a", "b", x, n, y, n, same_participants=True).p_value or 0.0)
            p["welch"].append(float(stats.ttest_ind(x, y, equal_var=False).pvalue) if np.ptp(x) + np.ptp(y) else 1.0)
            p["fisher"].append(
                float(stats.fisher_exact([[x.sum(), n.sum() - x.sum()], [y.sum(), n.sum() - y.sum()]]).pvalue)
            )
            if boards > 1:
                right = (a == np.arange(K)).sum(axis=(0, 2))
                line = cochran_armitage(right, np.full(boards, people * K))
                p["trend"].append(line[1] if line else 1.0)
                moved = permuted_trend(
                    np.tile(np.repeat(np.arange(boards), K), people), (a == np.arange(K)).ravel(),
                    np.repeat(np.arange(people), boards * K),
                )  # fmt: skip
                p["moved"].append(moved[1] if moved else 1.0)
            whole = compare_matrices(as_answers(a), as_answers(b), same_participants=False, draws=499)
            p["matrix"].append(whole.p_value or 0.0)
            p["order"].append(order_adjusted_p(people, boards, rng))
        for alpha in ALPHAS:
            yield rate_row("size", "two arms, permutation of participants", setting, alpha, p["perm"], headline=True)
            yield rate_row("size", "two arms, same people, permutation", setting, alpha, p["paired"], headline=True)
            yield rate_row("size", "whole matrices, permutation", setting, alpha, p["matrix"], headline=True)
            yield rate_row("size", "two arms, Welch t", setting, alpha, p["welch"], headline=False)
            yield rate_row(
                "size", "two arms, Fisher on single answers (wrong unit)", setting, alpha, p["fisher"], headline=False
            )
            if boards > 1:
                yield rate_row("size", "trend over trials, permutation", setting, alpha, p["moved"], headline=True)
                yield rate_row("size", "trend over trials, asymptotic", setting, alpha, p["trend"], headline=False)
            words = "two arms, same people, order held constant (GEE)"
            yield rate_row("size", words, setting, alpha, p["order"], headline=False)
    for test in ("fisher", "chi_squared"):
        found = trial_level_size(0.577, Design(), test=test)
        yield warn_row(
            f"two arms, {test.replace('_', '-')} on single answers", "N = 12, theta .58 for all", 0.05, found
        )


def order_adjusted_p(people: int, boards: int, rng: np.random.Generator) -> float:
    """p of the arm, with the trial held constant, when the same people answer equal arms in random order."""
    hit = (chosen(people, 2 * boards, rng, mean=0.5, sd=0.25) == np.arange(K)).astype(int)
    order = rng.permuted(np.tile(np.arange(2 * boards), (people, 1)), axis=1)
    arm = np.repeat((order < boards).ravel(), K)
    trial = np.tile(np.repeat(np.arange(1, 2 * boards + 1), K), people)
    found = adjusted_for_order(hit.ravel(), arm, trial, np.repeat(np.arange(people), 2 * boards * K))
    return found.p_value if found else 1.0


def sizes_with_favourites(draws: int) -> Iterator[Row]:
    """Free matching: wrong answers go to any image, or half of them to an image (or place) each person likes best.

    The tests take 999 permutations here instead of 9,999, which leaves their size as it is.
    """
    for people, liking in ((12, 0.0), (12, 0.5), (30, 0.5)):
        rng = np.random.default_rng(people + int(10 * liking))
        setting = f"free, N = {people}, 3 boards, theta .5 ± .25, " + ("own favourites" if liking else "no favourites")
        names = ("columns", "naive", "margins", "places", "naive places", "pairs", "naive pairs")
        p: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(draws):
            theta = rng.beta(1.5, 1.5, people)[:, None, None]
            shape = (people, 3, K)
            guess = np.where(rng.random(shape) < liking, rng.integers(0, K, (people, 1, 1)), rng.integers(0, K, shape))
            answers = as_answers(np.where(rng.random(shape) < theta, np.arange(K), guess), design="free")
            bias = response_bias(answers)
            p["columns"].append(bias.p_value if bias.p_value is not None else 1.0)
            p["naive"].append(float(stats.chisquare(bias.chosen).pvalue))
            p["margins"].append(bias.stuart_maxwell_p if bias.stuart_maxwell_p is not None else 1.0)
            place = rng.integers(1, K + 1, shape)
            place = np.where(rng.random(shape) < liking / 2, rng.integers(1, K + 1, (people, 1, 1)), place).ravel()
            used = position_use(place, K, forced=False, participant=np.repeat(np.arange(people), 3 * K))
            p["places"].append(used.p_value if used.p_value is not None else 1.0)
            p["naive places"].append(float(stats.chisquare(used.chosen).pvalue))
            p["pairs"].append(least_pair(answers))
            # The same boards as if every one came from a person of its own.
            names = tuple(map(str, range(3 * people)))
            alone = replace(
                answers, participants=names, participant=answers.block, block_participant=np.arange(3 * people)
            )
            p["naive pairs"].append(least_pair(alone))
        for alpha in ALPHAS:
            yield rate_row("size", "favourite images, permutation", setting, alpha, p["columns"], headline=True)
            words = "favourite images, chi-squared (wrong unit)"
            yield rate_row("size", words, setting, alpha, p["naive"], headline=False, warn=True)
            yield rate_row("size", "rows against columns, Stuart-Maxwell", setting, alpha, p["margins"], headline=False)
            yield rate_row("size", "favourite places, permutation", setting, alpha, p["places"], headline=True)
            words = "favourite places, chi-squared (wrong unit)"
            yield rate_row("size", words, setting, alpha, p["naive places"], headline=False, warn=True)
            words = "some pair given the errors, Holm"
            yield rate_row("size", words, setting, alpha, p["pairs"], headline=True)
            words = "some pair given the errors, boards as independent (wrong unit)"
            yield rate_row("size", words, setting, alpha, p["naive pairs"], headline=False, warn=True)


def with_fewer_permutations(rows: Iterator[Row]) -> Iterator[Row]:
    with patch("analysis.permutation.PERMUTATIONS", 999):
        yield from rows


def coverage(draws: int) -> Iterator[Row]:
    """95 % intervals over participants who differ."""
    for people, boards, mean in ((12, 1, 0.6), (12, 3, 0.3), (30, 1, 0.6), (30, 3, 0.3), (100, 1, 0.6), (100, 3, 0.3)):
        rng = np.random.default_rng(people + boards)
        sd, share = 0.2, true_share(mean, 0.2)
        alike = theta_of_share(share, {(K, K): 1}, design="one_to_one")
        asked = np.full(people, boards * K)
        inside: dict[str, list[bool]] = {name: [] for name in ("all", "t", "gee", "theta", "category")}
        for _ in range(draws):
            picks = chosen(people, boards, rng, mean=mean, sd=sd)
            hits = hits_of(picks)
            found = share_interval(hits, asked)
            inside["all"].append(found.low is not None and found.low <= share <= (found.high or 0))
            t = cluster_summary(hits, asked)
            inside["t"].append(t.ci_low is not None and t.ci_high is not None and t.ci_low <= share <= t.ci_high)
            right = (picks[:, :, 0] == 0).sum(axis=1)
            n = effective_number(right, np.full(people, boards))
            low, high = proportion_interval(right.sum() / (people * boards) * n, n)
            inside["category"].append(low <= share <= high)
            g = gee((picks == np.arange(K)).ravel(), np.repeat(np.arange(people), boards * K))
            inside["gee"].append(g.share_low is not None and g.share_low <= share <= (g.share_high or 0))
            fit = level(as_answers(picks), share_interval(hits, asked))
            inside["theta"].append(fit.ci_low is not None and fit.ci_low <= alike <= (fit.ci_high or 0))
        setting = f"N = {people}, {boards} board{'s' * (boards > 1)}, theta {mean:.1f} ± .2".replace("0.", ".")
        big = people >= 30
        yield cover_row("share, t over participants", setting, inside["all"], big)
        yield cover_row("mean of participants, t", setting, inside["t"], big)
        yield cover_row("marginal logit (GEE)", setting, inside["gee"], big)
        yield cover_row("theta as level, read off the share", setting, inside["theta"], big)
        yield cover_row("one category, Wilson for effective answers", setting, inside["category"], big)


def exact_coverage() -> Iterator[Row]:
    """Coverage of proportion intervals without drawing, over shares .01 to .99."""
    shares = np.linspace(0.01, 0.99, 99)
    for method, low, high in (("clopper_pearson", 0.95, 1.0), ("wilson", 0.94, 0.97), ("jeffreys", 0.94, 0.97)):
        for n in (4, 6, 12, 20, 30, 50, 100):
            ends = np.array([proportion_interval(x, n, method=method) for x in range(n + 1)])
            pmf = stats.binom.pmf(np.arange(n + 1)[:, None], n, shares[None])
            cover = (pmf * ((ends[:, :1] <= shares) & (shares <= ends[:, 1:]))).sum(axis=0)
            mean, least = float(cover.mean()), float(cover.min())
            kept = least >= 0.95 - 1e-12 if method == "clopper_pearson" else low <= mean <= high
            rule = "at least 95 % everywhere" if method == "clopper_pearson" else "94-97 % on average"
            words = f"{method.replace('_', '-')} interval, mean (least {100 * least:.1f} %)"
            yield Row("coverage", words, f"n = {n}, shares .01-.99", 0.95, mean, 0.0, rule, kept)


def power_against_the_planner(draws: int) -> Iterator[Row]:
    """Measured power of the exact test at the planner's own model."""
    for theta, people, boards in ((0.2, 12, 1), (0.2, 14, 1), (0.1, 20, 2), (0.3, 12, 1)):
        rng = np.random.default_rng(people + boards + int(100 * theta))
        plan = Design(participants=people, trials=boards)
        critical = matching_law([(K, K)] * people * boards).critical(0.05)
        totals = [int(hits_of(chosen(people, boards, rng, mean=theta, sd=0.0)).sum()) for _ in range(draws * 5)]
        found, expected = float(np.mean(np.array(totals) >= critical)), total_power(theta, plan)
        se = (expected * (1 - expected) / len(totals)) ** 0.5
        kept = abs(found - expected) <= 0.02
        setting = f"theta {theta:.1f}, N = {people}, {boards} board{'s' * (boards > 1)}".replace("0.", ".")
        yield Row("power", "all matches, exact matching test", setting, expected, found, se, "within 2 points", kept)


def markdown(rows: list[Row], draws: int) -> str:
    lines = [
        f"Measured by `benchmarks/error_rates.py --draws {draws}`; SE 0 = computed without drawing.", "",
        "| What | Setting | Nominal | Measured | SE | Rule | Kept |", "|:--|:--|--:|--:|--:|:--|:--|",
    ]  # fmt: skip
    lines += [
        f"| {row.group}: {row.what} | {row.setting} | {100 * row.nominal:.1f} % | {100 * row.found:.2f} % | "
        f"{100 * row.se:.2f} | {row.rule} | {'yes' if row.kept else 'NO'} |"
        for row in rows
    ]
    return "\n".join(lines)


def as_data(rows: list[Row], draws: int) -> str:
    """The same rates for the reports, which print the measured size of approximate tests."""
    lines = [
        json.dumps(
            {
                "group": row.group, "what": row.what, "setting": row.setting, "nominal": row.nominal,
                "measured": round(row.found, 4), "se": round(row.se, 4), "rule": row.rule,
            },
            ensure_ascii=False,
        )
        for row in rows
    ]  # fmt: skip
    return f'{{"draws": {draws}, "rows": [\n' + ",\n".join(lines) + "\n]}\n"


OWN: dict[str, Part] = {
    "null": sizes_under_the_null,
    "comparisons": sizes_of_comparisons,
    "favourites": lambda draws: with_fewer_permutations(sizes_with_favourites(draws)),
    "intervals": coverage,
    "proportions": lambda draws: exact_coverage(),
    "planner": power_against_the_planner,
}
"""What is measured here; `benchmarks.simulations.PARTS` come after it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--only", nargs="*", choices=[*OWN, *PARTS], default=[*OWN, *PARTS], metavar="PART")
    parser.add_argument("--write", type=Path, help=f"put the table between its marks in this file, and {DATA.name}")
    options = parser.parse_args()
    if options.write and set(options.only) != {*OWN, *PARTS}:
        parser.error("--write writes the table of all parts: leave --only out")
    rows: list[Row] = []
    for name in options.only:
        start = time.perf_counter()
        part = OWN[name] if name in OWN else load_part(name)
        for row in part(options.draws):
            rows.append(row)
            print(
                f"{'ok ' if row.kept else 'BAD'} {row.group:<9}{row.what:<52} {row.setting:<58} "
                f"{100 * row.nominal:6.2f} {100 * row.found:7.2f} ± {100 * row.se:.2f}",
                flush=True,
            )
        print(f"    {name}: {time.perf_counter() - start:.0f} s", flush=True)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        table = f"{MARKS[0]}\n{markdown(rows, options.draws)}\n{MARKS[1]}"
        options.write.write_text(re.sub(f"{MARKS[0]}.*{MARKS[1]}", lambda _: table, text, flags=re.S), encoding="utf-8")
        DATA.write_text(as_data(rows, options.draws), encoding="utf-8")
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
