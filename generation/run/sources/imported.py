"""Writes of stimulus sets that a researcher causes: flagging single images, and taking in images made elsewhere.

A set that an opened study shows is part of that study's frozen design: nothing here changes it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

from django.db import transaction
from django.utils.text import slugify

from generation import media
from generation.datasets import (
    DOCUMENTS,
    MIN_SIDE,
    FileNames,
    FolderReading,
    Skipped,
    name_below,
    read_below,
    read_csv,
)
from generation.errors import ImageError, MediaFileError, StimulusSetError, describe, is_disk_full
from generation.files import decode_picture, find_look, png_bytes
from generation.models import Category, Clip, Dataset, Split, Stimulus, StimulusSet
from generation.names import NameProblem, check_text, is_missing, read_name, tidy
from generation.progress import Progress, quietly
from generation.run.sources.source import ImageSource
from generation.stimuli import check_set_name, find_dataset, refuse_if_opened

LISTING = "stimuli.csv"

REQUIRED = ("clip", "image")

KNOWN_COLUMNS = {*REQUIRED, "category", "index", "seed"}

HELD_OUT = (Split.VAL, Split.TEST)

NUMBERED = re.compile(r"(.+?)[-_ ]+(\d{1,6})")

MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class Assigned:
    """An image file and the clip it counts as made from. `by`: how the two were brought together."""

    path: Path
    name: str
    clip: Clip
    index: int
    by: str
    seed: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class _Assignment(FolderReading):
    """Images below a folder with their clips."""

    images: list[Assigned] = field(default_factory=list)
    whole: str = "the folder"


@dataclass
class ImportedSet:
    """What `import_stimuli` did. `hidden`: entries of the folder that were passed over."""

    stimulus_set: StimulusSet
    added: int
    present: int
    by_order: int
    skipped: list[Skipped]
    hidden: int = 0


def import_stimuli(*, path: Path, set_name: str, dataset_name: str, progress: Progress = quietly) -> ImportedSet:
    """Take images that were made elsewhere into a set; importing again adds what is new and keeps the rest.

    path: a folder `<category>/*`, or a csv (or a folder with stimuli.csv) with the columns `clip` and `image`, and
    any of `category`, `index`, `seed`; further columns go into the provenance.
    Raises StimulusSetError or DatasetError when nothing is usable; a bad file is skipped by name.
    """
    dataset = find_dataset(dataset_name)
    stimulus_set = _find_set(set_name, dataset)
    found = _assign(path, dataset)
    skipped = found.skipped
    kept = {} if stimulus_set.pk is None else _kept_files(stimulus_set)
    rows, present, by_order = [], 0, 0
    for item in progress(found.images, "Checking images"):
        try:
            data = read_below(item.path, found.root, whole=found.whole)
            file_sha256 = media.sha256_of(data)
            place = item.clip.pk, item.index
            if place in kept:
                if kept[place] != file_sha256:
                    raise ImageError(f"{_place(item)} has another image already")
                present += 1
                continue
            rows.append(_make_row(item, data, dataset))
            kept[place] = file_sha256
            by_order += item.by == "order"
        except MediaFileError as error:
            skipped.append(Skipped(item.name, str(error)))
        except Exception as error:  # what no decoder foresaw in one file must not end the import of all
            if is_disk_full(error):
                raise
            skipped.append(Skipped(item.name, f"cannot be used ({describe(error)})"))
    if not rows and not present:
        raise StimulusSetError(
            f"No image of {path} is usable; nothing was imported. " + " ".join(f"{item}." for item in skipped[:10])
        )
    if rows:
        _save_rows(stimulus_set, rows)
    return ImportedSet(stimulus_set, len(rows), present, by_order, skipped, found.hidden)


def _find_set(name: str, dataset: Dataset) -> StimulusSet:
    check_set_name(name)
    found = StimulusSet.objects.filter(name=name).first()
    if found is None:
        settings = {"dataset": dataset.name, "dataset_manifest_sha256": dataset.manifest_sha256}
        return StimulusSet(name=name, source=StimulusSet.Source.IMPORTED, dataset=dataset, settings=settings)
    if found.source != StimulusSet.Source.IMPORTED:
        raise StimulusSetError(f"The set {name} holds {found.get_source_display()} images; choose another name.")
    if found.dataset_id != dataset.pk:
        raise StimulusSetError(f"The set {name} belongs to another dataset than {dataset.name}; choose another name.")
    return found


def _kept_files(stimulus_set: StimulusSet) -> dict[tuple[int, int], str]:
    """(clip, index) -> hash of the file that was imported there."""
    rows = stimulus_set.stimuli.values_list("clip_id", "index", "provenance__file_sha256")
    return {(clip, index): sha256 for clip, index, sha256 in rows}


def _assign(path: Path, dataset: Dataset) -> _Assignment:
    if path.is_file():
        return _assign_by_csv(path, dataset)
    if not path.is_dir():
        raise StimulusSetError(f"There is no folder or csv file {path}.")
    if (path / LISTING).is_file():
        return _assign_by_csv(path / LISTING, dataset)
    return _assign_by_folder(path, dataset)


def _assign_by_csv(path: Path, dataset: Dataset) -> _Assignment:
    clips = _ClipNames(Clip.objects.filter(category__dataset=dataset).select_related("category"))
    files = FileNames(path.parent)
    taken: Counter[int] = Counter()
    found = _Assignment(path.parent)
    for number, row in read_csv(path, required=REQUIRED, optional=KNOWN_COLUMNS):
        try:
            stated = {column: _checked(tidy(text), column) for column, text in row.items()}
            clip = clips.find(stated["clip"])
            if not stated["image"]:
                raise ValueError("image is empty")
            category = _given(stated, "category")
            if category and category != read_name(clip.category.name):
                raise ValueError(f'category is "{read_name(category)}", but the clip belongs to "{clip.category.name}"')
            index = _whole_number(_given(stated, "index"), "index", 0, 10**6)
            if index is None:
                index = taken[clip.pk]
            taken[clip.pk] = max(taken[clip.pk], index + 1)
            seed = _whole_number(_given(stated, "seed"), "seed", -MAX_SEED, MAX_SEED)
        except ValueError as error:
            found.skipped.append(Skipped(f"{path.name} row {number}", str(error)))
            continue
        extra = {column: text for column, text in stated.items() if text and column not in KNOWN_COLUMNS}
        found.images.append(Assigned(files.find(row["image"]), stated["image"], clip, index, "csv", seed, extra))
    return found


def _checked(text: str, column: str) -> str:
    try:
        return check_text(text)
    except NameProblem as problem:
        raise ValueError(f"{column} {problem}") from problem


def _given(stated: dict[str, str], column: str) -> str:
    """What is stated, or nothing where R and pandas write that nothing is."""
    text = stated.get(column, "")
    return "" if is_missing(text) else text


def _whole_number(text: str, column: str, least: int, most: int) -> int | None:
    if not text:
        return None
    try:
        value = int(text.removesuffix(".0"))  # as pandas writes a column in which some are missing
    except ValueError as error:
        raise ValueError(f'{column} is "{read_name(text)}"; it must be a whole number') from error
    if not least <= value <= most:
        raise ValueError(f"{column} {value} is out of range")
    return value


def _assign_by_folder(root: Path, dataset: Dataset) -> _Assignment:
    categories: dict[str, Category] = {}
    for category in dataset.categories.all():
        categories[category.slug] = categories[read_name(category.name)] = category
    found = _Assignment(root)
    files, folders = found.look_into(root)
    for file in files:
        if not DOCUMENTS.fullmatch(file.name):
            found.leave_out(file, "lies beside the categories; move it into the folder of its own")
    for folder in folders:
        if (name := read_name(folder.name)) in categories:
            _assign_in_category(folder, categories[name], found)
            continue
        there = ", ".join(category.name for category in dataset.categories.all())
        found.leave_out_whole(folder, f"is no category of {dataset.name} ({there})")
    if not found.images and not found.skipped:
        raise StimulusSetError(f"{root} holds neither a {LISTING} nor folders <category>/ with images.")
    return found


def _assign_in_category(folder: Path, category: Category, found: _Assignment) -> None:
    """By the files' names where any of them names a clip; else in order, over the held-out clips by hash."""
    files, folders = found.look_into(folder)
    for inner in folders:
        found.leave_out_below(inner, f"lies deeper than {folder.name}/; move it up")
    clips = _ClipNames(category.clips.select_related("category"))
    names = {file: name_below(file, found.root) for file in files}
    by_name = {file: clips.find_numbered(tidy(file.stem)) for file in files}
    if any(by_name.values()):
        found.images += [Assigned(file, names[file], *at, "name") for file, at in by_name.items() if at]
        for file in files:
            if not by_name[file]:
                found.leave_out(file, "names no clip of its category")
        return
    held_out = list(category.clips.filter(split__in=HELD_OUT).select_related("category").order_by("sha256"))
    n = len(held_out)
    for rank, file in enumerate(files):
        if held_out:
            found.images.append(Assigned(file, names[file], held_out[rank % n], rank // n, "order"))
        else:
            found.leave_out(file, "its category has no val or test clip to stand for")


class _ClipNames:
    """Finds clips by what a person may call them: hash (or its first digits), file, or title."""

    def __init__(self, clips: Iterable[Clip]) -> None:
        self.by_name: dict[str, set[Clip]] = {}
        for clip in clips:
            path = str(clip.metadata.get("path", ""))
            names = {clip.sha256, clip.sha256[:12], path, PurePosixPath(path).name, PurePosixPath(path).stem}
            for name in {tidy(name) for name in names | {clip.title, slugify(clip.title, allow_unicode=True)}} - {""}:
                self.by_name.setdefault(name, set()).add(clip)

    def find(self, name: str) -> Clip:
        """The clip of this name; ValueError when there is none, or more than one."""
        found = self.by_name.get(name, set())
        if not found:
            raise ValueError(f'no clip is called "{read_name(name)}" (name it by title, file or sha256)')
        if len(found) > 1:
            raise ValueError(f'{len(found)} clips are called "{read_name(name)}"; name it by file or sha256')
        return next(iter(found))

    def find_numbered(self, stem: str) -> tuple[Clip, int] | None:
        """(clip, image index) of a file called `<clip>` or `<clip>-<index>`."""
        numbered = NUMBERED.fullmatch(stem)
        candidates = [(stem, 0)] + ([(numbered[1], int(numbered[2]))] if numbered else [])
        for name, index in candidates:
            if len(self.by_name.get(name, ())) == 1:
                return self.find(name), index
        return None


def _make_row(item: Assigned, data: bytes, dataset: Dataset) -> Stimulus:
    """Check and store one image. It is written anew as PNG: the pixels alone, without what a file may tell besides."""
    image = decode_picture(BytesIO(data)).image
    if min(image.size) < MIN_SIDE:
        raise ImageError(f"is too small: {image.width} x {image.height} pixels, at least {MIN_SIDE} are needed")
    sha256, name = media.store(png_bytes(image), ".png")
    return Stimulus(
        category=item.clip.category,
        clip=item.clip,
        index=item.index,
        seed=item.seed or 0,
        sha256=sha256,
        file=name,
        width=image.width,
        height=image.height,
        look=find_look(image),
        provenance={
            "source": StimulusSet.Source.IMPORTED.value,
            "file": item.name,
            "file_sha256": media.sha256_of(data),
            "clip_sha256": item.clip.sha256,
            "clip_assigned_by": item.by,
            "seed": item.seed,
            "dataset": dataset.name,
            "dataset_manifest_sha256": dataset.manifest_sha256,
            "stated": item.metadata,
        },
    )


def _save_rows(stimulus_set: StimulusSet, rows: list[Stimulus]) -> None:
    with transaction.atomic():
        if stimulus_set.pk is not None:
            refuse_if_opened(stimulus_set)
        stimulus_set.status = StimulusSet.Status.READY
        stimulus_set.save()
        for row in rows:
            row.set = stimulus_set
        Stimulus.objects.bulk_create(rows)


def _place(item: Assigned) -> str:
    return f"image {item.index} of {item.clip}"


IMPORTED = ImageSource(
    words="made elsewhere; see the command import_stimuli.", ending="had been made to go with it", is_generated=False
)
