"""The answers of one arm as arrays: the form in which every statistic reads them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.chance import Block, BlockLike, Law, category_counts, convolve, matching_law
from analysis.reading.responses import validate_responses


@dataclass(frozen=True)
class BoardLayout:
    """What one block showed and asked: category indices of the clips answered and of the images on the board.

    Images that belong to no category of the study are counted in `n_images` alone.
    """

    clips: tuple[int, ...]
    images: tuple[int, ...]
    n_images: int

    @property
    def plain(self) -> bool:
        """Every clip has one image of its own and no category repeats: the rencontres case."""
        return len(set(self.clips)) == len(self.clips) and all(self.images.count(c) == 1 for c in self.clips)

    def block(self) -> BlockLike:
        """The board as `analysis.chance` writes it."""
        if self.plain:
            return (len(self.clips), self.n_images)
        strangers = tuple(f"other {i}" for i in range(self.n_images - len(self.images)))
        return Block(tuple(map(str, self.clips)), tuple(map(str, self.images)) + strangers)


@dataclass(frozen=True)
class Answers:
    """Rows of one arm: R rows (clips), B blocks, P participants, all as indices; `chosen` is -1 where unanswered."""

    categories: tuple[str, ...]
    design: str
    participants: tuple[str, ...]
    participant: np.ndarray  # (R,) index into participants
    block: np.ndarray  # (R,) index of the block, 0..B-1
    heard: np.ndarray  # (R,) index into categories
    chosen: np.ndarray  # (R,) index into categories, -1 = no answer
    n_options: np.ndarray  # (B,) images on the board
    n_clips: np.ndarray  # (B,) clips on the board
    block_participant: np.ndarray  # (B,) index into participants

    def rows_of(self, participants: Sequence[str]) -> np.ndarray:
        """(n,) index of each of these participants."""
        places = {name: place for place, name in enumerate(self.participants)}
        return np.array([places[name] for name in participants], dtype=int)

    @property
    def n_participants(self) -> int:
        return len(self.participants)

    @property
    def n_blocks(self) -> int:
        return len(self.n_options)

    @cached_property
    def answered(self) -> np.ndarray:
        """(R,) whether the clip was matched to an image."""
        return self.chosen >= 0

    @cached_property
    def hit(self) -> np.ndarray:
        """(R,) whether the chosen image has the category heard."""
        return self.chosen == self.heard

    @property
    def n_answers(self) -> int:
        return int(self.answered.sum())

    @property
    def total_correct(self) -> int:
        return int(self.hit.sum())

    @cached_property
    def has_several_boards(self) -> bool:
        """Whether somebody has two boards or more."""
        return len(set(self.block_participant.tolist())) < len(self.block_participant)

    @cached_property
    def hits_by_participant(self) -> np.ndarray:
        """(P,) correct matches of each participant."""
        return np.bincount(self.participant[self.hit], minlength=self.n_participants)

    @cached_property
    def answers_by_participant(self) -> np.ndarray:
        """(P,) answered clips of each participant."""
        return np.bincount(self.participant[self.answered], minlength=self.n_participants)

    @cached_property
    def hits_by_category(self) -> np.ndarray:
        """(P, k) correct matches of each participant in each category."""
        return self._by_category(self.hit)

    @cached_property
    def answers_by_category(self) -> np.ndarray:
        """(P, k) answered clips of each participant in each category."""
        return self._by_category(self.answered)

    @cached_property
    def matrix(self) -> np.ndarray:
        """(k, k) counts, rows = category heard, columns = category chosen."""
        k = len(self.categories)
        flat = self.heard[self.answered] * k + self.chosen[self.answered]
        return np.bincount(flat, minlength=k * k).reshape(k, k)

    @cached_property
    def boards(self) -> tuple[BoardLayout, ...]:
        """(B,) the board of every block that holds at least one answer.

        Rows tell which images were chosen, not all that were shown. A complete one-to-one block with as many images as
        clips used every image, so its images are known. Otherwise one image per clip is taken, as the platform shows,
        and further images are counted as belonging to none of the clips.
        """
        order = np.argsort(self.block, kind="stable")
        edges = np.searchsorted(self.block[order], np.arange(self.n_blocks + 1))
        heard, chosen = self.heard[order], self.chosen[order]
        boards = []
        for b in range(self.n_blocks):
            rows = slice(edges[b], edges[b + 1])
            asked = heard[rows].tolist()
            picks = [c for c in chosen[rows].tolist() if c >= 0]
            if picks:
                clips = [h for h, c in zip(asked, chosen[rows].tolist(), strict=True) if c >= 0]
                shown, size = int(self.n_options[b]), int(self.n_clips[b])
                boards.append(self._board(asked, clips, picks, n_images=shown, n_clips=size))
        return tuple(boards)

    @cached_property
    def answered_boards(self) -> dict[int, BoardLayout]:
        """`boards` by the number of their block."""
        return dict(zip(np.unique(self.block[self.answered]).tolist(), self.boards, strict=True))

    @cached_property
    def errors_by_block(self) -> np.ndarray:
        """(B,) wrong answers."""
        return np.bincount(self.block[self.answered & ~self.hit], minlength=self.n_blocks)

    @cached_property
    def board_counts(self) -> Counter[BoardLayout]:
        """How often each kind of board occurs."""
        return Counter(self.boards)

    @cached_property
    def null_law(self) -> Law:
        """Exact law of the total correct under random matching, over the blocks actually answered."""
        return matching_law((board.block() for board in self.boards), design=self.design)

    def category_law(self, category: int) -> Law:
        """Exact law of one category's number of correct matches under random matching."""
        parts: Counter[tuple[int, ...]] = Counter()
        for board, times in self.board_counts.items():
            asked, shown = board.clips.count(category), board.images.count(category)
            if asked:
                parts[category_counts(asked, shown, board.n_images, design=self.design)] += times
        return convolve(parts.items())

    def _by_category(self, rows: np.ndarray) -> np.ndarray:
        k = len(self.categories)
        flat = self.participant[rows] * k + self.heard[rows]
        return np.bincount(flat, minlength=self.n_participants * k).reshape(self.n_participants, k)

    def _board(
        self, asked: list[int], clips: list[int], picks: list[int], *, n_images: int, n_clips: int
    ) -> BoardLayout:
        complete = len(clips) == len(asked) == n_clips
        if self.design == "one_to_one" and complete and n_images == n_clips:
            images = sorted(picks)
        elif n_images >= len(asked):
            images = sorted(asked)
        else:
            images = sorted(set(asked))[:n_images]
        return BoardLayout(clips=tuple(sorted(clips)), images=tuple(images), n_images=n_images)


