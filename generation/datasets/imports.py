"""Writes of datasets: what `import_dataset` stores, and the draws that are made once and kept.

An import reads and checks everything first, then stores the files (content-addressed, so a second attempt finds them),
then writes all rows in one transaction: a dataset is there with everything that could be used, or not at all.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from generation import media
from generation.datasets.inspection import Inspected, inspect_file
from generation.datasets.known import KIND_WORDS, Known, count_files, file_key, read_known
from generation.datasets.manifest import AUDIO, CONTENT, IMAGE, Listing, Skipped, read_listing
from generation.datasets.placing import drop_incomplete_categories, kept_splits, plan_splits
from generation.datasets.rows import add_rows, draw_reference_pairs, manifest_sha256, save_dataset
from generation.errors import DatasetError, MediaFileError
from generation.files import plain_picture
from generation.models import Artwork, Clip, Content, Dataset
from generation.progress import Progress, quietly
from generation.seeds import check_seed


@dataclass
class ImportResult:
    """What an import did. `notices` are facts a researcher should know that left nothing out."""

    dataset: Dataset
    added: Counter[str]
    present: int
    skipped: list[Skipped]
    notices: list[str]


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
    known = read_known(dataset)
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
    new = plan_splits([file for file in usable if file_key(file) not in known.category], known, dataset.split_seed)
    notices = kept_splits(present, known)
    if restored := _restore_damaged(dataset, progress(present, "Checking stored files")):
        notices.append(f"{count_files(restored)} whose stored copy was missing or damaged: restored.")
    stored = [(file, _store_file(file)) for file in progress(new, "Storing")]
    with transaction.atomic():
        save_dataset(
            dataset, known, root=path, notes=notes if notes is not None else listing.notes, on_request=notes is not None
        )
        add_rows(dataset, listing, stored)
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
        raise DatasetError(f"{file.entry.name} cannot be stored: {error}. Run the import again.") from error
    if sha256 != file.sha256:
        raise DatasetError(f"{file.entry.name} changed while it was imported. Run the import again.")
    return name


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
            raise DatasetError(f"{file.entry.name} cannot be restored: {error}. Run the import again.") from error
    return restored
