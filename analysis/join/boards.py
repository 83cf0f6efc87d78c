"""The boards that people answered, as rows of the embeddings of the images they were shown.

The images of a board are known from the answers where each was chosen (complete one-to-one blocks), else from the rule
that a board shows one image made from each of its clips, where that image is the only one of its clip. Blocks whose
images cannot be told are counted, never guessed.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.reading import BLOCK, Embeddings

COLUMNS = ("participant", "clip", "chosen_stimulus", "answered", "n_options")


@dataclass(frozen=True)
class ShownBoard:
    """One block: rows of the audio table, rows of the image table, and the image chosen for each clip.

    chosen   place in `images` for each clip, -1 where the clip was not answered
    """

    participant: str
    clips: tuple[int, ...]
    images: tuple[int, ...]
    chosen: tuple[int, ...]

    @property
    def complete(self) -> bool:
        return -1 not in self.chosen


@dataclass
class Boards:
    """The boards of one arm, and how many blocks were left out, by reason."""

    one_to_one: bool
    shown: list[ShownBoard] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def boards_of(responses: pd.DataFrame, embeddings: Embeddings) -> Boards:
    """Boards of one arm's rows (tidy, validated, exclusions already taken out)."""
    design = str(responses["design"].iloc[0]) if len(responses) else "one_to_one"
    boards = Boards(one_to_one=design == "one_to_one")
    finder = _Finder(embeddings)
    for block in _blocks(responses):
        board = finder.board(block, boards.one_to_one)
        if isinstance(board, str):
            boards.left_out[board] += 1
        else:
            boards.shown.append(board)
    return boards


def _blocks(responses: pd.DataFrame) -> Iterator[dict[str, list[Any]]]:
    """Columns of each block in the order of its clips; frames for each would take most of the time of a report."""
    number = responses.groupby(BLOCK, sort=True).ngroup().to_numpy()
    order = np.lexsort((responses["clip_position"].to_numpy(), number))
    order = order[number[order] >= 0]
    columns = {name: responses[name].to_numpy()[order].tolist() for name in COLUMNS}
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    for a, b in itertools.pairwise([*starts, len(order)]):
        yield {name: column[a:b] for name, column in columns.items()}


class _Finder:
    def __init__(self, embeddings: Embeddings) -> None:
        self.clip_row = {str(name): row for row, name in enumerate(embeddings.audio_ids)}
        self.partner = embeddings.partner
        self.rows_of_image: dict[str, list[int]] = defaultdict(list)
        self.images_of_clip: dict[int, list[int]] = defaultdict(list)
        for row, name in enumerate(embeddings.image_ids):
            # Equal files are told apart by a suffix; the answers name the file alone.
            self.rows_of_image[str(name).split(":")[0]].append(row)
            self.images_of_clip[int(embeddings.partner[row])].append(row)

    def board(self, block: Mapping[str, Sequence[Any]], one_to_one: bool) -> ShownBoard | str:
        clips = [self.clip_row.get(clip, -1) for clip in block["clip"]]
        if -1 in clips:
            return "a clip has no embedding"
        answered = [bool(known) for known in block["answered"]]
        chosen = [
            self._row_of(image, clips) if known else -1
            for image, known in zip(block["chosen_stimulus"], answered, strict=True)
        ]
        if any(row < 0 for row, known in zip(chosen, answered, strict=True) if known):
            return "a chosen image has no embedding"
        images = self._images(clips, chosen)
        if images is None or len(images) != int(block["n_options"][0]):
            return "the images on the board cannot be told from the answers"
        if one_to_one and len({row for row in chosen if row >= 0}) != sum(answered):
            return "an image was used twice"
        places = tuple(images.index(row) if row >= 0 else -1 for row in chosen)
        return ShownBoard(str(block["participant"][0]), tuple(clips), tuple(images), places)

    def _row_of(self, image: str, clips: list[int]) -> int:
        rows = self.rows_of_image.get(image, [])
        own = [row for row in rows if int(self.partner[row]) in clips]
        candidates = own or rows
        return candidates[0] if candidates else -1

    def _images(self, clips: list[int], chosen: list[int]) -> list[int] | None:
        used = sorted({row for row in chosen if row >= 0})
        if len(used) == len(clips):
            return used
        found = list(used)
        for clip in clips:
            if any(int(self.partner[row]) == clip for row in used):
                continue
            own = self.images_of_clip[clip]
            if len(own) != 1:
                return None
            found.append(own[0])
        return sorted(set(found))


def similarities(board: ShownBoard, embeddings: Embeddings) -> np.ndarray:
    """Cosine of every clip (row) with every image (column) of a board, (k, m)."""
    clips = embeddings.audio[list(board.clips)].astype(np.float64)
    images = embeddings.images[list(board.images)].astype(np.float64)
    clips /= np.linalg.norm(clips, axis=1, keepdims=True)
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    return clips @ images.T
