"""Simulated people that differ in skill, and their answers to boards of four."""

import numpy as np
from scipy import stats

from analysis.reading import Answers

K = 4


def chosen(participants: int, boards: int, rng: np.random.Generator, *, mean: float, sd: float) -> np.ndarray:
    """Images matched to clips 0..3, shape (participants, boards, 4)."""
    theta = np.full(participants, mean)
    if sd > 0:
        size = mean * (1 - mean) / sd**2 - 1
        theta = rng.beta(mean * size, (1 - mean) * size, participants)
    return match(np.broadcast_to(theta[:, None, None], (participants, boards, K)), rng)


def match(theta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images matched to clips 0..3 that are known with probability `theta`, (participants, boards, 4) both."""
    return settled(rng.random(theta.shape) < theta, rng)


def settled(known: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images matched to clips 0..3 where `known` ones are right and the others guessed one to one, (..., boards, 4)."""
    # Unknown clips in random order take the places of the unknown clips in their own order.
    order = np.argsort(np.where(known, 2.0, rng.random(known.shape)), axis=2)
    places = np.argsort(np.where(known, 2.0, np.arange(K) / 10), axis=2)
    picks = np.broadcast_to(np.arange(K), known.shape).copy()
    moved = np.where(np.take_along_axis(known, order, 2), order, places)
    np.put_along_axis(picks, order, moved, 2)
    return picks


def as_answers(picks: np.ndarray, *, design: str = "one_to_one") -> Answers:
    people, boards, k = picks.shape
    blocks = people * boards
    owner = np.repeat(np.arange(people), boards)
    return Answers(
        categories=tuple("ABCD"[:k]), design=design, participants=tuple(map(str, range(people))),
        participant=np.repeat(owner, k), block=np.repeat(np.arange(blocks), k), heard=np.tile(np.arange(k), blocks),
        chosen=picks.reshape(-1), n_options=np.full(blocks, k), n_clips=np.full(blocks, k), block_participant=owner,
    )  # fmt: skip


def hits_of(picks: np.ndarray) -> np.ndarray:
    return (picks == np.arange(K)).sum(axis=(1, 2))


def true_share(mean: float, sd: float) -> float:
    """Expected share correct over participants."""
    if sd == 0:
        return (K * mean + 1 - mean**K) / K
    size = mean * (1 - mean) / sd**2 - 1
    law = stats.beta(mean * size, (1 - mean) * size)
    return float(law.expect(lambda t: (K * t + 1 - t**K) / K))
