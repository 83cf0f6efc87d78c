"""Who sees what: arms, boards and orders, drawn from seeds. Pure functions on ids; no database, no clock.

A board is one clip and one image of each category; the image is one made from that very clip. Within a session no
clip comes twice while another is left; over sessions the clip (then the image) shown least comes first, ties by seed.
Images of two categories that look alike are kept off one board where that can be: a look-alike counts as shown once
more, and when a session's boards are drawn, images of one category change places between them as long as that parts
look-alikes. Without look-alikes nothing of this changes a draw.
Sets whose images carry a board number (shuffled controls) are shown as those whole boards instead, so that each
board stays a random permutation of its own images. Clips and images are then shuffled independently of each other.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations

from studyserver.studies.errors import MaterialMissing


@dataclass(frozen=True)
class Item:
    """An image that may be shown, by ids: `stimulus` made from `clip` of `category`, perhaps on a fixed `board`."""

    stimulus: int
    clip: int
    category: int
    board: int | None = None


@dataclass(frozen=True)
class PlannedTrial:
    """The orders of one trial, from first to last shown.

    Clips are ids; images are ids of stimuli or, where photographs are among them, {"stimulus": id} or {"content": id}.
    An attention check also says which image to choose (from 1) and after which main trial it comes.
    """

    clip_order: list[int]
    image_order: Sequence[int | dict[str, int]]
    instructed: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class ArmLoad:
    """An arm and how many places are taken: completed sessions and live working ones."""

    arm: int
    taken: int
    quota: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether it has reached its quota."""
        return self.quota is not None and self.taken >= self.quota


@dataclass
class Shown:
    """How often clips and images have been shown: `overall` in the arm so far, `here` in this session."""

    overall: Counter[int]
    here: Counter[int] = field(default_factory=Counter)


def rng_for(study_seed: int, number: int, purpose: str) -> random.Random:
    """The random source of one purpose in one session; the same three arguments give the same draws for ever."""
    return random.Random(f"{study_seed}/{number}/{purpose}")


def choose_arm(loads: Sequence[ArmLoad], *, rng: random.Random) -> int | None:
    """The arm with the most room: least taken, as a share of its quota where every arm has one. None: all are full."""
    open_arms = [load for load in loads if not load.is_full]
    if not open_arms:
        return None
    by_share = all(load.quota is not None for load in loads)
    ties = {load.arm: rng.random() for load in loads}

    def rank(load: ArmLoad) -> tuple[float, float]:
        return load.taken / load.quota if by_share and load.quota else float(load.taken), ties[load.arm]

    return min(open_arms, key=rank).arm


def plan_trials(
    *,
    items: Iterable[Item],
    categories: Sequence[int],
    trials: int,
    shown: Mapping[int, int],
    seed: int,
    number: int,
    alike: Collection[tuple[int, int]] = (),
) -> list[PlannedTrial]:
    """Draw the main trials of session `number` (1, 2, ...) of a study with `seed`.

    `items` are the images of the session's arm that may be shown, `shown` says how often each stimulus id was shown
    in the arm so far, `alike` are pairs of stimulus ids that had better not share a board. Raises MaterialMissing when
    a category has no image, or a set of boards no whole board.
    """
    rng = rng_for(seed, number, "boards")
    usable = sorted((i for i in items if i.category in set(categories)), key=lambda i: i.stimulus)
    likes: dict[int, set[int]] = {}
    for one, other in alike:
        likes.setdefault(one, set()).add(other)
        likes.setdefault(other, set()).add(one)
    draw = _draw_boards if any(i.board is not None for i in usable) else _draw_freely
    boards = draw(usable, categories, trials, shown, rng, likes)
    order = rng_for(seed, number, "orders")
    return [_shuffle_board(board, order) for board in boards]


def _draw_freely(
    items: Sequence[Item],
    categories: Sequence[int],
    trials: int,
    shown: Mapping[int, int],
    rng: random.Random,
    likes: Mapping[int, Set[int]],
) -> list[list[Item]]:
    """One clip for each category, least shown first, then one of its images likewise."""
    images: dict[int, dict[int, list[Item]]] = {category: {} for category in categories}
    clips_shown: Counter[int] = Counter()
    for item in items:
        images[item.category].setdefault(item.clip, []).append(item)
        clips_shown[item.clip] += shown.get(item.stimulus, 0)
    for category in categories:
        if not images[category]:
            raise MaterialMissing(f"The stimulus set has no image for category {category}.")
    clips, stimuli = Shown(clips_shown), Shown(Counter(shown))
    boards = []
    for _ in range(trials):
        board: list[Item] = []
        for category in categories:
            taken = {other for i in board for other in likes.get(i.stimulus, ())}
            lost = {clip for clip, found in images[category].items() if all(i.stimulus in taken for i in found)}
            clip = _least_shown(sorted(images[category]), clips, rng, lost)
            stimulus = _least_shown([i.stimulus for i in images[category][clip]], stimuli, rng, taken)
            board.append(next(i for i in images[category][clip] if i.stimulus == stimulus))
        boards.append(board)
    if likes:
        _part_alike(boards, likes, [images[category] for category in categories], clips.overall)
    return boards


