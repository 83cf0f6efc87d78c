"""Source `shuffled`: a control whose boards are relabelled by stored permutations."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from generation.errors import StimulusSetError
from generation.jobs import add_images, finish_set, recording_failure, start_job
from generation.models import Stimulus, StimulusSet
from generation.run.sources.source import ImageSource
from generation.seeds import check_seed, derive_seed, permuted
from generation.stimuli import find_categories, find_recognition, find_set, making, open_set

Slot = TypeVar("Slot")


@dataclass(frozen=True)
class Board(Generic[Slot]):
    """One image per category, in the categories' order; image i takes the place of image `permutation[i]`."""

    number: int
    slots: tuple[Slot, ...]
    permutation: tuple[int, ...]


def make_boards(slots: Mapping[str, Sequence[Slot]], *, source: str, seed: int) -> list[Board[Slot]]:
    """Cut images of each category (in a fixed order) into boards; images beyond the smallest category are left out.

    source: name of the set that the images come from, so that controls of two sets with one seed are independent.
    """
    drawn = {category: permuted(list(images), "boards", source, seed, category) for category, images in slots.items()}
    count = min((len(images) for images in drawn.values()), default=0)
    permutations = draw_permutations(len(drawn), count, seed=derive_seed("permutations", source, seed))
    return [
        Board(number, tuple(images[number] for images in drawn.values()), permutation)
        for number, permutation in enumerate(permutations)
    ]


def draw_permutations(size: int, count: int, *, seed: int) -> list[tuple[int, ...]]:
    """Permutations of 0 .. size - 1 whose fixed points average one: who recognises every image scores chance.

    Each has exactly one, and every place takes its turn; all permutations with one are equally likely. Two things have
    none with one, so that both and none stay in turn; the last of an odd number is drawn by itself.
    """
    rng = random.Random(seed)
    if size < 3:
        pairs = [rng.sample([(0, 1), (1, 0)], 2) for _ in range(-(-count // 2))]
        return [permutation[:size] for pair in pairs for permutation in pair][:count]
    turns = [place for _ in range(-(-count // size)) for place in rng.sample(range(size), size)]
    return [_fix_only(place, size, rng) for place in turns[:count]]


def _fix_only(place: int, size: int, rng: random.Random) -> tuple[int, ...]:
    """A permutation that leaves this place alone as it is; one in three of those that are tried moves all others."""
    others = [i for i in range(size) if i != place]
    while True:
        targets = rng.sample(others, size - 1)
        if all(i != target for i, target in zip(others, targets, strict=True)):
            moved = dict(zip(others, targets, strict=True))
            return tuple(moved.get(i, i) for i in range(size))


def make_shuffled_set(
    *, name: str, parent_name: str, categories: Sequence[str] = (), seed: int = 0
) -> tuple[StimulusSet, bool]:
    """Make the control set of another set (see `shuffled`); returns it and whether anything was left to do."""
    check_seed(seed)
    parent = find_set(parent_name, purpose=" to shuffle")
    if parent.status != StimulusSet.Status.READY:
        raise StimulusSetError(f"The set {parent_name} is {parent.get_status_display()}; finish it first.")
    if parent.source == StimulusSet.Source.SHUFFLED:
        raise StimulusSetError(f"The set {parent_name} is a shuffled control already; shuffle the set it came from.")
    chosen = [
        category
        for category in find_categories(parent.dataset, categories)
        if categories or category.stimuli.filter(set=parent).exists()
    ]
    images = parent.stimuli.filter(flagged=False).select_related("clip", "category").order_by("clip__sha256", "index")
    slots = {category.name: list(images.filter(category=category)) for category in chosen}
    if len(chosen) < 2:
        raise StimulusSetError("A shuffled control needs images of at least two categories.")
    if empty := [category for category, found in slots.items() if not found]:
        raise StimulusSetError(f'The set {parent_name} has no image of "{empty[0]}".')
    boards = make_boards(slots, source=parent.name, seed=seed)
    settings = {
        "schema": "paragone-set/1",
        "source": StimulusSet.Source.SHUFFLED.value,
        "parent": parent.name,
        "categories": list(slots),
        "seed": seed,
        "boards": len(boards),
        "images": [row.sha256 for board in boards for row in board.slots],
    }
    with making(name):
        stimulus_set = open_set(
            name=name,
            source=StimulusSet.Source.SHUFFLED,
            dataset=parent.dataset,
            checkpoint=parent.checkpoint,
            parent=parent,
            settings=settings,
        )
        if stimulus_set.status == StimulusSet.Status.READY:
            return stimulus_set, False
        job = start_job(stimulus_set, len(boards) * len(slots))
        with recording_failure(job):
            # One transaction: boards are few and copy no file, so there is nothing to resume half-way.
            if not stimulus_set.stimuli.exists():
                add_images(job, [row for board in boards for row in _relabel(board, list(slots), parent, seed)])
            finish_set(job)
    return stimulus_set, True


def shuffle(name: str, options: Mapping[str, Any]) -> str:
    """What `generate_stimuli --source shuffled` does, with its options."""
    if not options.get("from_set"):
        raise StimulusSetError("--from is missing: name the set to shuffle.")
    for option in ("checkpoint", "dataset", "split", "clips_per_category", "images_per_clip", "total"):
        if options.get(option):
            raise StimulusSetError(f"--{option.replace('_', '-')} does not go with --source shuffled.")
    stimulus_set, made = make_shuffled_set(
        name=name,
        parent_name=options["from_set"],
        categories=options.get("categories") or (),
        seed=options.get("seed") or 0,
    )
    count, n_boards = stimulus_set.stimuli.count(), stimulus_set.settings["boards"]
    boards = "1 board" if n_boards == 1 else f"{n_boards} boards"
    if not made:
        return f"Nothing to do: the set {name} already holds its {count} images on {boards}."
    categories = stimulus_set.settings["categories"]
    usable = Stimulus.objects.filter(set=stimulus_set.parent, category__name__in=categories, flagged=False)
    left_out = usable.count() - count
    those = "1 image that fills" if left_out == 1 else f"{left_out} images that fill"
    rest = f"; left out: {those} no whole board" if left_out else ""
    found = find_recognition(stimulus_set.stimuli.select_related("clip"))
    off = "" if found is None or found.at_chance else f"; {found}"
    return f"Shuffled {count} images of {options['from_set']} on {boards} into the set {name}{rest}{off}."


def _relabel(board: Any, categories: list[str], parent: StimulusSet, seed: int) -> Iterator[Stimulus]:
    for image, place in zip(board.slots, board.permutation, strict=True):
        shown_for = board.slots[place]
        yield Stimulus(
            category=shown_for.category,
            clip=shown_for.clip,
            index=shown_for.index,
            board=board.number,
            seed=image.seed,
            sha256=image.sha256,
            file=image.file.name,
            width=image.width,
            height=image.height,
            look=image.look,
            provenance={
                "schema": "paragone-image/1",
                "source": StimulusSet.Source.SHUFFLED.value,
                "parent": parent.name,
                "set_seed": seed,
                "board": board.number,
                "categories": categories,
                "perm": list(board.permutation),
                "source_clip": image.clip.sha256,
                "source_category": image.category.name,
                "source_index": image.index,
                "image": image.provenance,
            },
        )


SHUFFLED = ImageSource(
    words="the images of another set, each counting as a category drawn at random on boards of one image per category; "
    "whoever recognises the music scores chance.",
    make_at_once=shuffle,
    needs=("from_set",),
    caption="made from this clip",
    ending="a computer model had made from it",
)
