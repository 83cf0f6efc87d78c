"""Writes of datasets: what `import_dataset` stores, and the draws that are made once and kept.

An import reads and checks everything first, then stores the files (content-addressed, so a second attempt finds them),
then writes all rows in one transaction: a dataset is there with everything that could be used, or not at all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from generation import media
from generation.datasets.entries import Skipped, show_path
from generation.datasets.hearing import (
    SOUND_FIELDS,
    describe_sound,
    find_opened,
    note_sounds,
    restore_copies,
    store_copy,
)
from generation.datasets.inspection import Inspected, inspect_file
from generation.datasets.known import (
    KIND_WORDS,
    Known,
    count_files,
    count_leakage,
    file_key,
    hidden_files,
    leakage_of,
    read_known,
)
from generation.datasets.manifest import AUDIO, CONTENT, IMAGE, Listing, read_listing
from generation.datasets.placing import (
    drop_incomplete_categories,
    kept_pieces,
    kept_splits,
    notice_names,
    plan_splits,
)
from generation.datasets.published import read_published
from generation.datasets.recordings import check_pattern, find_pieces
from generation.datasets.rows import add_rows, draw_reference_pairs, manifest_sha256, save_dataset
from generation.errors import AudioError, DatasetError, MediaFileError, describe, explain_os_error, is_disk_full
from generation.files import plain_picture
from generation.models import Artwork, Clip, Content, Dataset
from generation.names import check_text, is_short_name
from generation.progress import Progress, quietly
from generation.seeds import check_seed

# What stays together when music is split.
PIECE, CLIP = "piece", "clip"
# The longest path that a row takes.
ROOT_LENGTH = 1000


@dataclass
class ImportResult:
    """What an import did. `notices` are facts a researcher should know that left nothing out."""

    dataset: Dataset
    added: Counter[str]
    present: int
    skipped: list[Skipped]
    notices: list[str]


def import_dataset(
    *,
    path: Path,
    name: str,
    seed: int | None = None,
    notes: str | None = None,
    piece_pattern: str | None = None,
    split_by: str | None = None,
    progress: Progress = quietly,
) -> ImportResult:
    """Import a folder, a manifest or published tables under a name; importing again adds what is new, keeps the rest.

    seed: of the split and the reference pairs, 0 unless stated; fixed by the first import.
    notes: known limits, printed in every report; without it those of the folder (`manifest.read_notes`).
    piece_pattern: how names tell recordings (`recordings.find_pieces`). split_by: "piece", the default, or "clip", for
    music. Both are fixed by the first import.
    Raises DatasetError when no category is usable or the listing contradicts itself; a bad file is skipped by name.
    """
    dataset = _find_dataset(name, seed, piece_pattern, split_by)
    _check_root(path)
    known = read_known(dataset)
    listing, told = list_files(path, dataset.piece_pattern, known)
    usable, skipped = _inspect_all(listing, known, progress)
    skipped = listing.skipped + skipped
    usable, left_out = drop_incomplete_categories(usable, known)
    skipped += left_out
    if not known.category and not any(file.entry.kind != CONTENT for file in usable):
        raise DatasetError(
            f"No category of {path} is usable; nothing was imported. "
            + " ".join(f"{item}." for item in skipped[:10])
            + (f" And {len(skipped) - 10} more." if len(skipped) > 10 else "")
        )
    present = [file for file in usable if file_key(file) in known.category]
    new, drawn = plan_splits(
        [file for file in usable if file_key(file) not in known.category],
        known,
        dataset.split_seed,
        by_clip=dataset.split_by == CLIP,
    )
    notices = told + kept_splits(present, known) + kept_pieces(present, known) + notice_names(known, usable) + drawn
    if listing.hidden:
        notices.append(hidden_files(listing.hidden))
    if restored := _restore_damaged(dataset, progress(present, "Checking stored files")):
        notices.append(f"{count_files(restored)} whose stored copy was missing or damaged: restored.")
    stored = [(file, _store_file(file)) for file in progress(new, "Storing")]
    judged = [file for file in present if file.sound]
    copies = {file.sha256: _copy_file(file) for file in new + judged if file.sound and not file.sound.is_playable}
    with transaction.atomic():
        save_dataset(
            dataset, known, root=path, notes=notes if notes is not None else listing.notes, on_request=notes is not None
        )
        add_rows(dataset, listing, stored, copies)
        _describe_judged(dataset, judged, copies)
        notices += draw_reference_pairs(dataset)
        dataset.manifest_sha256 = manifest_sha256(dataset)
        dataset.leakage = count_leakage(dataset)
        dataset.save(update_fields=["manifest_sha256", "leakage"])
    notices += note_sounds(new)
    added = Counter(file.entry.kind for file in new)
    return ImportResult(dataset, added, len(present), skipped, notices)


def list_files(path: Path, pattern: str, known: Known) -> tuple[Listing, list[str]]:
    """What is listed in one of the layouts, each clip with its recording as far as it is told; sentences on that."""
    listing = read_published(path) or read_listing(path)
    entries, told = find_pieces(listing.entries, pattern, known.recordings)
    return replace(listing, entries=entries), told


@dataclass
class Preview:
    """What an import would take, by the names of files alone, none of which was opened.

    `files` of each category: clips, artworks. `missing`: listed files that are not there. `leakage`: as an import
    counts it, with the split that is stated, or drawn as it would be.
    """

    files: dict[str, Counter[str]]
    recordings: dict[str, int]
    splits: Counter[str]
    missing: int
    leakage: dict[str, Any]
    skipped: list[Skipped]
    notices: list[str]


def preview_dataset(
    *, path: Path, name: str, seed: int | None = None, piece_pattern: str | None = None, split_by: str | None = None
) -> Preview:
    """Look at what `import_dataset` would be given, quickly; nothing is written. Raises DatasetError as it does.

    Files that are damaged, doubled or imported already are not told from others, so an import may take fewer.
    """
    dataset = _find_dataset(name, seed, piece_pattern, split_by)
    _check_root(path)
    known = read_known(dataset)
    listing, told = list_files(path, dataset.piece_pattern, known)
    # Names in place of hashes: what is drawn by recording is drawn so at import, too; of other files the numbers are.
    named = [Inspected(entry, f"{entry.kind}/{entry.name}") for entry in listing.entries]
    named, left_out = drop_incomplete_categories(named, known)
    planned, drawn = plan_splits(named, Known(), dataset.split_seed, by_clip=dataset.split_by == CLIP)
    clips = [file.entry for file in planned if file.entry.kind == AUDIO]
    files: dict[str, Counter[str]] = defaultdict(Counter)
    for file in planned:
        files[file.entry.category][file.entry.kind] += 1
    pieces: dict[str, set[str]] = defaultdict(set)
    for entry in clips:
        pieces[entry.category] |= {entry.piece_id} - {""}
    return Preview(
        files=dict(files),
        recordings={category: len(found) for category, found in pieces.items()},
        splits=Counter(entry.split for entry in clips),
        missing=sum(not file.entry.path.is_file() for file in planned),
        leakage=leakage_of((entry.piece_id, entry.split) for entry in clips),
        skipped=listing.skipped + left_out,
        notices=told + drawn,
    )


def _find_dataset(name: str, seed: int | None, piece_pattern: str | None, split_by: str | None) -> Dataset:
    if not is_short_name(name):
        raise DatasetError(
            f'"{name}" cannot name a dataset: use letters, digits, - and _, e.g. {slugify(name) or "art"}.'
        )
    if seed is not None:
        check_seed(seed)
    dataset = Dataset.objects.filter(name=name).first()
    pattern = None if piece_pattern is None else check_pattern(piece_pattern)
    if dataset is None:
        return Dataset(name=name, split_seed=seed or 0, piece_pattern=pattern or "", split_by=split_by or PIECE)
    for stated, there, what in (
        (pattern, dataset.piece_pattern, "recordings told by"),
        (split_by, dataset.split_by, "music split by"),
    ):
        if stated is not None and stated != there:
            raise DatasetError(
                f"The dataset {name} was imported with {what} {there or 'the ends of file names'}, and a split never "
                "changes. Import under another name to have it otherwise."
            )
    if seed is not None and seed != dataset.split_seed:
        raise DatasetError(
            f"The dataset {name} was split with seed {dataset.split_seed}, and a split never changes. "
            "Import under another name to split anew."
        )
    return dataset


def _check_root(path: Path) -> None:
    """DatasetError for a folder that cannot be written down."""
    try:
        place = str(path.resolve())
        check_text(place)
    except (OSError, ValueError, RuntimeError) as error:
        raise DatasetError(f"The path {show_path(str(path))} cannot be used: it {error}.") from error
    if len(place) > ROOT_LENGTH:
        raise DatasetError(
            f"The path {place[:40]}... is longer than {ROOT_LENGTH} characters; import from a shorter one."
        )


def _inspect_all(listing: Listing, known: Known, progress: Progress) -> tuple[list[Inspected], list[Skipped]]:
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
        except Exception as error:  # what no decoder foresaw in one file must not end the import of thirty thousand
            if is_disk_full(error):
                raise
            skipped.append(Skipped(entry.name, f"cannot be used ({describe(error)})"))
            continue
        category, elsewhere = first.setdefault(file_key(file), (entry.category, entry.name))
        if category != entry.category:
            reason = f'is the same file as {elsewhere} in the category "{category}"; a file belongs to one category'
            skipped.append(Skipped(entry.name, reason))
        elif file_key(file) in listed:
            skipped.append(Skipped(entry.name, f"is the same file as {elsewhere}"))
        else:
            listed.add(file_key(file))
            usable.append(file)
    return usable, skipped


def _store_file(file: Inspected) -> str:
    """Keep the file's bytes; returns the storage name."""
    try:
        sha256, name = media.store(_stored_form(file, file.entry.path.read_bytes()), file.suffix)
    except OSError as error:
        raise DatasetError(f"{explain_os_error(error, file.entry.name)} and run the import again.") from error
    if sha256 != file.sha256:
        raise DatasetError(f"{file.entry.name} changed while it was imported. Run the import again.")
    return name


