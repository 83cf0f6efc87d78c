"""Exports: what a study found, as files that stand on their own and carry nothing secret.

`responses.csv` (one row = one clip, streamed, so memory does not grow with the study), `sessions.csv` (one row = one
session, with its checks), `clips.csv` (what the clips are), `shown.csv` and `events.csv` (what stands behind the
answers, streamed as well), `<kind>.csv` where a kind of trial has a table of its own, `study.json` (design, arms,
provenance of every image, flow, log), the arms' embeddings, the data dictionary, and `manifest.json` with the row count
and the sha256 of every file. The same answers give the same bytes.
"""

from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from generation.files import write_durably
from generation.names import encode
from studyserver.studies.design import log
from studyserver.studies.errors import ExportError, StudyBlind
from studyserver.studies.exports import answers, dictionary, materials, sittings, writing
from studyserver.studies.exports.companions import Companion, write_companions
from studyserver.studies.exports.study_document import study_document
from studyserver.studies.models import Study

RESPONSES = "responses.csv"
SESSIONS = "sessions.csv"
STUDY = "study.json"
DICTIONARY = "data-dictionary.csv"
SESSIONS_DICTIONARY = "sessions-dictionary.csv"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Export:
    """What was written."""

    folder: Path
    rows: int
    responses: Path
    study: Path
    embeddings: list[Path]
    features: list[Path]
    thumbnails: list[Path]
    companions: list[Companion] = field(default_factory=list)

    @property
    def materials(self) -> list[Path]:
        """Everything about the images: embeddings, features for distances, small pictures."""
        return [*self.embeddings, *self.features, *self.thumbnails]


def look_at(study: Study, *, interim: bool, by: str = "", what: str = "exported") -> bool:
    """Pass only who may see answers now; returns whether this is an interim look.

    Answers of an open study are hidden from those who run it. With `interim` the look is allowed, logged in the
    study, and printed in every later report. Raises StudyBlind; ExportError for a draft.
    """
    if study.status == Study.Status.DRAFT:
        raise ExportError(f"“{study}” was never opened, so there is nothing to export.")
    if study.status == Study.Status.CLOSED:
        return False
    if not interim:
        raise StudyBlind(
            f"“{study}” is open: its answers stay hidden until it is closed (close_study {study.slug}). "
            "An interim look (--interim) is possible; it is logged and printed in every report."
        )
    log(study=study, action="looked early", detail=what, by=by)
    return True


def export_study(
    study: Study, folder: Path, *, interim: bool = False, on_row: writing.OnRow = None, bom: bool = False
) -> Export:
    """Write the study's data into `folder`, replacing an earlier export there. Call `look_at` first.

    `on_row` is called after each row (progress). `bom`, or the setting CSV_BOM, begins tables with a byte-order mark.
    Raises ExportError when the folder cannot be written.
    """
    bom = bom or settings.CSV_BOM
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tidy = answers.read_tidy_rows(study)
        rows = writing.write_rows(tidy, dictionary.COLUMNS, folder / RESPONSES, on_row=on_row, bom=bom)
        writing.write_rows(sittings.read_session_rows(study), dictionary.SESSION_COLUMNS, folder / SESSIONS, bom=bom)
        companions = write_companions(study, folder, bom=bom)
        embeddings, features = (materials.copy_vectors(study, folder, what) for what in ("embeddings", "features"))
        thumbnails = materials.write_thumbnails(study, folder)
        write_durably(folder / STUDY, writing.as_json(study_document(study, interim=interim)).encode())
        for name, columns in ((DICTIONARY, dictionary.COLUMNS), (SESSIONS_DICTIONARY, dictionary.SESSION_COLUMNS)):
            write_durably(folder / name, encode(dictionary.dictionary_csv(columns), bom=bom))
        named = (RESPONSES, SESSIONS, STUDY, DICTIONARY, SESSIONS_DICTIONARY)
        files = [*(folder / name for name in named), *embeddings, *features, *thumbnails]
        files += [path for found in companions for path in (found.table, found.dictionary)]
        write_durably(folder / MANIFEST, writing.as_json(writing.manifest_of(files, rows=rows)).encode())
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written ({error}).") from error
    return Export(folder, rows, folder / RESPONSES, folder / STUDY, embeddings, features, thumbnails, companions)
