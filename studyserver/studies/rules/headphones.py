"""The headphone screening: which of three tones is the quietest? Pure; no database, no clock.

After Woods, Siegel, Traer and McDermott (2017, Attention, Perception & Psychophysics 79): three tones of 200 Hz, one of
them 6 dB quieter, one with its two channels in antiphase. In headphones the quiet one is plain to hear; from
loudspeakers the antiphase one nearly cancels out and seems quietest. Six sounds, one for each order of the three; five
right answers pass. `docs/headphones/make.py` makes the sounds.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STANDARD, ANTIPHASE, QUIET = "standard", "antiphase", "quiet"
SOUNDS: dict[str, tuple[str, str, str]] = {
    "a": (QUIET, ANTIPHASE, STANDARD),
    "b": (STANDARD, QUIET, ANTIPHASE),
    "c": (ANTIPHASE, STANDARD, QUIET),
    "d": (STANDARD, ANTIPHASE, QUIET),
    "e": (ANTIPHASE, QUIET, STANDARD),
    "f": (QUIET, STANDARD, ANTIPHASE),
}
"""By file name: the tones in the order in which they sound."""

PASS = 5
ATTEMPTS = 2
"""How often a study that requires headphones lets people try."""

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass(frozen=True)
class Screening:
    """What is known of a session's headphones. `result` None: not taken (yet)."""

    result: str | None = None
    correct: int | None = None
    attempts: int = 0


def draw_order(rng: random.Random) -> list[str]:
    """The six sounds in a random order."""
    return rng.sample(sorted(SOUNDS), len(SOUNDS))


def right_answer(sound: str) -> int:
    """Which tone is the quietest, counting from 1."""
    return SOUNDS[sound].index(QUIET) + 1


def find_missing(answers: Mapping[int, int]) -> list[str]:
    """One sentence for each sound that has no answer."""
    return [
        f"Say which tone of sound {position} is the quietest."
        for position in range(1, len(SOUNDS) + 1)
        if answers.get(position) not in (1, 2, 3)
    ]


def count_right(order: Sequence[str], answers: Mapping[int, int]) -> int:
    """Right answers to the sounds in the order played."""
    return sum(answers[position] == right_answer(sound) for position, sound in enumerate(order, start=1))


def read_screening(stored: Mapping[str, Any]) -> Screening:
    """The outcome of a session's stored screening; its last attempt counts."""
    attempts = stored.get("attempts", [])
    if stored.get("skipped"):
        return Screening(SKIPPED, None, len(attempts))
    if not attempts:
        return Screening()
    correct = attempts[-1]["correct"]
    return Screening(PASSED if correct >= PASS else FAILED, correct, len(attempts))
