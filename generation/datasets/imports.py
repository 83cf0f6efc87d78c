"""Writes of datasets: what `import_dataset` stores, and the draws that are made once and kept.

An import reads and checks everything first, then stores the files (content-addressed, so a second attempt finds them),
then writes all rows in one transaction: a dataset is there with everything that could be used, or not at all.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from generation.datasets import museart
from generation.datasets.inspection import Inspected, inspect_file
from generation.datasets.manifest import (
    AUDIO,
    CATEGORY_LENGTH,
    CONTENT,
    IMAGE,
    SPLITS,
    Entry,
    Listing,
    Skipped,
    read_listing,
)
from generation.datasets.splits import TEST, VAL, assign_splits
from generation.errors import DatasetError, MediaFileError
from generation.media import storage
from generation.models import Artwork, Category, Clip, Content, Dataset, ReferencePair
from generation.progress import Progress, quietly
from generation.seeds import check_seed

KIND_WORDS = {AUDIO: "clip", IMAGE: "artwork", CONTENT: "content image"}


@dataclass
class ImportResult:
    """What an import did. `notices` are facts a researcher should know that left nothing out."""

    dataset: Dataset
    added: Counter[str]
    present: int
    skipped: list[Skipped]
    notices: list[str]


@dataclass
class _Known:
    """What a dataset holds already: category by (kind, hash), and split by (kind, hash) and by (kind, piece)."""

    category: dict[tuple[str, str], str] = field(default_factory=dict)
    split: dict[tuple[str, str], str] = field(default_factory=dict)
    pieces: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # -> (category, split)

    def hashes(self, kind: str) -> set[str]:
        return {sha256 for of_kind, sha256 in self.category if of_kind == kind}


def import_dataset(
    *, path: Path, name: str, seed: int | None = None, notes: str | None = None, progress: Progress = quietly
) -> ImportResult:
    """Import a folder or manifest under a name; importing again adds what is new and keeps the rest.

    seed: of the split and the reference pairs, 0 unless stated; fixed by the first import.
    notes: known limits, printed in every report; without it those of the folder (`manifest.read_notes`).
    Raises DatasetError when no category is usable or the listing contradicts itself; a bad file is skipped by name.
    """
    dataset = _find_dataset(name, seed)
    listing = read_listing(path)
    known = _read_known(dataset)
    usable, skipped = _inspect_all(listing, known, progress)
    skipped = listing.skipped + skipped
    usable, left_out = _drop_incomplete_categories(usable, known)
    skipped += left_out
    if not known.category and not any(file.entry.kind != CONTENT for file in usable):
        raise DatasetError(
            f"No category of {path} is usable; nothing was imported. "
            + " ".join(f"{item}." for item in skipped[:10])
            + (f" And {len(skipped) - 10} more." if len(skipped) > 10 else "")
        )
    present = [file for file in usable if _key(file) in known.category]
    new = _plan_splits([file for file in usable if _key(file) not in known.category], known, dataset.split_seed)
    notices = _kept_splits(present, known)
    if restored := _restore_damaged(dataset, progress(present, "Checking stored files")):
        notices.append(f"{count_files(restored)} whose stored copy was missing or damaged: restored.")
    stored = [(file, _store_file(file)) for file in progress(new, "Storing")]
    with transaction.atomic():
        _save_dataset(
            dataset, known, root=path, notes=notes if notes is not None else listing.notes, on_request=notes is not None
        )
        _add_rows(dataset, listing, stored)
        notices += draw_reference_pairs(dataset)
        dataset.manifest_sha256 = manifest_sha256(dataset)
        dataset.save(update_fields=["manifest_sha256"])
    added = Counter(file.entry.kind for file in new)
    return ImportResult(dataset, added, len(present), skipped, notices)


def _find_dataset(name: str, seed: int | None) -> Dataset:
    if not name or slugify(name) != name.lower() or len(name) > 80:
        raise DatasetError(
            f'"{name}" cannot name a dataset: use letters, digits, - and _, e.g. {slugify(name) or "art"}.'
        )
    if seed is not None:
        check_seed(seed)
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        return Dataset(name=name, split_seed=seed or 0)
    if seed is not None and seed != dataset.split_seed:
        raise DatasetError(
            f"The dataset {name} was split with seed {dataset.split_seed}, and a split never changes. "
            "Import under another name to split anew."
        )
    return dataset


def _read_known(dataset: Dataset) -> _Known:
    known = _Known()
    if dataset.pk is None:
        return known
    for kind, rows in (
        (AUDIO, Clip.objects.filter(category__dataset=dataset)),
        (IMAGE, Artwork.objects.filter(category__dataset=dataset)),
    ):
        for sha256, category, split, piece in rows.values_list("sha256", "category__name", "split", "piece_id"):
            known.category[kind, sha256] = category
            known.split[kind, sha256] = split
            known.pieces[kind, piece or sha256] = (category, split)
    for sha256 in dataset.contents.values_list("sha256", flat=True):
        known.category[CONTENT, sha256] = ""
    return known


def _key(file: Inspected) -> tuple[str, str]:
    return file.entry.kind, file.sha256


def _inspect_all(listing: Listing, known: _Known, progress: Progress) -> tuple[list[Inspected], list[Skipped]]:
    """Every usable file once, in the order listed; a second copy and a file of two categories are skipped by name."""
    usable: list[Inspected] = []
    skipped: list[Skipped] = []
    first: dict[tuple[str, str], tuple[str, str]] = {
        key: (category, "what is imported already") for key, category in known.category.items()
    }
    listed: set[tuple[str, str]] = set()
    hashes = {kind: known.hashes(kind) for kind in KIND_WORDS}
    for entry in progress(listing.entries, "Checking files"):
        try:
            file = inspect_file(entry, root=listing.root, known=hashes[entry.kind])
        except MediaFileError as error:
            skipped.append(Skipped(entry.name, str(error)))
            continue
        category, elsewhere = first.setdefault(_key(file), (entry.category, entry.name))
        if category != entry.category:
            reason = f'is the same file as {elsewhere} in the category "{category}"; a file belongs to one category'
            skipped.append(Skipped(entry.name, reason))
        elif _key(file) in listed:
            skipped.append(Skipped(entry.name, f"is the same file as {elsewhere}"))
        else:
            listed.add(_key(file))
            usable.append(file)
    return usable, skipped


def _drop_incomplete_categories(files: list[Inspected], known: _Known) -> tuple[list[Inspected], list[Skipped]]:
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


def _plan_splits(new: list[Inspected], known: _Known, seed: int) -> list[Inspected]:
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


def _kept_splits(present: list[Inspected], known: _Known) -> list[str]:
    return [
        f"{file.entry.name} stays in {known.split[_key(file)]} although {file.entry.split} is stated now: "
        "a split never changes. Import under another name to change it."
        for file in present
        if file.entry.split and file.entry.split != known.split[_key(file)]
    ]


def _store_file(file: Inspected) -> str:
    """Keep the file's bytes; returns the storage name."""
    try:
        sha256, name = storage.store(file.entry.path.read_bytes(), file.suffix)
    except OSError as error:
        raise DatasetError(f"{file.entry.name} cannot be stored: {error}. Run the import again.") from error
    if sha256 != file.sha256:
        raise DatasetError(f"{file.entry.name} changed while it was imported. Run the import again.")
    return name


