"""Where files belong: split and category, kept from an earlier import where there was one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from generation.datasets import museart
from generation.datasets.entries import Skipped
from generation.datasets.inspection import Inspected
from generation.datasets.known import Known, count_files, file_key
from generation.datasets.manifest import AUDIO, CONTENT, IMAGE, SPLITS
from generation.datasets.splits import TEST, TRAIN, VAL, assign_splits, held_out_sizes
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


def plan_splits(
    new: list[Inspected], known: Known, seed: int, *, by_clip: bool = False
) -> tuple[list[Inspected], list[str]]:
    """Give every new clip and artwork a split: the stated one, that of its piece, else a seeded one.

    A stated split wins even where a piece then lies in several; a file without one goes with its piece, into train
    where that is one of them. by_clip: the recordings of clips are not looked at.
    Returns the files, and sentences on what was drawn by recording.
    """

    def unit_of(kind: str, sha256: str, piece: str) -> str:
        return sha256 if by_clip and kind == AUDIO else piece or sha256

    units = {id(file): unit_of(file.entry.kind, file.sha256, file.entry.piece_id) for file in new}
    rows = [
        (kind, known.category[kind, sha256], unit_of(kind, sha256, piece), known.split[kind, sha256])
        for (kind, sha256), piece in known.piece.items()
    ]
    rows += [
        (file.entry.kind, file.entry.category, units[id(file)], file.entry.split)
        for file in new
        if file.entry.kind != CONTENT
    ]
    files = Counter((kind, category, unit) for kind, category, unit, _ in rows)
    places: dict[tuple[str, str], str] = {}
    for kind, _, unit, split in rows:
        if split:
            places[kind, unit] = min(places.get((kind, unit), split), split, key=SPLITS.index)
    museart_sizes = _museart_sizes(files)
    drawn: list[Drawn] = []
    to_draw = dict.fromkeys((kind, category) for kind, category, unit, split in rows if not split)
    for kind, category in to_draw:
        here = Counter({unit: n for (of, label, unit), n in files.items() if (of, label) == (kind, category)})
        # A piece that another category placed first keeps that place.
        taken = {unit: places[kind, unit] for unit in here if (kind, unit) in places}
        size = museart_sizes.get((kind, category))
        sizes = None if size is None else dict.fromkeys((TEST, VAL), size)
        found = assign_splits(here.elements(), seed=seed, group=f"{kind}/{category}", taken=taken, sizes=sizes)
        places |= {(kind, unit): split for unit, split in found.items()}
        if kind == AUDIO and found and max(here.values()) > 1:
            drawn.append(Drawn(category, here, taken | found, sizes or held_out_sizes(here.total(), len(here))))
    placed = [
        file
        if file.entry.kind == CONTENT or file.entry.split
        else replace(file, entry=replace(file.entry, split=places[file.entry.kind, units[id(file)]]))
        for file in new
    ]
    return placed, describe_draw(drawn, museart=bool(museart_sizes))


@dataclass(frozen=True)
class Drawn:
    """A category's music as split by recording: clips of each recording, its split, the sizes that were wanted."""

    category: str
    clips: Counter[str]
    splits: dict[str, str]
    wanted: dict[str, int]

    def sizes(self) -> Counter[str]:
        """Clips by split."""
        found: Counter[str] = Counter()
        for recording, split in self.splits.items():
            found[split] += self.clips[recording]
        return found


def describe_draw(drawn: list[Drawn], *, museart: bool) -> list[str]:
    """What recordings made of the sizes that were wanted, and categories with too few of them for three splits."""
    if not drawn:
        return []
    total = sum(each.clips.total() for each in drawn)
    wanted = {part: sum(each.wanted[part] for each in drawn) for part in (VAL, TEST)}
    got = sum((each.sizes() for each in drawn), Counter[str]())
    as_text = [
        "/".join(f"{sizes[split]:,}" for split in SPLITS)
        for sizes in (got, {TRAIN: total - sum(wanted.values())} | wanted)
    ]
    shares = "the paper's shares are" if museart else "80/10/10 % are"
    few = [
        f'The category "{each.category}" has a single recording: all its clips are in '
        f"{', '.join(sorted(set(each.splits.values())))}."
        if len(each.clips) == 1
        else f'The category "{each.category}" has 2 recordings: validation has none of them.'
        for each in drawn
        if len(each.clips) < 3
    ]
    return [f"Split by recording: clips train/val/test {as_text[0]}; {shares} {as_text[1]}.", *few]


def _museart_sizes(files: Mapping[tuple[str, str, str], int]) -> dict[tuple[str, str], int]:
    """Files per (kind, label) to hold out for val, and as many for test, that meet the paper's totals.

    Empty for other datasets, and for a kind of which Museart's share would leave a label without any.
    """
    if not museart.is_museart({category for _, category, _ in files}):
        return {}
    counts: Counter[tuple[str, str]] = Counter()
    for (kind, category, _), n in files.items():
        counts[kind, category] += n
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


def kept_pieces(present: list[Inspected], known: Known) -> list[str]:
    """A sentence on files that were imported before their recording was told, or as of another."""
    other = [file for file in present if file.entry.piece_id and file.entry.piece_id != known.piece[file_key(file)]]
    if not other:
        return []
    return [
        f"{count_files(len(other))} imported earlier keep{'s' if len(other) == 1 else ''} what was known of their "
        f"recordings then ({other[0].entry.name}: {known.piece[file_key(other[0])] or 'nothing'}). Import under "
        "another name to change it."
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
