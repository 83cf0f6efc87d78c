"""`manage.py level_clips`: copies of a dataset's clips that are equally loud, for participants."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.datasets import TARGET_LUFS, judge_again, level_clips
from generation.management.reporting import one_line_errors
from generation.models import Split
from generation.progress import progress_bar
from generation.stimuli import find_dataset
from generation.wording import plural


class Command(BaseCommand):
    help = "Level a dataset's clips: copies of equal loudness (EBU R128) for participants; networks hear the files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", help="Name of the dataset.")
        parser.add_argument(
            "--target",
            type=float,
            default=TARGET_LUFS,
            metavar="LUFS",
            help=f"Loudness of the copies (default {TARGET_LUFS:g}, as loud as the sound check's sample).",
        )
        parser.add_argument("--split", choices=Split.values, help="Only the clips of this split (default: all).")
        parser.add_argument(
            "--measure-only",
            action="store_true",
            help="Only measure clips imported before that was done.",
        )

    def handle(
        self, *, dataset: str, target: float, split: str | None, measure_only: bool, verbosity: int, **options: Any
    ) -> str:
        progress = progress_bar(verbosity)
        with one_line_errors():
            row = find_dataset(dataset)
            if measure_only:
                measured, notices = judge_again(row, progress)
                done = f"Measured {plural(measured, 'clip')} of {dataset} that had not been measured."
            else:
                levelling = level_clips(dataset=row, target=target, split=split, progress=progress)
                done, notices = levelling.describe(dataset, target), levelling.notices
        for notice in notices:
            self.stderr.write(f"Note: {notice}")
        return done
