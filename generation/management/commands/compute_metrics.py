"""`manage.py compute_metrics`: AIS, IIS, GIILS, retrieval, variety, FID, pictures of stimulus sets without a study."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.encoders.features import FEATURES  # noqa: TID253 -- no torch
from generation.encoders.spaces import SPACES  # noqa: TID253 -- no torch
from generation.management.reporting import one_line_errors
from generation.progress import progress_bar


class Command(BaseCommand):
    help = "All metrics of one or more stimulus sets; embeds what is missing and writes tables, figures and a page."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("set", nargs="+", help="Name of a stimulus set; several stand side by side.")
        add("--space", nargs="+", choices=SPACES, default=["embedded"], help="Joint spaces (default embedded).")
        add(
            "--features",
            nargs="*",
            choices=FEATURES,
            help="Image features for FID and its relatives, or none after the option. Default: inception-pytorch-fid "
            "where its weights lie in the weights folder, else efficientnet-lite2, whose distance is not FID.",
        )
        add("--board", type=int, default=4, help="Clips on the boards that a space answers (default 4).")
        add("--out", required=True, metavar="DIR", help="Folder; earlier metrics there are replaced.")

    def handle(
        self,
        *,
        set: list[str],
        space: list[str],
        features: list[str] | None,
        board: int,
        out: str,
        verbosity: int,
        **options: Any,
    ) -> str:
        from generation.run.measuring import compute_metrics  # noqa: PLC0415 -- slow import

        if board < 2:
            raise CommandError("--board: a board has at least 2 clips.")
        with one_line_errors():
            done = compute_metrics(
                names=set, spaces=space, features=features, out=Path(out), board=board, progress=progress_bar(verbosity)
            )
        for line in done.prepared:
            self.stdout.write(line)
        return f"Metrics of {', '.join(set)}: {done.page} and {done.files - 1} more files in {out}."
