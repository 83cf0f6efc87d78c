"""The e-value of all matches: evidence against guessing that may be looked at at any time.

For one participant and one ability theta (the share of clips truly known, the others guessed), the e-value is the
likelihood of the answers divided by its mean over that person's renamings (`renaming`): 1 on average when naming is
random, whatever mapping or favourites the person has. E-values of different people multiply; the mixture over theta of
these products is a non-negative martingale, so that it exceeds 1 / alpha at any time in at most alpha of all studies in
which nobody knows anything (Ville 1939; Robbins 1970; Grünwald, de Heide & Koolen 2024, JRSS B 86:1091).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import comb, factorial

import numpy as np

from analysis.evalues.renaming import AnsweredBoard, list_renamings

# The mixture: 20 abilities of equal weight, the middles of equal parts of 0 to 1.
THETAS = (np.arange(20) + 0.5) / 20


def log_evidence(boards: Sequence[AnsweredBoard], *, design: str) -> np.ndarray:
    """Natural log of one participant's e-value at each of `THETAS`, (20,); 0 where nothing could be exchanged.

    Parameters
    ----------
    boards : every board of the participant
    design : "one_to_one" or "free"
    """
    renamed = list_renamings(boards)
    codes, found = np.zeros(len(renamed), dtype=np.int64), []
    for board in boards:
        hits = (renamed[:, list(board.heard)] == np.array(board.chosen)).sum(axis=1)
        found.append(hits)
        # Hits on every board are the digits of one number, so that renamings with the same hits are weighed once.
        codes = np.unique(codes * (len(board.heard) + 1) + hits, return_inverse=True)[1]
    first, times = np.unique(codes, return_index=True, return_counts=True)[1:]
    as_it_is, renamed_so = np.zeros(len(THETAS)), np.zeros((len(THETAS), len(first)))
    for board, hits in zip(boards, found, strict=True):
        weights = _log_weights(board, design)
        as_it_is += weights[:, hits[0]]
        renamed_so += weights[:, hits[first]]
    return as_it_is - log_mean(renamed_so, times / len(renamed))


def log_e_values(evidence: np.ndarray) -> np.ndarray:
    """Natural log of the e-value after each participant, (..., people), from each one's evidence, (..., people, 20)."""
    return log_mean(np.cumsum(evidence, axis=-2), np.full(len(THETAS), 1 / len(THETAS)))


def log_e_value(people: Iterable[Sequence[AnsweredBoard]], *, design: str) -> float:
    """Natural log of the e-value of all these participants' boards; 0 without any."""
    rows = [log_evidence(boards, design=design) for boards in people]
    return float(log_e_values(np.sum(rows, axis=0)[None])[0]) if rows else 0.0


def board_likelihoods(n: int, m: int, *, design: str) -> np.ndarray:
    """Log-likelihood of an answer to n clips and m images by its hits, (20, n + 1), rows as `THETAS`.

    One to one: what is known is a part of the hits, the rest one of the injections of what is left.
    """
    theta, hits = THETAS[:, None], np.arange(n + 1)
    if design == "free":
        return hits * np.log(theta + (1 - theta) / m) + (n - hits) * np.log((1 - theta) / m)
    guessed = [factorial(m - n) / factorial(m - j) for j in range(n + 1)]
    parts = [
        sum(comb(x, j) * theta[:, 0] ** j * (1 - theta[:, 0]) ** (n - j) * guessed[j] for j in range(x + 1))
        for x in hits.tolist()
    ]
    return np.log(np.array(parts).T)


def _log_weights(board: AnsweredBoard, design: str) -> np.ndarray:
    """Log-likelihood by hits as one of `THETAS` has it, (20, clips + 1).

    Where categories repeat or images are fewer than clips, answers count as single choices: the mean over renamings
    is divided by, so that the e-value stays one, with a little less power.
    """
    n = sum(c >= 0 for c in board.chosen)
    plain = len(set(board.heard)) == len(board.heard) and board.n_images >= n
    found = _cached_likelihoods(n, board.n_images, design if plain else "free")
    # Clips without an answer cannot be hits.
    return np.pad(found, ((0, 0), (0, len(board.heard) - n)))


@lru_cache(maxsize=64)
def _cached_likelihoods(n: int, m: int, design: str) -> np.ndarray:
    return board_likelihoods(n, m, design=design)


def log_mean(logs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Log of the weighted mean of exp(logs) over the last axis, by the largest of each row."""
    top = logs.max(axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.exp(logs - top) @ weights)
