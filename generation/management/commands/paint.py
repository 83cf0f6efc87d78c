"""`manage.py paint`: images of any piece of music, outside every dataset and study."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.management.options import add_painting_options, chosen_painting
from generation.management.reporting import one_line_errors


class Command(BaseCommand):
    help = "Paint any music file: images, a grid and their provenance in a folder. Nothing enters a study."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("audio", type=Path, help="WAV, FLAC, OGG or MP3 file.")
        parser.add_argument("--checkpoint", required=True, metavar="RUN", help="Run that has been trained.")
        parser.add_argument("--n", type=int, default=4, help="Number of images (default 4).")
        parser.add_argument("--seed", type=int, default=0, help="Decides every draw (default 0).")
        parser.add_argument("--start", type=float, default=0.0, help="Second at which listening begins (default 0).")
        parser.add_argument("--batch-size", type=int, default=4, help="Images painted at once (default 4).")
        add_painting_options(parser)
        parser.add_argument("--out", type=Path, required=True, help="Folder for images, grid and provenance.json.")

    def handle(
        self,
        *,
        audio: Path | str,
        checkpoint: str,
        n: int,
        seed: int,
        start: float,
        out: Path | str,
        batch_size: int = 4,
        **options: Any,
    ) -> str:
        from generation.run import paint_file  # noqa: PLC0415 -- slow import

        with one_line_errors():
            files = paint_file(
                audio=Path(audio),
                checkpoint_name=checkpoint,
                out=Path(out),
                count=n,
                seed=seed,
                start=start,
                batch_size=batch_size,
                painting=chosen_painting(options),
                say=self.stderr.write,
            )
        return f"Painted {Path(audio).name} {n} times: {', '.join(path.name for path in files)} in {out}"
