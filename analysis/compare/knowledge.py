"""What single answers say of how much is known: one unbiased value of theta for each clip on a board.

On a board matched one to one a hit also depends on the other pictures of the board: what is known there leaves less to
guess here. Hits of pictures therefore hang together, and the spread of hit rates understates how much pictures matter.
Here every board's likelihood of the knowledge model (`analysis.accuracy.theta`) with one theta per picture is taken
instead: it is linear in each of them, so one step of Fisher scoring from any reference gives values whose mean is the
theta of that very picture, up to products of different pictures' deviations, which average out.
"""

from dataclasses import dataclass
from itertools import product
from math import perm

import numpy as np

from analysis.chance import injection_counts
from analysis.reading import Answers

# The reference stays inside, where the information of a board exists.
INSIDE = (0.02, 0.98)
STEPS = 60
TOLERANCE = 1e-9
# Boards of up to so many clips are summed over all patterns of hits; of larger ones patterns are drawn.
MOST_SUMMED = 8
DRAWN = 2_000
SEED = 20_261_130

REPEATED = "Some boards repeat a category or lack an image, which theta does not model."
TIED = (
    "On boards of two clips and two images both are right or both wrong, so what one picture does cannot be told from "
    "the other."
)


@dataclass(frozen=True)
class Known:
    """(R,) theta that each row's answer stands for, NaN where there is none; `reason` says why nothing can be said."""

    theta: np.ndarray
    reason: str = ""


@dataclass
class _Kind:
    """Boards of the same clips and as many images: `rows` (B, n) of answers, of which pattern of hits each is."""

    clips: np.ndarray
    n_images: int
    rows: np.ndarray
    patterns: np.ndarray
    pattern: np.ndarray


def answer_thetas(answers: Answers) -> Known:
    """Theta of every answered row of an arm.

    Free matching: (hit - 1/m) / (1 - 1/m) with m images. One to one: a step of Fisher scoring on the board's
    likelihood, from the categories' thetas that make these values agree with themselves.

    References
    ----------
    O'Neill (2023), generalised matching distribution; Rao (1973), Linear Statistical Inference, 5g (scoring).
    """
    theta = np.full(len(answers.heard), np.nan)
    if answers.design == "free":
        m = answers.n_options[answers.block].astype(float)
        told = answers.answered & (m > 1)
        theta[told] = (answers.hit[told] - 1 / m[told]) / (1 - 1 / m[told])
        return Known(theta)
    if not all(board.plain for board in answers.boards):
        return Known(theta, REPEATED)
    kinds = _kinds_of(answers)
    if any(len(kind.clips) == kind.n_images == 2 for kind in kinds):
        return Known(theta, TIED)
    level = np.full(len(answers.categories), 0.5)
    rng = np.random.default_rng(SEED)
    uniform = {kind.n_images: rng.random((2, DRAWN, kind.n_images)) for kind in kinds}
    for _ in range(STEPS):
        for kind in kinds:
            theta[kind.rows] = _step(kind, level[kind.clips], uniform[kind.n_images])
        told = ~np.isnan(theta)
        heard = answers.heard[told]
        n = np.bincount(heard, minlength=len(level))
        means = np.bincount(heard, weights=theta[told], minlength=len(level)) / np.maximum(n, 1)
        moved = np.where(n > 0, np.clip(means, *INSIDE), level)
        done = np.abs(moved - level).max() < TOLERANCE
        level = moved
        if done:
            break
    return Known(theta)


def _kinds_of(answers: Answers) -> list[_Kind]:
    """Answered one-to-one boards by their clips and number of images; boards of one image say nothing."""
    rows = np.flatnonzero(answers.answered & (answers.n_options[answers.block] > 1))
    rows = rows[np.lexsort((answers.heard[rows], answers.block[rows]))]
    blocks, first, sizes = np.unique(answers.block[rows], return_index=True, return_counts=True)
    kinds = []
    for n in np.unique(sizes).tolist():
        boards = sizes == n
        places = rows[first[boards, None] + np.arange(n)]
        asked = np.column_stack([answers.n_options[blocks[boards]], answers.heard[places]])
        described, which = np.unique(asked, axis=0, return_inverse=True)
        for kind, (n_images, *clips) in enumerate(described.tolist()):
            own = places[which.reshape(-1) == kind]
            patterns, pattern = np.unique(answers.hit[own], axis=0, return_inverse=True)
            kinds.append(_Kind(np.array(clips), n_images, own, patterns, pattern.reshape(-1)))
    return kinds


def _step(kind: _Kind, theta: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """(B, n) values of theta of these boards, one step from `theta` (n,)."""
    n = len(theta)
    if n <= MOST_SUMMED:
        every = np.array(list(product((False, True), repeat=n)))
        likelihood, score = _score(every, theta, kind.n_images)
        misses = [injection_counts(n - h, kind.n_images - h)[0] for h in range(n + 1)]
        weight = likelihood * np.array(misses)[every.sum(axis=1)]
    else:
        every = _draw(theta, kind.n_images, uniform)
        _, score = _score(every, theta, kind.n_images)
        weight = np.full(len(every), 1 / len(every))
    information = (score * weight[:, None]).T @ score
    _, seen = _score(kind.patterns, theta, kind.n_images)
    return np.asarray((theta + np.linalg.solve(information, seen.T).T)[kind.pattern])


def _score(hit: np.ndarray, theta: np.ndarray, n_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Likelihood of patterns of hits (B, n) under theta (n,), and the slope of its logarithm, (B, n).

    With K the clips known, all of them hits, the others take one of (m - |K|)! / (m - n)! equally likely ways.
    """
    boards, n = hit.shape
    ways = np.array([1 / perm(n_images - known, n - known) for known in range(n + 1)])

    def known_without(j: int) -> np.ndarray:
        law = np.zeros((boards, n + 1))
        law[:, 0] = 1.0
        for other in range(n):
            if other != j:
                wider = law * (1 - theta[other])
                wider[:, 1:] += np.where(hit[:, other, None], theta[other] * law[:, :-1], 0.0)
                law = wider
        return law

    slopes = np.empty((boards, n))
    for j in range(n):
        law = known_without(j)
        unknown, known = law @ ways, hit[:, j] * (law[:, :-1] @ ways[1:])
        likelihood = theta[j] * known + (1 - theta[j]) * unknown
        slopes[:, j] = (known - unknown) / likelihood
    return likelihood, slopes


def _draw(theta: np.ndarray, n_images: int, uniform: np.ndarray) -> np.ndarray:
    """Patterns of hits that the model gives, (draws, n), from uniform numbers (2, draws, m)."""
    known = uniform[0] < np.pad(theta, (0, n_images - len(theta)))
    # Unknown clips, and the images that have none, in random order take the unknown places in their own order.
    drawn = np.argsort(np.where(known, 2.0, uniform[1]), axis=1)
    places = np.argsort(np.where(known, 2.0, np.arange(n_images) / n_images), axis=1)
    hit = known.copy()
    np.put_along_axis(hit, places, (drawn == places) | np.take_along_axis(known, places, 1), axis=1)
    return np.asarray(hit[:, : len(theta)])
