"""`manage.py import_embedder`: a trained embedder from elsewhere, such as AudioToken's published one."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.management.reporting import one_line_errors


class Command(BaseCommand):
    help = "Make a checkpoint of an embedder that was trained elsewhere (embedder_learned_embeds.bin, .safetensors)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The embedder's tensors under AudioToken's names.")
        parser.add_argument("--run", required=True, help="Name of the checkpoint.")
        parser.add_argument("--dataset", required=True, help="Dataset whose clips it will be asked to paint.")
        parser.add_argument("--preset", default="audiotoken", help="Preset of its other parts (default audiotoken).")

    def handle(self, *, file: Path | str, run: str, dataset: str, preset: str, **options: Any) -> str:
        from generation.run import import_embedder  # noqa: PLC0415 -- slow import

        with one_line_errors():
            row = import_embedder(file=Path(file), run_name=run, dataset_name=dataset, preset_name=preset)
        return f"Imported {Path(file).name} as the checkpoint {row.name} of the preset {row.preset}."
