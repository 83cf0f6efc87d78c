"""`manage.py export_embedder`: a checkpoint's embedder in AudioToken's layout."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.management.reporting import one_line_errors


class Command(BaseCommand):
    help = "Write a checkpoint's embedder with AudioToken's tensor names and shapes (.bin or .safetensors)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="Checkpoint whose embedder is wanted.")
        parser.add_argument("--out", type=Path, required=True, help="File to write; its suffix decides the format.")

    def handle(self, *, run: str, out: Path | str, **options: Any) -> str:
        from generation.run import export_embedder  # noqa: PLC0415 -- slow import

        with one_line_errors():
            count = export_embedder(run_name=run, out=Path(out))
        return f"Wrote the embedder of {run} ({count:,} parameters) to {out}"
