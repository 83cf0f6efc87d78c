"""`manage.py find_looks`: what pictures look like, for those that were stored before that was kept."""

from typing import Any

from django.core.management.base import BaseCommand

from generation.management.reporting import one_line_errors
from generation.media import fill_looks
from generation.progress import progress_bar
from generation.wording import plural


class Command(BaseCommand):
    help = "Work out what stored images and artworks look like, where earlier versions did not."

    def handle(self, *, verbosity: int, **options: Any) -> str:
        with one_line_errors():
            found = fill_looks(progress_bar(verbosity))
        for name in found.unreadable:
            self.stderr.write(f"Skipped {name}: cannot be read; import its dataset again, or generate its set again.")
        kept = plural(found.frozen, "image of an opened study stays", "images of opened studies stay")
        frozen = f" {kept} unchanged." if found.frozen else ""
        skipped = (
            f"{plural(len(found.unreadable), 'file')} skipped (named above)" if found.unreadable else "nothing skipped"
        )
        return f"Worked out the looks of {plural(found.written, 'picture')}; {skipped}.{frozen}"
