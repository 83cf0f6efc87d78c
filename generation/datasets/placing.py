"""Where files belong: split and category, kept from an earlier import where there was one."""

from collections import Counter
from dataclasses import replace

from generation.datasets import museart
from generation.datasets.entries import Skipped
from generation.datasets.inspection import Inspected
from generation.datasets.known import Known, count_files, file_key
from generation.datasets.manifest import AUDIO, CONTENT, IMAGE
from generation.datasets.splits import TEST, VAL, assign_splits
from generation.errors import DatasetError
from generation.names import find_change, group_alike


def drop_incomplete_categories(files: list[Inspected], known: Known) -> tuple[list[Inspected], list[Skipped]]:
    """Leave out categories without any music or without any art, those imported earlier counted in."""
    kinds = {(category, kind) for (kind, _), category in known.category.items()}
    kinds |= {(file.entry.category, file.entry.kind) for file in files}
    lacking = {
        category: "no usable audio" if kind == AUDIO else "no usable image"
        for category in {file.entry.category for file in files if file.entry.kind != CONTENT}
        for kind in (AUDIO, IMAGE)
        if (category, kind) not in kinds
    }
    skipped = []
    for category in dict.fromkeys(file.entry.category for file in files if file.entry.category in lacking):
        n = sum(file.entry.category == category for file in files)
        reason = f"has {lacking[category]}, so it cannot be matched; left out with {count_files(n)}"
        skipped.append(Skipped(f'category "{category}"', reason, files=n))
    return [file for file in files if file.entry.category not in lacking], skipped


def plan_splits(new: list[Inspected], known: Known, seed: int) -> list[Inspected]:
    """Give every new clip and artwork a split: the stated one, that of its piece, else a seeded one."""
    places = dict(known.pieces)
    stated_by: dict[tuple[str, str], str] = {}
    for file in new:
        if file.entry.kind == CONTENT or not file.entry.split:
            continue
        piece = file.entry.kind, file.entry.piece_id or file.sha256
        if piece in places and places[piece][1] != file.entry.split:
            other = stated_by.get(piece, "an earlier import")
            raise DatasetError(
                f'The piece "{piece[1]}" would lie in two splits: {file.entry.name} is in {file.entry.split}, '
                f"{other} in {places[piece][1]}. A piece belongs to one split."
            )
        places.setdefault(piece, (file.entry.category, file.entry.split))
        stated_by.setdefault(piece, file.entry.name)
    museart_sizes = _museart_sizes(new, places)
    for group in dict.fromkeys((file.entry.kind, file.entry.category) for file in new if file.entry.kind != CONTENT):
        members = [file for file in new if (file.entry.kind, file.entry.category) == group]
        pieces = [file.entry.piece_id or file.sha256 for file in members]
        # A piece that another category placed first keeps that place.
        taken = {
            name: split
            for (kind, name), (category, split) in places.items()
            if kind == group[0] and (category == group[1] or name in pieces)
        }
        sizes = dict.fromkeys((TEST, VAL), museart_sizes[group]) if group in museart_sizes else None
        for name, split in assign_splits(pieces, seed=seed, group="/".join(group), taken=taken, sizes=sizes).items():
            places[group[0], name] = (group[1], split)
    return [
        replace(file, entry=replace(file.entry, split=places[file.entry.kind, file.entry.piece_id or file.sha256][1]))
        if file.entry.kind != CONTENT
        else file
        for file in new
    ]


def _museart_sizes(new: list[Inspected], places: dict[tuple[str, str], tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Pieces per (kind, label) to hold out for val, and as many for test, that meet the paper's totals.

    Empty for other datasets, and for a kind of which Museart's share would leave a label without any.
    """
    pieces = {key: category for key, (category, _) in places.items()}
    for file in new:
        if file.entry.kind != CONTENT:
            pieces.setdefault((file.entry.kind, file.entry.piece_id or file.sha256), file.entry.category)
    if not museart.is_museart(set(pieces.values())):
        return {}
    counts = Counter((kind, category) for (kind, _), category in pieces.items())
    sizes: dict[tuple[str, str], int] = {}
    for kind in (AUDIO, IMAGE):
        of_kind = museart.held_out_sizes({label: counts[kind, label] for label in museart.LABELS})
        if all(of_kind.values()):
            sizes |= {(kind, label): size for label, size in of_kind.items()}
    return sizes


def kept_splits(present: list[Inspected], known: Known) -> list[str]:
    return [
        f"{file.entry.name} stays in {known.split[file_key(file)]} although {file.entry.split} is stated now: "
        "a split never changes. Import under another name to change it."
        for file in present
        if file.entry.split and file.entry.split != known.split[file_key(file)]
    ]


def notice_names(known: Known, usable: list[Inspected]) -> list[str]:
    """Categories that read alike, and those that spreadsheets make something else of."""
    names = [*known.category.values(), *(file.entry.category for file in usable)]
    categories = [name for name in dict.fromkeys(names) if name]
    alike = [
        f"The categories {', '.join(map(_quote, group))} read alike (case, look-alike letters or blanks): if they mean "
        "one thing, write them the same and import under another name."
        for group in group_alike(categories)
    ]
    changed = [
        f"Spreadsheets make {change} of the category {_quote(name)}: open exports there with all columns as text."
        for name in categories
        if (change := find_change(name))
    ]
    return alike + changed


def _quote(name: str) -> str:
    return f'"{name}"'
