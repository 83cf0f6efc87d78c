"""`manage.py embed_stimuli`: a stimulus set's images, clips and reference artworks in one joint space."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.encoders.spaces import SPACES  # noqa: TID253 -- no torch
from generation.management.reporting import one_line_errors
from generation.progress import progress_bar
from generation.wording import plural


class Command(BaseCommand):
    help = "Embed a stimulus set for AIS, IIS and GIILS; writes embeddings.npz beside the set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("set", help="Name of the stimulus set.")
        parser.add_argument("--space", choices=SPACES, default="embedded", help="Joint space (default embedded).")

    def handle(self, *, set: str, space: str, verbosity: int, **options: Any) -> str:
        from generation.run.measuring import embed_set  # noqa: PLC0415 -- slow import

        with one_line_errors():
            done = embed_set(name=set, space=space, progress=progress_bar(verbosity))
        artworks = plural(done.references, "reference artwork")
        counts = f"{plural(done.images, 'image')}, {plural(done.clips, 'clip')} and {artworks}"
        if not done.changed:
            return f"Nothing new: {done.path} holds {counts} of {set} in the space {space}."
        return f"Embedded {counts} of {set} in the space {space}: {done.path}"
