"""`manage.py import_stimuli`: images made elsewhere become a stimulus set."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.datasets import count_files, hidden_files
from generation.management.reporting import one_line_errors
from generation.progress import progress_bar
from generation.run.sources import ImportedSet, import_stimuli
from generation.stimuli import write_contact_sheets


class Command(BaseCommand):
    help = "Import images made elsewhere: <category>/*.png, or a csv with the columns clip and image."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="Folder with the images (or with stimuli.csv), or a csv file.")
        parser.add_argument("--set", required=True, help="Name of the stimulus set to fill.")
        parser.add_argument("--dataset", required=True, help="Dataset whose clips the images belong to.")

    def handle(self, *, folder: Path | str, set: str, dataset: str, verbosity: int, **options: Any) -> str:
        with one_line_errors():
            done = import_stimuli(
                path=Path(folder), set_name=set, dataset_name=dataset, progress=progress_bar(verbosity)
            )
            if done.added:
                write_contact_sheets(done.stimulus_set)
        for item in done.skipped:
            self.stderr.write(f"Skipped {item}")
        if done.hidden:
            self.stderr.write(f"Note: {hidden_files(done.hidden)}")
        return closing_sentence(done)


def closing_sentence(done: ImportedSet) -> str:
    """What was added, how images found their clips, and how much was skipped."""
    left_out = sum(item.files for item in done.skipped)
    skipped = f"{count_files(left_out)} skipped (reasons above)" if done.skipped else "nothing skipped"
    name = done.stimulus_set.name
    if not done.added:
        return f"Nothing new: the set {name} already holds all {done.present} usable images; {skipped}."
    order = f"; {done.by_order} of them stand for clips in order, not by name" if done.by_order else ""
    there = f"{done.present} were there already; " if done.present else ""
    added = f"{done.added} image{'' if done.added == 1 else 's'}"
    return f"Imported {added} into the set {name}{order}; {there}{skipped}."
