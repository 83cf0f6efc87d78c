"""`manage.py import_dataset`: music and art of a folder or manifest become a dataset."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.datasets import (
    CLIP,
    KINDS,
    PIECE,
    SPLITS,
    ImportResult,
    Preview,
    count_files,
    count_splits,
    describe_leakage,
    describe_recordings,
    find_leakage,
    import_dataset,
    list_counts,
    preview_dataset,
    read_text,
)
from generation.management.reporting import one_line_errors
from generation.progress import progress_bar


class Command(BaseCommand):
    help = (
        "Import a folder <category>/{audio,images}/*, a manifest.csv, or audio.csv and images.csv with the columns "
        "id,class,set, as a dataset; says what it skipped and why."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("path", type=Path, help="Folder of the dataset, or its manifest.csv or audio.csv.")
        add("--name", required=True, help="Short name of the dataset, used in other commands.")
        add("--seed", type=int, help="Seed of the split and the reference pairs (default 0); fixed at first import.")
        add(
            "--piece-pattern",
            metavar="REGEX",
            help="What of a sound file's name (without ending) names the recording that it was cut from: the first "
            "group, else all that matches. Without it: what stands before a trailing segment, seg, part, chunk or "
            "excerpt with a number. none: names tell nothing. Fixed at first import.",
        )
        add(
            "--split-by",
            choices=[PIECE, CLIP],
            help="What stays together in a split that is drawn: recordings (piece, the default) or nothing (clip). "
            "Fixed at first import.",
        )
        add("--preview", action="store_true", help="Say what would be taken, by names alone, and import nothing.")
        add(
            "--notes",
            type=Path,
            metavar="FILE",
            help="Text file with the dataset's known limits, printed in every report. Without it: notes.md of the "
            'folder, or the section "Known limits" of its README.md.',
        )

    def handle(
        self,
        *,
        path: Path | str,
        name: str,
        seed: int | None,
        notes: Path | None,
        piece_pattern: str | None,
        split_by: str | None,
        preview: bool,
        verbosity: int,
        **options: Any,
    ) -> str:
        asked: dict[str, Any] = {"path": Path(path), "name": name, "seed": seed}
        asked |= {"piece_pattern": piece_pattern, "split_by": split_by}
        with one_line_errors():
            text = read_text(Path(notes)) if notes else None
            result = (
                preview_dataset(**asked)
                if preview
                else import_dataset(**asked, notes=text, progress=progress_bar(verbosity))
            )
        for item in result.skipped:
            self.stderr.write(f"Skipped {item}")
        for notice in result.notices:
            self.stderr.write(f"Note: {notice}")
        if isinstance(result, Preview):
            return describe_preview(result)
        return f"{closing_sentence(result)} {describe_leakage(find_leakage(result.dataset))}"


def describe_preview(preview: Preview) -> str:
    """A line for each category, then what would be imported, and how held-out clips would share recordings."""
    lines = [
        f"{category}: {list_counts(counts.items())}"
        + (f", {preview.recordings[category]:,} recordings" if preview.recordings.get(category) else "")
        for category, counts in preview.files.items()
        if category
    ]
    total = sum(preview.files.values(), Counter[str]())
    splits = "/".join(f"{preview.splits[split]}" for split in SPLITS)
    return "\n".join(
        [
            *lines,
            f"Preview, nothing imported: {list_counts((kind, total[kind]) for kind in KINDS)} listed "
            f"({count_categories(sum(map(bool, preview.files)))}; clips train/val/test {splits}, "
            f"{describe_recordings(preview.leakage)}); {count_files(preview.missing)} missing. "
            f"{describe_leakage(preview.leakage)}",
        ]
    )


def closing_sentence(result: ImportResult) -> str:
    """What was added, what the dataset now holds, of how many recordings and how split, and how much was skipped."""
    dataset = result.dataset
    added = list_counts((kind, result.added[kind]) for kind in KINDS)
    recordings = describe_recordings(find_leakage(dataset))
    left_out = count_files(sum(item.files for item in result.skipped))
    skipped = f"{left_out} skipped (reasons above)" if result.skipped else "nothing skipped"
    if not result.added:
        return (
            f"Nothing new: the dataset {dataset.name} already holds all {result.present} usable files (clips "
            f"{recordings}); {skipped}."
        )
    return (
        f"Imported {added} into the dataset {dataset.name} ({count_categories(dataset.categories.count())}; clips "
        f"train/val/test {'/'.join(map(str, count_splits(dataset).values()))}, {recordings}); "
        f"{f'{result.present} were there already; ' if result.present else ''}{skipped}."
    )


def count_categories(n: int) -> str:
    """`1 category`, `2 categories`."""
    return f"{n} categor{'y' if n == 1 else 'ies'}"
