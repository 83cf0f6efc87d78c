"""The test by renaming where people know nothing but have mappings of their own, favourite images, or both.

Power is measured against today's law of random boards, which is right where every board is guessed anew.
"""

from collections.abc import Iterator
from unittest.mock import patch

import numpy as np

from analysis.accuracy import overall, per_category, westfall_young
from analysis.chance import matching_law
from analysis.confusion import cell_tests, pair_tests
from analysis.power import Design, total_power
from analysis.reading import Answers
from benchmarks.simulations.people import K, as_answers, chosen
from benchmarks.simulations.row import Row, rate_row

ALPHA = 0.05
PEOPLE = 12
LIKING = np.log([0.4, 0.3, 0.2, 0.1])
HABITS = {"own mappings": (1.0, False), "favourites of all": (0.0, True), "own mappings and favourites": (0.5, True)}
# Pairs, cells and the joint p take long: this share of the draws has them.
SLOW_SHARE = 4
TESTS = ("all matches", "one category", "some category, Holm", "some category, joint", "some pair", "some cell")


def picks_of(people: int, boards: int, design: str, habit: str, rng: np.random.Generator) -> np.ndarray:
    """Images matched to clips 0..3 by people who know nothing, shape (people, boards, 4)."""
    share, likes = HABITS[habit]
    shape = (people, boards, K)
    mapping = np.argsort(rng.random((people, 1, K)), axis=2) + np.zeros(shape, dtype=np.int64)
    by_habit = rng.random(shape) < share
    liking = LIKING if likes else np.zeros(K)
    drawn = rng.gumbel(size=(*shape, K)) + liking
    if design == "free":
        return np.where(by_habit, mapping, drawn.argmax(axis=3))
    # Clips by habit take their image; the others, in random order, each the most liked one that is left.
    picks = np.where(by_habit, mapping, -1)
    taken = np.stack([(picks == image).any(axis=2) for image in range(K)], axis=2)
    for clip in np.moveaxis(np.argsort(rng.random(shape), axis=2), 2, 0)[..., None]:
        worth = np.take_along_axis(drawn, clip[..., None], 2)[:, :, 0]
        best = np.where(taken, -np.inf, worth).argmax(axis=2)[..., None]
        own = np.take_along_axis(picks, clip, 2)
        now = np.where(own < 0, best, own)
        np.put_along_axis(picks, clip, now, 2)
        np.put_along_axis(taken, now, True, 2)
    return picks


def least(p_values: list[float | None]) -> float:
    return min((p for p in p_values if p is not None), default=1.0)


def sizes(draws: int) -> Iterator[Row]:
    for design in ("one_to_one", "free"):
        for boards in (1, 3, 5):
            for habit in HABITS:
                yield from _size(draws, design, boards, habit)


def _size(draws: int, design: str, boards: int, habit: str) -> Iterator[Row]:
    rng = np.random.default_rng([boards, len(design), *map(ord, habit)])
    p: dict[str, list[float]] = {name: [] for name in TESTS}
    for draw in range(draws):
        answers = as_answers(picks_of(PEOPLE, boards, design, habit, rng), design=design)
        p["all matches"].append(overall(answers).p_value or 0.0)
        rows = per_category(answers)
        p["one category"].append(1.0 if rows[0].p_value is None else rows[0].p_value)
        p["some category, Holm"].append(least([row.p_holm for row in rows]))
        if draw % SLOW_SHARE == 0:
            p["some category, joint"].append(least(westfall_young(answers).p_values))
            p["some pair"].append(least([pair.p_holm for pair in pair_tests(answers)]))
            p["some cell"].append(least([cell.p_holm for cell in cell_tests(answers)]))
    task = "one to one" if design == "one_to_one" else "free"
    setting = f"{task}, N = {PEOPLE}, {boards} board{'s' * (boards > 1)}, {habit}"
    for what, values in p.items():
        yield rate_row("size", f"{what}, renaming", setting, ALPHA, values, headline=True)


