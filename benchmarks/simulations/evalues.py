"""The e-value when somebody looks after every participant: false alarms of people who know nothing, and when it stops.

People who know nothing may answer by a mapping of their own between heard and seen (the same on all their boards, kept
for most clips), by a favourite image, or by both. Studies of up to 60 participants are looked at after each.
"""

from collections.abc import Iterator

import numpy as np

from analysis.evalues import log_e_values, log_evidence_of_picks, plan_stopping
from benchmarks.simulations.people import K
from benchmarks.simulations.row import Row

LOOKS, ALPHA = 60, 0.05
KEEPING, LIKING = 0.9, 0.5
SYSTEMS = {"one_to_one": ("guessing", "own mappings"), "free": ("guessing", "own mappings", "bias", "both")}
# theta and boards with the number of participants by which half of the studies have stopped.
STOPS = ((0.2, 1, 16), (0.2, 3, 6))


def picks_of_no_knowledge(
    system: str, rng: np.random.Generator, *, people: int, boards: int, design: str
) -> np.ndarray:
    """Images chosen for clips 0..3 by people who know nothing, (people, boards, 4)."""
    shape = (people, boards, K)
    random = rng.random(shape)
    guesses = random.argsort(axis=2) if design == "one_to_one" else rng.integers(0, K, shape)
    if system == "guessing":
        return guesses
    own = np.broadcast_to(rng.random((people, 1, K)).argsort(axis=2), shape)
    if design == "one_to_one":
        # The mapping is kept on most boards: on part of a board it cannot be kept one to one.
        return np.where(rng.random((people, boards, 1)) < KEEPING, own, guesses)
    mapped = np.where(rng.random(shape) < KEEPING, own, guesses) if system != "bias" else guesses
    if system == "own mappings":
        return mapped
    favourite = rng.integers(0, K, (people, 1, 1))
    return np.where(rng.random(shape) < LIKING, favourite, mapped)


def rows(draws: int) -> Iterator[Row]:
    """False alarms at any look, of the e-value and of one that takes boards as independent; then the power."""
    for design, systems in SYSTEMS.items():
        for system in systems:
            for boards in (1, 3, 5):
                yield from _false_alarms(design, system, boards, draws)
    for theta, boards, people in STOPS:
        found = plan_stopping(
            theta, k=K, images=K, trials=boards, design="one_to_one", maximum=people, alpha=ALPHA, draws=draws
        )
        setting = f"one-to-one, theta {theta:.1f}, {people} people, {_boards(boards)}".replace("0.", ".")
        se = (found.power * (1 - found.power) / draws) ** 0.5
        rule = "at least half of the studies - 2 SE"
        yield Row(
            "power",
            "e-value, looked at after everybody",
            setting,
            0.5,
            found.power,
            se,
            rule,
            found.power + 2 * se >= 0.5,
        )


def _false_alarms(design: str, system: str, boards: int, draws: int) -> Iterator[Row]:
    rng = np.random.default_rng(100 * boards + 10 * len(system) + len(design))
    picks = picks_of_no_knowledge(system, rng, people=draws * LOOKS, boards=boards, design=design)
    setting = f"{design.replace('_', '-')}, {system}, {_boards(boards)}, up to {LOOKS} people"
    se = (ALPHA * (1 - ALPHA) / draws) ** 0.5
    found = _ever_reached(picks, design, draws, rng)
    words, rule = "e-value, looked at after everybody", "at most alpha + 2 SE"
    yield Row("size", words, setting, ALPHA, found, se, rule, found <= ALPHA + 2 * se)
    if boards > 1 and system != "guessing":
        apart = picks.reshape(-1, 1, K)
        found = _ever_reached(apart, design, draws, rng)
        yield Row(
            "size", "e-value with boards as independent (wrong unit)", setting, ALPHA, found, se, "shown to warn", True
        )


def _ever_reached(picks: np.ndarray, design: str, draws: int, rng: np.random.Generator) -> float:
    """Share of studies whose e-value reaches 1 / alpha after any participant (or board, where these are apart)."""
    evidence = log_evidence_of_picks(picks, images=K, design=design, rng=rng)
    looks = log_e_values(evidence.reshape(draws, -1, evidence.shape[1]))
    return float((looks.max(axis=1) >= np.log(1 / ALPHA)).mean())


def _boards(n: int) -> str:
    return f"{n} board{'s' * (n > 1)}"