def _restore_damaged(dataset: Dataset, present: Iterable[Inspected]) -> int:
    """Store again what the storage has lost of files that were imported before; returns how many."""
    if dataset.pk is None:
        return 0
    rows = {
        (kind, sha256): name
        for kind, found in (
            (AUDIO, Clip.objects.filter(category__dataset=dataset)),
            (IMAGE, Artwork.objects.filter(category__dataset=dataset)),
            (CONTENT, Content.objects.filter(dataset=dataset)),
        )
        for sha256, name in found.values_list("sha256", "file")
    }
    restored = 0
    for file in present:
        try:
            data = file.entry.path.read_bytes()
            name = rows[_key(file)]
            if storage.sha256_of(data) == file.sha256 and not storage.holds(name, data):
                storage.restore(name, data)
                restored += 1
        except OSError as error:
            raise DatasetError(f"{file.entry.name} cannot be restored: {error}. Run the import again.") from error
    return restored


def _save_dataset(dataset: Dataset, known: _Known, *, root: Path, notes: str, on_request: bool) -> None:
    """Write the dataset's own row, after making sure that nobody imported into it since it was read."""
    if dataset.pk is None:
        if Dataset.objects.filter(name=dataset.name).exists():
            raise DatasetError(f"Another import of {dataset.name} has just ended. Run this one again.")
    else:
        Dataset.objects.select_for_update().get(pk=dataset.pk)
        if _read_known(dataset) != known:
            raise DatasetError(f"Another import changed {dataset.name} meanwhile. Run this one again.")
    dataset.root = str(root.resolve())
    # Notes that a researcher has edited are only overwritten on request.
    if on_request or not dataset.notes:
        dataset.notes = notes
    dataset.save()


