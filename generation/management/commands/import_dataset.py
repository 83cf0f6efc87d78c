"""`manage.py import_dataset`: music and art of a folder or manifest become a dataset."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.datasets import KINDS, ImportResult, count_files, count_splits, import_dataset, list_counts, read_text
from generation.management.reporting import one_line_errors
from generation.progress import progress_bar


class Command(BaseCommand):
    help = "Import a folder <category>/{audio,images}/* or a manifest.csv as a dataset; says what it skipped and why."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("path", type=Path, help="Folder of the dataset, or its manifest.csv.")
        add("--name", required=True, help="Short name of the dataset, used in other commands.")
        add("--seed", type=int, help="Seed of the split and the reference pairs (default 0); fixed at first import.")
        add(
            "--notes",
            type=Path,
            metavar="FILE",
            help="Text file with the dataset's known limits, printed in every report. Without it: notes.md of the "
            'folder, or the section "Known limits" of its README.md.',
        )

    def handle(
        self, *, path: Path | str, name: str, seed: int | None, notes: Path | None, verbosity: int, **options: Any
    ) -> str:
        with one_line_errors():
            text = read_text(Path(notes)) if notes else None
            result = import_dataset(path=Path(path), name=name, seed=seed, notes=text, progress=progress_bar(verbosity))
        for item in result.skipped:
            self.stderr.write(f"Skipped {item}")
        for notice in result.notices:
            self.stderr.write(f"Note: {notice}")
        return closing_sentence(result)


def closing_sentence(result: ImportResult) -> str:
    """What was added, what the dataset now holds and how it is split, and how much was skipped."""
    dataset = result.dataset
    added = list_counts((kind, result.added[kind]) for kind in KINDS)
    splits = count_splits(dataset)
    categories = dataset.categories.count()
    left_out = count_files(sum(item.files for item in result.skipped))
    skipped = f"{left_out} skipped (reasons above)" if result.skipped else "nothing skipped"
    if not result.added:
        return f"Nothing new: the dataset {dataset.name} already holds all {result.present} usable files; {skipped}."
    return (
        f"Imported {added} into the dataset {dataset.name} ({categories} "
        f"categor{'y' if categories == 1 else 'ies'}; clips train/val/test {'/'.join(map(str, splits.values()))}); "
        f"{f'{result.present} were there already; ' if result.present else ''}{skipped}."
    )
