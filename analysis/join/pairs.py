"""Pairs of a clip and a picture that stood on one board: how often each was shown and chosen, and its similarity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.accuracy import effective_number
from analysis.intervals import proportion_interval
from analysis.join.boards import Boards, ShownBoard
from analysis.join.sampling import sums_by
from analysis.reading import Embeddings

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Different pairs, sorted by clip and image; each array has one value for each of them.

    clips, images    rows of the embeddings
    shown, chosen    answers to the clip on boards with the image, and those that chose it
    expected         how often it would be chosen if every image of a board were as likely
    """

    clips: Ints
    images: Ints
    shown: Floats
    chosen: Floats
    expected: Floats


@dataclass(frozen=True)
class Stack:
    """Boards of one size as tables: `index` among all boards (n,), clips (n, k), images (n, m), chosen (n, k)."""

    index: Ints
    clips: Ints
    images: Ints
    chosen: Ints


def stacks(boards: Sequence[ShownBoard]) -> Iterator[Stack]:
    """The boards as tables, one for each number of clips and images."""
    sizes: dict[tuple[int, int], list[int]] = {}
    for place, board in enumerate(boards):
        sizes.setdefault((len(board.clips), len(board.images)), []).append(place)
    for places in sizes.values():
        own = [boards[place] for place in places]
        tables = (np.array([getattr(board, key) for board in own]) for key in ("clips", "images", "chosen"))
        yield Stack(np.array(places), *tables)


def tables_of(boards: Boards, embeddings: Embeddings) -> list[Floats]:
    """Cosines of every clip (row) with every image (column) of each board, (k, m) each."""
    found: list[Floats] = [np.zeros((0, 0))] * len(boards.shown)
    clips = np.unique([clip for board in boards.shown for clip in board.clips])
    images = np.unique([image for board in boards.shown for image in board.images])
    if len(clips):
        near = cosines(embeddings, clips, images)
    for stack in stacks(boards.shown):
        rows, columns = np.searchsorted(clips, stack.clips), np.searchsorted(images, stack.images)
        for place, table in zip(stack.index, near[rows[:, :, None], columns[:, None, :]], strict=True):
            found[place] = table
    return found


def pairs_of(boards: Boards) -> Pairs:
    """Counts of every pair over the answered clips of all boards."""
    keys, hits, guesses, _ = _answers(boards)
    width = _width(boards)
    found, row = np.unique(keys, return_inverse=True)
    shown, chosen, expected = (sums_by(row, own, len(found)) for own in (np.ones(len(keys)), hits, guesses))
    return Pairs(found // width, found % width, shown, chosen, expected)


def _answers(boards: Boards) -> tuple[Ints, Floats, Floats, Ints]:
    """Key of the pair, whether it was chosen, the share by guessing and the board, for each answer and image."""
    width = _width(boards)
    parts = [(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))]
    for stack in stacks(boards.shown):
        m = stack.images.shape[1]
        keys = stack.clips[:, :, None] * width + stack.images[:, None, :]
        hits = (stack.chosen[:, :, None] == np.arange(m)).astype(np.float64)
        answered = stack.chosen >= 0
        rows = np.broadcast_to(stack.index[:, None, None], keys.shape)[answered].ravel()
        parts.append((keys[answered].ravel(), hits[answered].ravel(), np.full(len(rows), 1.0 / m), rows))
    keys, hits, guesses, rows = (np.concatenate(own) for own in zip(*parts, strict=True))
    return keys, hits, guesses, rows


def _width(boards: Boards) -> int:
    return 1 + max((max(board.images) for board in boards.shown), default=0)


def cosines(embeddings: Embeddings, clips: Ints, images: Ints) -> Floats:
    """Cosine of every clip with every image, (len(clips), len(images))."""
    audio = embeddings.audio[clips].astype(np.float64)
    pictures = embeddings.images[images].astype(np.float64)
    audio /= np.linalg.norm(audio, axis=1, keepdims=True)
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    return np.asarray(audio @ pictures.T)


def picture_rows(boards: Boards, pairs: Pairs, embeddings: Embeddings) -> list[dict[str, Any]]:
    """One row for each pair, for JSON. Interval of the share: Wilson's, with the participant as the unit."""
    clips, row = np.unique(pairs.clips, return_inverse=True)
    images, column = np.unique(pairs.images, return_inverse=True)
    near = cosines(embeddings, clips, images)[row, column]
    sizes = _independent_answers(boards, pairs)
    rows = []
    for place, (clip, image) in enumerate(zip(pairs.clips.tolist(), pairs.images.tolist(), strict=True)):
        shown, chosen = int(pairs.shown[place]), int(pairs.chosen[place])
        low, high = proportion_interval(chosen / shown * sizes[place], sizes[place])
        rows.append(
            {
                "clip": str(embeddings.audio_ids[clip]), "clip_category": str(embeddings.audio_labels[clip]),
                "image": str(embeddings.image_ids[image]), "image_category": str(embeddings.image_labels[image]),
                "similarity": float(near[place]), "shown": shown, "chosen": chosen, "share": chosen / shown,
                "ci_low": low, "ci_high": high,
            }
        )  # fmt: skip
    return rows


def _independent_answers(boards: Boards, pairs: Pairs) -> Floats:
    """Answers to each pair, those of one participant to the same pair counted by their design effect."""
    keys, hits, _, rows = _answers(boards)
    _, row = np.unique(keys, return_inverse=True)
    names, person = np.unique([board.participant for board in boards.shown], return_inverse=True)
    cells, cell = np.unique(row * max(1, len(names)) + person[rows], return_inverse=True)
    if len(cells) == len(row):
        return pairs.shown
    asked, right = np.bincount(cell), np.bincount(cell, weights=hits)
    ends = np.searchsorted(cells // len(names), np.arange(len(pairs.clips) + 1))
    return np.array([effective_number(right[a:b], asked[a:b]) for a, b in zip(ends[:-1], ends[1:], strict=True)])