def _add_rows(dataset: Dataset, listing: Listing, stored: list[tuple[Inspected, str]]) -> None:
    names = {file.entry.category for file, _ in stored if file.entry.category}
    # Categories keep the order of the listing, whatever was skipped in it.
    ordered = [name for name in dict.fromkeys(entry.category for entry in listing.entries) if name in names]
    categories = {name: _get_category(dataset, name) for name in ordered}
    clips, artworks, contents = [], [], []
    for file, name in stored:
        common = {"sha256": file.sha256, "file": name} | _described(file.entry)
        placed = {"split": file.entry.split, "piece_id": file.entry.piece_id}
        if file.entry.kind == AUDIO:
            sound = {"duration": file.duration, "sample_rate": file.sample_rate}
            clips.append(Clip(category=categories[file.entry.category], **common, **placed, **sound))
        elif file.entry.kind == IMAGE:
            size = {"width": file.width, "height": file.height}
            artworks.append(Artwork(category=categories[file.entry.category], **common, **placed, **size))
        else:
            contents.append(Content(dataset=dataset, **common, width=file.width, height=file.height))
    Clip.objects.bulk_create(clips)
    Artwork.objects.bulk_create(artworks)
    Content.objects.bulk_create(contents)


def _described(entry: Entry) -> dict[str, object]:
    return {
        "title": entry.title,
        "creator": entry.creator,
        "year": entry.year,
        "licence": entry.licence,
        "metadata": entry.metadata,
    }


def _get_category(dataset: Dataset, name: str) -> Category:
    found = dataset.categories.filter(name=name).first()
    if found:
        return found
    taken = set(dataset.categories.values_list("slug", flat=True))
    base = slugify(name, allow_unicode=True)[: CATEGORY_LENGTH - 5] or "category"
    slug = next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)
    return Category.objects.create(dataset=dataset, name=name, slug=slug, order=dataset.categories.count())


def draw_reference_pairs(dataset: Dataset) -> list[str]:
    """Give every val and test clip that has none a ground-truth artwork of its category and split, by seed.

    The draw depends on the dataset's seed, the clip's hash and the artworks that there are; a pair once drawn stays.
    Returns a sentence for every category and split in which clips have to go without.
    """
    artworks: dict[tuple[int, str], list[Artwork]] = {}
    for artwork in Artwork.objects.filter(category__dataset=dataset).order_by("sha256"):
        artworks.setdefault((artwork.category_id, artwork.split), []).append(artwork)
    clips = Clip.objects.filter(category__dataset=dataset, reference_pair=None).exclude(split="train")
    pairs, lacking = [], Counter[tuple[str, str]]()
    for clip in clips.select_related("category").order_by("category__order", "sha256"):
        choices = artworks.get((clip.category_id, clip.split))
        if choices:
            artwork = random.Random(f"{dataset.split_seed}/{clip.sha256}").choice(choices)
            pairs.append(ReferencePair(clip=clip, artwork=artwork))
        else:
            lacking[clip.category.name, clip.split] += 1
    ReferencePair.objects.bulk_create(pairs)
    return [
        f'The category "{category}" has no {split} artwork, so {n} of its {split} clips '
        f"{'has' if n == 1 else 'have'} no reference for IIS."
        for (category, split), n in lacking.items()
    ]


def manifest_sha256(dataset: Dataset) -> str:
    """Hash over kind, category, split, piece and hash of every file, whatever the order of their import."""
    lines = [f"content\t\t\t\t{sha256}" for sha256 in dataset.contents.values_list("sha256", flat=True)]
    for kind, rows in (
        (AUDIO, Clip.objects.filter(category__dataset=dataset)),
        (IMAGE, Artwork.objects.filter(category__dataset=dataset)),
    ):
        fields = rows.values_list("category__name", "split", "piece_id", "sha256")
        lines += ["\t".join([kind, *values]) for values in fields]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def count_splits(dataset: Dataset) -> dict[str, int]:
    """Clips per split, in the order train, val, test."""
    counts = Counter(Clip.objects.filter(category__dataset=dataset).values_list("split", flat=True))
    return {split: counts[split] for split in SPLITS}


def count_files(n: int) -> str:
    """`1 file`, `2 files`."""
    return f"{n} file{'' if n == 1 else 's'}"


def list_counts(counts: Iterable[tuple[str, int]]) -> str:
    """`40 clips, 41 artworks and 1 content image`; kinds without any are left out."""
    parts = [f"{n} {KIND_WORDS[kind]}{'' if n == 1 else 's'}" for kind, n in counts if n]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing"
