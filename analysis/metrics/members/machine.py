"""The joint space as a participant of the matching task: it answers boards as a person would.

Conventions
    One-to-one boards are answered by the assignment with the largest total similarity, free boards by the most similar
    image of each clip.
    Where nobody has answered yet, boards are drawn from the stimulus set by seed: k categories, one clip of each that
    has images, and one image of each clip, all uniformly. They are answered one-to-one.
    The interval comes from leaving out one clip at a time (jackknife, stratified by category) over the boards drawn.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from analysis.errors import MetricError
from analysis.intervals import jackknife_variance, t_interval
from analysis.metrics.metric import Metric, MetricInput
from analysis.metrics.options import BOARD
from analysis.metrics.recordings import Recordings
from analysis.reading import Embeddings
from analysis.similarity import Rows

BOARDS = 20_000
# Boards of up to this many clips are answered by trying every assignment at once.
MOST_ENUMERATED = 5
CHUNK = 2_000
Ints = NDArray[np.int64]


def answer_board(similarity: ArrayLike, *, one_to_one: bool) -> Ints:
    """Image (column) that the machine gives to each clip (row).

    Args:
        similarity: (k, m) similarity of every clip to every image on the board, m >= k where one_to_one.
    """
    table = np.asarray(similarity, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise MetricError(f"similarity: expected a table of clips by images, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise MetricError("similarity: holds a value that is not a finite number")
    if not one_to_one:
        return table.argmax(axis=1)
    if table.shape[0] > table.shape[1]:
        raise MetricError(f"a one-to-one board of {table.shape[0]} clips needs as many images, got {table.shape[1]}")
    return linear_sum_assignment(table, maximize=True)[1]


def machine_block(
    used: Embeddings,
    categories: Sequence[str],
    *,
    board: int = BOARD,
    boards: int = BOARDS,
    seed: int = 0,
    recordings: Recordings | None = None,
) -> dict[str, Any]:
    """Share of clips that the space matches on random boards, with its confusion matrix; for JSON.

    Args:
        used: embeddings of these categories; boards: how many are drawn; recordings: what is left out as one draw.
    """
    images_of_clip, clips_of = _index(used, categories)
    known = [place for place, clips in enumerate(clips_of) if clips]
    size = min(board, len(known))
    base: dict[str, Any] = {
        "board": size, "seed": seed, "n_clips": sum(map(len, clips_of)),
        "n_images": sum(map(len, images_of_clip.values())), "confusion": [[0] * len(categories) for _ in categories],
    }  # fmt: skip
    if size < 2:
        empty = dict.fromkeys(("value", "se", "ci_low", "ci_high", "chance"))
        reason = "images in at least two categories are needed"
        return base | empty | {"n_boards": 0, "method": "none", "status": "too_small", "reason": reason}
    chosen, clips, images = _draw(clips_of, images_of_clip, known, size, boards, np.random.default_rng(seed))
    answers = _answer(clips, images, used)
    seen = np.take_along_axis(chosen, answers, axis=1)
    counts = np.zeros((len(categories), len(categories)), dtype=np.int64)
    np.add.at(counts, (chosen.ravel(), seen.ravel()), 1)
    hits = (seen == chosen).mean(axis=1)
    value = float(hits.mean())
    units = np.arange(len(used.audio)) if recordings is None or not recordings.known else recordings.audio
    units_of = [sorted({int(units[clip]) for clip in own}) for own in clips_of]
    method = f"jackknife over {'recordings' if recordings is not None and recordings.known else 'clips'}"
    se, reason = _jackknife(hits, units[clips], units_of, known)
    if recordings is not None and (few := recordings.too_few()):
        se, reason = None, few
    low = high = None
    if se is not None:
        degrees = sum(len(units_of[place]) - 1 for place in known)
        low, high = t_interval(value, se, degrees, low=0.0, high=1.0)
    return base | {
        "confusion": counts.tolist(), "n_boards": boards, "value": value, "se": se, "ci_low": low, "ci_high": high,
        "chance": 1.0 / size, "method": method,
        "status": "ok" if se is not None else "degenerate",
        "reason": reason,
    }  # fmt: skip


def _index(used: Embeddings, categories: Sequence[str]) -> tuple[dict[int, list[int]], list[list[int]]]:
    """Images of every clip, and the clips of every category whose images carry it."""
    images_of_clip: dict[int, list[int]] = {}
    clips_of: list[list[int]] = [[] for _ in categories]
    index = {name: place for place, name in enumerate(categories)}
    for image, clip in enumerate(used.partner.tolist()):
        label = str(used.image_labels[image])
        if label != str(used.audio_labels[clip]):
            continue  # an image that counts as another category than its clip has no right answer
        if clip not in images_of_clip:
            clips_of[index[label]].append(clip)
        images_of_clip.setdefault(clip, []).append(image)
    return images_of_clip, clips_of


def _draw(
    clips_of: Sequence[Sequence[int]],
    images_of_clip: dict[int, list[int]],
    known: Sequence[int],
    size: int,
    boards: int,
    rng: np.random.Generator,
) -> tuple[Ints, Ints, Ints]:
    """(boards, size) each: categories, clips and images."""
    chosen = np.array(known)[np.argsort(rng.random((boards, len(known))), axis=1)[:, :size]]
    clips = _pick(clips_of, chosen, rng)
    longest = max(images_of_clip) + 1
    images = _pick([images_of_clip.get(clip, []) for clip in range(longest)], clips, rng)
    return chosen, clips, images


def _pick(options: Sequence[Sequence[int]], of: Ints, rng: np.random.Generator) -> Ints:
    """One of `options[x]`, uniformly, for every x in `of`."""
    counts = np.array([len(own) for own in options])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    flat = np.array([item for own in options for item in own], dtype=np.int64)
    return flat[starts[of] + np.floor(rng.random(of.shape) * counts[of]).astype(np.int64)]


def _answer(clips: Ints, images: Ints, used: Embeddings) -> Ints:
    """Column given to each row of every board."""
    audio, pictures = Rows(used.audio, name="audio"), Rows(used.images, name="images")
    k = clips.shape[1]
    orders = np.array(list(itertools.permutations(range(k)))) if k <= MOST_ENUMERATED else None
    answers = np.empty(clips.shape, dtype=np.int64)
    for start in range(0, len(clips), CHUNK):
        here = slice(start, start + CHUNK)
        heard = audio.unit(clips[here].ravel()).reshape(-1, k, used.audio.shape[1])
        seen = pictures.unit(images[here].ravel()).reshape(-1, k, used.images.shape[1])
        tables = heard @ seen.transpose(0, 2, 1)
        if orders is None:
            answers[here] = [linear_sum_assignment(table, maximize=True)[1] for table in tables]
        else:
            totals = tables[:, np.arange(k), orders].sum(axis=2)
            answers[here] = orders[totals.argmax(axis=1)]
    return answers


def _jackknife(
    hits: NDArray[np.float64], clips: Ints, clips_of: Sequence[Sequence[int]], known: Sequence[int]
) -> tuple[float | None, str]:
    """Standard error over clips, those of a category varying among themselves; None where a category has one clip."""
    if any(len(clips_of[place]) < 2 for place in known):
        return None, "a category with a single clip says nothing of other clips"
    n = int(clips.max()) + 1
    total, count = float(hits.sum()), len(hits)
    own_sum = np.bincount(clips.ravel(), weights=np.repeat(hits, clips.shape[1]), minlength=n)
    own_count = np.bincount(clips.ravel(), minlength=n)
    rest = (total - own_sum) / np.maximum(count - own_count, 1)
    return math.sqrt(sum(jackknife_variance(rest[list(clips_of[place])]) for place in known)), ""


def _entries(given: MetricInput) -> dict[str, Any]:
    used, options = given.embeddings, given.options
    return {
        "machine": machine_block(
            used, given.categories, board=given.board, seed=options.seed, recordings=given.recordings
        )
    }


METRIC = Metric(
    title="Machine",
    definition="Share of clips that the space matches by itself on boards drawn from the set.",
    entries=_entries,
    empty={"machine": None},
    without_people=True,
    has_section=True,
)