def powers(draws: int) -> Iterator[Row]:
    """Power beside that of the law of random boards: overall within 3 points, categories within 6."""
    for design, people, boards, mean, sd in (
        ("one_to_one", 12, 1, 0.2, 0.0), ("one_to_one", 12, 3, 0.1, 0.1), ("one_to_one", 12, 5, 0.1, 0.1),
        ("one_to_one", 30, 3, 0.06, 0.05), ("free", 12, 1, 0.2, 0.1), ("free", 12, 3, 0.12, 0.1),
        ("free", 30, 3, 0.08, 0.05),
    ):  # fmt: skip
        rng = np.random.default_rng([people, boards, len(design)])
        law = matching_law([(K, K)] * people * boards, design=design)
        single = matching_law([(1, K)] * people * boards, design="free")
        found: dict[str, list[bool]] = {name: [] for name in ("all", "all before", "category", "category before")}
        for _ in range(draws):
            answers = _knowing(people, boards, design, mean, sd, rng)
            hits = int(answers.hits_by_category[:, 0].sum())
            found["all"].append((overall(answers).p_value or 0.0) <= ALPHA)
            found["all before"].append(law.sf(answers.total_correct) <= ALPHA)
            found["category"].append((per_category(answers)[0].p_value or 0.0) <= ALPHA)
            found["category before"].append(single.sf(hits) <= ALPHA)
        task = "one to one" if design == "one_to_one" else "free"
        setting = f"{task}, N = {people}, {boards} board{'s' * (boards > 1)}, theta {mean} ± {sd}".replace("0.", ".")
        for what, name, most in (("all matches", "all", 0.03), ("one category", "category", 0.06)):
            yield _power_row(f"{what}, renaming", setting, found[name], found[f"{name} before"], most)


def _power_row(what: str, setting: str, now: list[bool], before: list[bool], most: float) -> Row:
    share, old = float(np.mean(now)), float(np.mean(before))
    # The same draws: the error is that of their difference.
    se = float(np.std(np.array(now, dtype=int) - np.array(before, dtype=int))) / len(now) ** 0.5
    rule = f"within {100 * most:.0f} points of independent boards"
    return Row("power", what, setting, old, share, se, rule, share >= old - most - 2 * se)


def _knowing(people: int, boards: int, design: str, mean: float, sd: float, rng: np.random.Generator) -> Answers:
    if design == "one_to_one":
        return as_answers(chosen(people, boards, rng, mean=mean, sd=sd))
    size = mean * (1 - mean) / sd**2 - 1
    theta = rng.beta(mean * size, (1 - mean) * size, people)[:, None, None]
    shape = (people, boards, K)
    picks = np.where(rng.random(shape) < theta, np.arange(K), rng.integers(0, K, shape))
    return as_answers(picks, design="free")


def planned(draws: int) -> Iterator[Row]:
    """The planner's power where everybody answers several boards, against the report's own test."""
    for design, people, boards, theta in (
        ("one_to_one", 12, 3, 0.12), ("one_to_one", 20, 5, 0.06), ("free", 12, 1, 0.2), ("free", 12, 3, 0.12),
    ):  # fmt: skip
        rng = np.random.default_rng([people, boards, 7])
        expected = total_power(theta, Design(participants=people, trials=boards, design=design))
        found = []
        for _ in range(draws):
            answers = (
                as_answers(chosen(people, boards, rng, mean=theta, sd=0.0))
                if design == "one_to_one"
                else _alike(people, boards, theta, rng)
            )
            found.append((overall(answers).p_value or 0.0) <= ALPHA)
        share = float(np.mean(found))
        se = (expected * (1 - expected) / len(found)) ** 0.5
        task = "one to one" if design == "one_to_one" else "free"
        setting = f"{task}, theta {theta}, N = {people}, {boards} board{'s' * (boards > 1)}".replace("0.", ".")
        kept = abs(share - expected) <= 0.02 + 2 * se
        yield Row("power", "all matches, renaming, as planned", setting, expected, share, se, "within 2 points", kept)


def _alike(people: int, boards: int, theta: float, rng: np.random.Generator) -> Answers:
    shape = (people, boards, K)
    picks = np.where(rng.random(shape) < theta, np.arange(K), rng.integers(0, K, shape))
    return as_answers(picks, design="free")


def rows(draws: int) -> Iterator[Row]:
    """999 permutations in place of 9,999, which leaves sizes as they are."""
    with patch("analysis.permutation.PERMUTATIONS", 999):
        yield from sizes(draws)
        yield from powers(draws)
        yield from planned(draws)