def answers_from(responses: pd.DataFrame | Answers, categories: Sequence[str] | None = None) -> Answers:
    """Arrays of a tidy frame (validated here). All its rows are taken: choose arm and exclusions before.

    `categories` fixes the order; without it categories come in the order in which they are first heard, then chosen.
    """
    if isinstance(responses, Answers):
        return responses
    frame = validate_responses(responses)
    return answers_of(frame, category_order(frame) if categories is None else categories)


def answers_of(frame: pd.DataFrame, categories: Sequence[str]) -> Answers:
    """Arrays of rows that `validate_responses` has seen, in this order of categories."""
    index = {name: i for i, name in enumerate(categories)}
    block_keys = frame["arm"] + "\x1f" + frame["participant"] + "\x1f" + frame["session"] + "\x1f" + frame["block"]
    block, _ = pd.factorize(block_keys)
    participant, participants = pd.factorize(frame["participant"])
    first = np.unique(block, return_index=True)[1]
    return Answers(
        categories=tuple(categories),
        design=frame["design"].iloc[0] if len(frame) else "one_to_one",
        participants=tuple(participants),
        participant=np.asarray(participant),
        block=np.asarray(block),
        heard=frame["clip_category"].map(index).to_numpy(dtype=np.int64),
        chosen=frame["chosen_category"].map({**index, "": -1}).to_numpy(dtype=np.int64),
        n_options=frame["n_options"].to_numpy(dtype=np.int64)[first],
        n_clips=frame["n_clips"].to_numpy(dtype=np.int64)[first],
        block_participant=np.asarray(participant)[first],
    )


def category_order(frame: pd.DataFrame) -> list[str]:
    """Categories in order of first appearance: heard ones first, then those only ever chosen."""
    heard = list(pd.unique(frame["clip_category"]))
    chosen = [c for c in pd.unique(frame["chosen_category"]) if c != "" and c not in set(heard)]
    return heard + chosen