def _copy_file(file: Inspected) -> tuple[str, str]:
    """Keep a copy of a sound that browsers do not play; (sha256, storage name)."""
    try:
        return store_copy(file.entry.path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{file.entry.name} cannot be stored: {error}. Run the import again.") from error
    except AudioError as error:
        raise DatasetError(f"{file.entry.name} changed while it was imported. Run the import again.") from error


def _describe_judged(dataset: Dataset, judged: list[Inspected], copies: Mapping[str, tuple[str, str]]) -> None:
    """Add what is heard of clips that were imported before it was kept."""
    sounds = {file.sha256: file.sound for file in judged if file.sound}
    clips = list(Clip.objects.filter(category__dataset=dataset, sha256__in=sounds))
    frozen = bool(clips) and find_opened(dataset) is not None
    for clip in clips:
        copy = None if clip.played_file else copies.get(clip.sha256)
        describe_sound(clip, sounds[clip.sha256], copy, frozen=frozen)
    Clip.objects.bulk_update(clips, SOUND_FIELDS, batch_size=500)


def _stored_form(file: Inspected, data: bytes) -> bytes:
    """A listed file's bytes as they are stored: pictures without what stands beside their pixels."""
    return data if file.entry.kind == AUDIO or media.sha256_of(data) == file.sha256 else plain_picture(data)


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
            data = _stored_form(file, file.entry.path.read_bytes())
            name = rows[file_key(file)]
            if media.sha256_of(data) == file.sha256 and not media.holds(name, data):
                media.restore(name, data)
                restored += 1
        except OSError as error:
            raise DatasetError(f"{explain_os_error(error, file.entry.name)} and run the import again.") from error
    return restored + restore_copies(dataset)