def _part_alike(
    boards: list[list[Item]],
    likes: Mapping[int, Set[int]],
    images: Sequence[Mapping[int, Sequence[Item]]],
    shown: Mapping[int, int],
) -> None:
    """Change boards as long as fewer look-alikes share one then; each keeps one image of each category.

    `images` are those of each category by clip, `shown` says how often each clip was shown, these boards included.
    """
    while _exchange(boards, likes, images) or _replace(boards, likes, images, shown):
        pass


def _exchange(
    boards: list[list[Item]], likes: Mapping[int, Set[int]], images: Sequence[Mapping[int, Sequence[Item]]]
) -> bool:
    """Let two boards change their images of one category, if that parts look-alikes.

    Only boards between which each clip comes once, so that none comes again while another is left.
    """
    for (i, one), (j, other) in combinations(enumerate(boards), 2):
        for place, clips in enumerate(images):
            if i // len(clips) != j // len(clips):
                continue
            before = _count_alike(one, likes) + _count_alike(other, likes)
            one[place], other[place] = other[place], one[place]
            if _count_alike(one, likes) + _count_alike(other, likes) < before:
                return True
            one[place], other[place] = other[place], one[place]
    return False


def _replace(
    boards: list[list[Item]],
    likes: Mapping[int, Set[int]],
    images: Sequence[Mapping[int, Sequence[Item]]],
    shown: Mapping[int, int],
) -> bool:
    """Put an image of a clip that the session has not shown, nor others more often, in the place of a look-alike."""
    for i, board in enumerate(boards):
        before = _count_alike(board, likes)
        for place, clips in enumerate(images if before else ()):
            own = board[place]
            used = {b[place].clip for j, b in enumerate(boards) if j // len(clips) == i // len(clips)}
            free = [clip for clip in clips if clip not in used and shown[clip] <= shown[own.clip]]
            for clip in sorted(free, key=lambda clip: (shown[clip], clip)):
                for board[place] in clips[clip]:
                    if _count_alike(board, likes) < before:
                        return True
            board[place] = own
    return False


def _count_alike(board: Sequence[Item], likes: Mapping[int, Set[int]]) -> int:
    """How many pairs of look-alikes a board shows."""
    return sum(b.stimulus in likes.get(a.stimulus, ()) for a, b in combinations(board, 2))


def _draw_boards(
    items: Sequence[Item],
    categories: Sequence[int],
    trials: int,
    shown: Mapping[int, int],
    rng: random.Random,
    likes: Mapping[int, Set[int]],
) -> list[list[Item]]:
    """Whole boards, least shown first."""
    grouped: dict[int, list[Item]] = {}
    for item in items:
        if item.board is not None:
            grouped.setdefault(item.board, []).append(item)
    whole = {
        number: board
        for number, board in grouped.items()
        if sorted(i.category for i in board) == sorted(categories) and len({i.clip for i in board}) == len(board)
    }
    if not whole:
        raise MaterialMissing("The stimulus set has no whole board with one image of each category.")
    counts = Shown(Counter({number: sum(shown.get(i.stimulus, 0) for i in board) for number, board in whole.items()}))
    lost = {number for number, board in whole.items() if _count_alike(board, likes)}
    return [whole[_least_shown(sorted(whole), counts, rng, lost)] for _ in range(trials)]


def _least_shown(keys: Sequence[int], counts: Shown, rng: random.Random, lost: Set[int]) -> int:
    """The key shown least, those that are `lost` counted once more, ties by chance; counts it as shown."""
    ties = {key: rng.random() for key in keys}
    # In this session, then overall.
    chosen = min(keys, key=lambda key: (counts.here[key], counts.overall[key] + (key in lost), key in lost, ties[key]))
    counts.here[chosen] += 1
    counts.overall[chosen] += 1
    return chosen


def _shuffle_board(board: Sequence[Item], rng: random.Random) -> PlannedTrial:
    """Clips and images in two independent random orders."""
    clip_order = [i.clip for i in board]
    image_order = [i.stimulus for i in board]
    rng.shuffle(clip_order)
    rng.shuffle(image_order)
    return PlannedTrial(clip_order, image_order)
