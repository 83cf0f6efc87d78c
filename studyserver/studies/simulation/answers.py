"""What simulated participants answer: a guessing model, or exact answers from a file. Pure; no pages, no database.

A *wish* is one block's answer: {category heard: category chosen}.

    AbilityModel    every category is known with probability p; what is not known is guessed at random
    read_matrix     a table of counts, taken apart into wishes whose sum is the table
    read_answers    one line for each block
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.names import SheetProblem, read_name, read_records
from studyserver.studies.errors import SimulationError

Wish = dict[str, str]
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class AbilityModel:
    """Knows each category with probability `ability`; one-to-one guesses are a uniform random permutation of the rest.

    In a free design an unknown clip gets any image with equal probability.
    """

    ability: float
    one_to_one: bool

    def answer(self, clips: Sequence[str], images: Sequence[str | None], *, rng: random.Random) -> list[int]:
        """Image index for each clip, both by the category that they show to an ear and an eye (None: none)."""
        known = [clip in images and rng.random() < self.ability for clip in clips]
        answers = [images.index(clip) if knows else -1 for clip, knows in zip(clips, known, strict=True)]
        if not self.one_to_one:
            return [index if index >= 0 else rng.randrange(len(images)) for index in answers]
        left = [index for index in range(len(images)) if index not in answers]
        rng.shuffle(left)
        return [index if index >= 0 else left.pop() for index in answers]


def read_matrix(path: Path, *, categories: Sequence[str]) -> Counts:
    """Read a CSV table of counts: header = categories chosen, first column = categories heard.

    Raises SimulationError naming the file and the line.
    """
    lines = _read_table(path, categories)
    chosen = lines[0][1:]
    _check_names(chosen, categories, where=f"{path}, line 1")
    counts: Counts = {}
    for number, line in enumerate(lines[1:], start=2):
        heard = line[0]
        if heard not in categories:
            raise SimulationError(f"{path}, line {number}: “{heard}” is not a category of the study.")
        if heard in counts:
            raise SimulationError(f"{path}, line {number}: the row “{heard}” comes a second time.")
        if len(line) != len(chosen) + 1:
            raise SimulationError(f"{path}, line {number}: {len(chosen) + 1} cells are needed, not {len(line)}.")
        try:
            cells = [int(cell) for cell in line[1:]]
        except ValueError:
            raise SimulationError(f"{path}, line {number}: every cell must be a whole number.") from None
        if min(cells) < 0:
            raise SimulationError(f"{path}, line {number}: a count cannot be negative.")
        counts[heard] = dict(zip(chosen, cells, strict=True))
    if missing := [name for name in categories if name not in counts]:
        raise SimulationError(f"{path}: the row “{missing[0]}” is missing.")
    return counts


def wishes_of_matrix(counts: Counts, *, blocks: int, one_to_one: bool, rng: random.Random) -> list[Wish]:
    """`blocks` answers whose counts add up to the table, in random order.

    Free: each row's choices are dealt out at random. One-to-one: the table is taken apart into permutations (it can be
    whenever all row and column sums are equal: Birkhoff), each drawn at random among those that fit what is left.
    Raises SimulationError naming the row or column that does not add up.
    """
    for heard, row in counts.items():
        if sum(row.values()) != blocks:
            raise SimulationError(
                f"The row “{heard}” adds up to {sum(row.values())}; participants x trials is {blocks}."
            )
    if not one_to_one:
        dealt = {
            heard: rng.sample(sorted(row), k=blocks, counts=[row[c] for c in sorted(row)])
            for heard, row in counts.items()
        }
        return [{heard: choices[block] for heard, choices in dealt.items()} for block in range(blocks)]
    for chosen in counts:
        total = sum(row[chosen] for row in counts.values())
        if total != blocks:
            heard = max(counts, key=lambda name: counts[name][chosen])
            raise SimulationError(
                f"One-to-one matching uses every image once in a block, so the column “{chosen}” must add up to "
                f"{blocks}, not {total} (its largest count is in the row “{heard}”). A free study takes this table."
            )
    left = {heard: dict(row) for heard, row in counts.items()}
    wishes = []
    for _ in range(blocks):
        wish = _draw_permutation(left, rng)
        for heard, chosen in wish.items():
            left[heard][chosen] -= 1
        wishes.append(wish)
    rng.shuffle(wishes)
    return wishes


def _draw_permutation(left: Counts, rng: random.Random) -> Wish:
    """A random permutation within the cells that still have counts (augmenting paths in random order)."""
    owner: dict[str, str] = {}

    def place(heard: str, tried: set[str]) -> bool:
        options = [chosen for chosen, n in left[heard].items() if n > 0 and chosen not in tried]
        rng.shuffle(options)
        for chosen in options:
            if chosen in tried:
                continue
            tried.add(chosen)
            if chosen not in owner or place(owner[chosen], tried):
                owner[chosen] = heard
                return True
        return False

    rows = list(left)
    rng.shuffle(rows)
    for heard in rows:
        # Equal row and column sums guarantee a place (Hall's condition); they stay equal as permutations are taken off.
        if not place(heard, set()):
            raise AssertionError(f"no permutation is left in {left}")
    return {heard: chosen for chosen, heard in owner.items()}


def read_answers(path: Path, *, categories: Sequence[str], blocks: int, one_to_one: bool) -> list[Wish]:
    """Read one answer a line: header = categories heard; cell = category chosen for it.

    Lines are the trials of the first participant, then of the second, and so on. Raises SimulationError naming the
    file and the line.
    """
    lines = _read_table(path, categories)
    heard = lines[0]
    _check_names(heard, categories, where=f"{path}, line 1")
    wishes = []
    for number, line in enumerate(lines[1:], start=2):
        chosen = line
        if len(chosen) != len(heard):
            raise SimulationError(f"{path}, line {number}: {len(heard)} cells are needed, not {len(chosen)}.")
        if unknown := next((name for name in chosen if name not in categories), None):
            raise SimulationError(f"{path}, line {number}: “{unknown}” is not a category of the study.")
        if one_to_one and len(set(chosen)) != len(chosen):
            twice = next(name for name in chosen if chosen.count(name) > 1)
            raise SimulationError(
                f"{path}, line {number}: “{twice}” is chosen twice; in one-to-one matching a line is a permutation."
            )
        wishes.append(dict(zip(heard, chosen, strict=True)))
    if len(wishes) != blocks:
        raise SimulationError(
            f"{path}: {blocks} lines after the header are needed (participants x trials), not {len(wishes)}."
        )
    return wishes


def _read_table(path: Path, categories: Sequence[str]) -> list[list[str]]:
    """Lines of cells, names of categories as the study writes them; lines without anything are none."""
    meant = {read_name(name): name for name in categories}
    try:
        records = list(read_records(path.read_bytes(), columns=meant))
    except OSError as error:
        raise SimulationError(f"{path}: cannot be read ({error.strerror}).") from None
    except SheetProblem as problem:
        raise SimulationError(f"{path}: not a CSV table in UTF-8: it {problem}.") from None
    named = [[read_name(text) for text in cells] for _, cells in records]
    lines = [[meant.get(name, name) for name in cells] for cells in named if any(cells)]
    if not lines:
        raise SimulationError(f"{path}: the file is empty; the first line names the categories.")
    return lines


def _check_names(names: Sequence[str], categories: Sequence[str], *, where: str) -> None:
    """The header names each category of the study once, in any order."""
    if sorted(names) != sorted(categories):
        there: Mapping[str, Sequence[str]] = {
            "missing": [name for name in categories if name not in names],
            "unknown": [name for name in names if name not in categories],
            "repeated": sorted({name for name in names if list(names).count(name) > 1}),
        }
        found = "; ".join(f"{what}: {', '.join(which)}" for what, which in there.items() if which)
        raise SimulationError(f"{where}: the header must name each category of the study once ({found}).")
