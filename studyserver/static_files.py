"""Static files under names that hold a hash of their content, so that browsers may keep them for good."""

import filecmp
import logging
from pathlib import Path

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage

LOG = logging.getLogger(__name__)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed and compressed once `collectstatic` has run; until then, or where it is out of date, by plain names.

    A fresh clone serves its static files from where they lie. An update of the program without a new `collectstatic`
    would show the pages of today with the scripts of yesterday, so collected files that differ are not used.
    """

    support_js_module_import_aggregation = True

    def load_manifest(self) -> tuple[dict[str, str], str]:
        hashed, stamp = super().load_manifest()
        if hashed and (changed := find_changed(Path(self.location))):
            LOG.warning("%s has changed since collectstatic ran; run it again to serve hashed files.", changed)
            return {}, ""
        return hashed, stamp

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name


def find_changed(collected: Path) -> Path | None:
    """The first of the project's own static files that is not in `collected` as it is now."""
    for folder in map(Path, settings.STATICFILES_DIRS):
        for path in sorted(folder.rglob("*")):
            copy = collected / path.relative_to(folder)
            hidden = path.name.startswith(".")  # collectstatic leaves it out
            if path.is_file() and not hidden and not (copy.is_file() and filecmp.cmp(path, copy, shallow=False)):
                return path
    return None
