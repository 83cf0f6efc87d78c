"""Which heard categories of one person may change names, and what the person chose for each of them.

The test asks: would these choices look as right if the clips had other names? Within one participant the *heard*
categories are renamed, over all that person's boards at once, and the choices are kept. People who know nothing but
have a mapping of their own ("electronic is blue"), a favourite image, or both, are as right under any other names.

Two categories of one person may change names where that turns the person's boards into the same boards: where, the
clips of both renamed and the images left, each kind of board (clips asked, images shown) is there as often as before.
So categories are exchanged that were heard on the same boards, or on different boards with the same images; never one
that was heard with one that was not, and none that was heard once with one heard twice. A clip left unanswered stays on
its board: that nothing was chosen for it is kept like a choice.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations

import numpy as np

from analysis.reading import Answers

# Clips asked and images shown on a board, by category, and how many images were shown in all.
Kind = tuple[tuple[int, ...], tuple[int, ...], int]
Boards = frozenset[tuple[Kind, int]]
Classes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Tables:
    """What every participant chose for every category heard, and which categories may change names.

    counts : (P, k, k) answers, rows = heard, columns = chosen
    classes : per participant the categories heard, in classes whose members may change names
    """

    counts: np.ndarray
    classes: tuple[Classes, ...]

    @cached_property
    def parts(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Size of a class -> (n,) participants and (n, size) categories of all classes of this size."""
        found: dict[int, tuple[list[int], list[tuple[int, ...]]]] = {}
        for person, classes in enumerate(self.classes):
            for members in classes:
                owners, names = found.setdefault(len(members), ([], []))
                owners.append(person)
                names.append(members)
        return {size: (np.array(owners), np.array(names)) for size, (owners, names) in sorted(found.items())}

    def squares(self, size: int) -> np.ndarray:
        """(n, size, size) counts within every class of this size: heard by chosen."""
        owners, names = self.parts[size]
        return self.counts[owners[:, None, None], names[:, :, None], names[:, None, :]]

    @property
    def largest(self) -> int:
        """Members of the largest class; 0 without answers. Below 2 nothing can be renamed."""
        return max(self.parts, default=0)

    def renamed(self, category: int) -> bool:
        """Whether some participant has a category to exchange this one with."""
        return any(category in members for classes in self.classes for members in classes if len(members) > 1)


def tables_of(answers: Answers) -> Tables:
    """Tables of one arm; blocks without any answer stay out."""
    k = len(answers.categories)
    kept = answers.answered
    flat = (answers.participant[kept] * k + answers.heard[kept]) * k + answers.chosen[kept]
    counts = np.bincount(flat, minlength=answers.n_participants * k * k)
    counts = counts.reshape(answers.n_participants, k, k)
    boards: list[Counter[Kind]] = [Counter() for _ in range(answers.n_participants)]
    for person, kind in _kinds(answers):
        boards[person][kind] += 1
    return Tables(counts, tuple(exchangeable(frozenset(own.items())) for own in boards))


@lru_cache(maxsize=4096)
def exchangeable(boards: Boards) -> Classes:
    """Categories heard on these boards (kind, how often), in classes whose members may change names."""
    heard = sorted({clip for (clips, _, _), _ in boards for clip in clips})
    leader = {category: category for category in heard}
    for a, b in combinations(heard, 2):
        # Exchanges that keep the boards make more of them, so the classes are closed and their leaders speak for all.
        if leader[a] == a and leader[b] == b and _exchanged(boards, a, b) == boards:
            leader[b] = a
    return tuple(tuple(c for c in heard if leader[c] == first) for first in heard if leader[first] == first)


def _exchanged(boards: Boards, a: int, b: int) -> Boards:
    names = {a: b, b: a}

    def swap(categories: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(names.get(category, category) for category in categories))

    return frozenset(((swap(clips), images, shown), times) for (clips, images, shown), times in boards)


def _kinds(answers: Answers) -> Iterator[tuple[int, Kind]]:
    """(participant, kind of board) of every block with an answer.

    Rows tell which images were chosen, not all that were shown. A complete one-to-one board without images to spare
    used them all; a board with as many images as there are categories is taken to show one of each; on others every
    clip is taken to have its own image.
    """
    order = np.argsort(answers.block, kind="stable")
    edges = np.searchsorted(answers.block[order], np.arange(answers.n_blocks + 1)).tolist()
    heard, chosen = answers.heard[order].tolist(), answers.chosen[order].tolist()
    owners, shown, size = answers.block_participant.tolist(), answers.n_options.tolist(), answers.n_clips.tolist()
    everything = tuple(range(len(answers.categories)))
    for b, owner in enumerate(owners):
        clips, picks = tuple(sorted(heard[edges[b] : edges[b + 1]])), chosen[edges[b] : edges[b + 1]]
        if all(pick < 0 for pick in picks):
            continue
        images = clips
        if answers.design == "one_to_one" and min(picks) >= 0 and len(clips) == size[b] == shown[b]:
            images = tuple(sorted(picks))
        elif shown[b] == len(everything) and len(set(clips)) == len(clips):
            images = everything
        yield owner, (clips, images, shown[b])
