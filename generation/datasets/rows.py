"""Rows of an import: dataset, categories, clips, artworks, contents and reference pairs."""

import hashlib
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from generation.datasets.hearing import describe_sound
from generation.datasets.inspection import Inspected
from generation.datasets.known import Known, read_known
from generation.datasets.manifest import AUDIO, CATEGORY_LENGTH, IMAGE, Listing
from generation.errors import DatasetError
from generation.models import Artwork, Category, Clip, Content, Dataset, ReferencePair

DESCRIBED = ("title", "creator", "year", "licence", "metadata")


def save_dataset(dataset: Dataset, known: Known, *, root: Path, notes: str, on_request: bool) -> None:
    """Write the dataset's own row, after making sure that nobody imported into it since it was read."""
    if dataset.pk is None:
        if Dataset.objects.filter(name=dataset.name).exists():
            raise DatasetError(f"Another import of {dataset.name} has just ended. Run this one again.")
    else:
        Dataset.objects.select_for_update().get(pk=dataset.pk)
        if read_known(dataset) != known:
            raise DatasetError(f"Another import changed {dataset.name} meanwhile. Run this one again.")
    dataset.root = str(root.resolve())
    # Notes that a researcher has edited are only overwritten on request.
    if on_request or not dataset.notes:
        dataset.notes = notes
    dataset.save()


def add_rows(
    dataset: Dataset, listing: Listing, stored: list[tuple[Inspected, str]], copies: Mapping[str, tuple[str, str]]
) -> None:
    """Write the rows of new files; `copies` (hash and storage name) by the hash of clips that browsers do not play."""
    names = {file.entry.category for file, _ in stored if file.entry.category}
    # Categories keep the order of the listing, whatever was skipped in it.
    ordered = [name for name in dict.fromkeys(entry.category for entry in listing.entries) if name in names]
    categories = {name: _get_category(dataset, name) for name in ordered}
    clips, artworks, contents = [], [], []
    for file, name in stored:
        common = {"sha256": file.sha256, "file": name} | {key: getattr(file.entry, key) for key in DESCRIBED}
        placed = {"split": file.entry.split, "piece_id": file.entry.piece_id}
        if file.entry.kind == AUDIO:
            clip = Clip(category=categories[file.entry.category], **common, **placed)
            assert file.sound is not None  # a clip that is new was looked into
            describe_sound(clip, file.sound, copies.get(file.sha256))
            clips.append(clip)
        elif file.entry.kind == IMAGE:
            artworks.append(
                Artwork(category=categories[file.entry.category], look=file.look, **common, **placed, **_picture(file))
            )
        else:
            contents.append(Content(dataset=dataset, **common, **_picture(file)))
    Clip.objects.bulk_create(clips)
    Artwork.objects.bulk_create(artworks)
    Content.objects.bulk_create(contents)


def _picture(file: Inspected) -> dict[str, Any]:
    return {"width": file.width, "height": file.height, "original_sha256": file.original_sha256}


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
