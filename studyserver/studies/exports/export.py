"""Exports: what a study found, as files that stand on their own and carry nothing secret.

`responses.csv` (one row = one clip, streamed, so memory does not grow with the study), `sessions.csv` (one row = one
session, with its checks), `<kind>.csv` where a kind of trial has a table of its own, `study.json` (design, arms,
provenance of every image, flow, log), the arms' embeddings, the data dictionary, and `manifest.json` with the row
count and the sha256 of every file. The same answers give the same bytes.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from generation.media import thumbnails_of
from studyserver.studies.design import log
from studyserver.studies.errors import ExportError, StudyBlind
from studyserver.studies.exports.answers import TidyRow, read_tidy_rows
from studyserver.studies.exports.companions import Companion, write_companions
from studyserver.studies.exports.dictionary import COLUMNS, dictionary_csv
from studyserver.studies.exports.sittings import SESSION_COLUMNS, read_session_rows
from studyserver.studies.exports.study_document import (
    embeddings_of,
    features_of,
    shown_stimuli,
    study_document,
    thumbnails_name,
)
from studyserver.studies.exports.writing import as_json, manifest_of, write_rows, write_text
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
    study: Study, folder: Path, *, interim: bool = False, on_row: Callable[[], object] | None = None
) -> Export:
    """Write the study's data into `folder`, replacing an earlier export there. Call `look_at` first.

    `on_row` is called after each row (progress). Raises ExportError when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows = write_responses(read_tidy_rows(study), folder / RESPONSES, on_row=on_row)
        write_rows(read_session_rows(study), [column.name for column in SESSION_COLUMNS], folder / SESSIONS)
        companions = write_companions(study, folder)
        embeddings, features = _copy_vectors(study, folder)
        thumbnails = _write_thumbnails(study, folder)
        write_text(folder / STUDY, as_json(study_document(study, interim=interim)))
        write_text(folder / DICTIONARY, dictionary_csv())
        write_text(folder / SESSIONS_DICTIONARY, dictionary_csv(SESSION_COLUMNS))
        named = (RESPONSES, SESSIONS, STUDY, DICTIONARY, SESSIONS_DICTIONARY)
        files = [*(folder / name for name in named), *embeddings, *features, *thumbnails]
        files += [path for found in companions for path in (found.table, found.dictionary)]
        write_text(folder / MANIFEST, as_json(manifest_of(files, rows=rows)))
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written ({error}).") from error
    return Export(folder, rows, folder / RESPONSES, folder / STUDY, embeddings, features, thumbnails, companions)


def write_responses(rows: Iterable[TidyRow], path: Path, *, on_row: Callable[[], object] | None = None) -> int:
    """Write tidy rows; see `write_rows`."""
    return write_rows(rows, [column.name for column in COLUMNS], path, on_row=on_row)


def _copy_vectors(study: Study, folder: Path) -> tuple[list[Path], list[Path]]:
    """Copies of embeddings and features of the arms' sets."""
    for old in (*folder.glob("embeddings-*.npz"), *folder.glob("features-*.npz")):
        old.unlink()
    sets = {arm.stimulus_set.name: arm.stimulus_set for arm in study.arms.select_related("stimulus_set").order_by("id")}
    embeddings, features = (
        [Path(shutil.copyfile(source, folder / name)) for found in sets.values() for name, source in files_of(found)]
        for files_of in (embeddings_of, features_of)
    )
    return embeddings, features


def _write_thumbnails(study: Study, folder: Path) -> list[Path]:
    """Small pictures of what the arms may show, one file for each set."""
    for old in folder.glob("thumbnails-*.zip"):
        old.unlink()
    written: dict[str, Path] = {}
    for arm in study.arms.select_related("stimulus_set").order_by("id"):
        name = thumbnails_name(arm.stimulus_set)
        if name not in written:
            path = folder / name
            path.write_bytes(thumbnails_of(shown_stimuli(arm, study), set_name=arm.stimulus_set.name))
            written[name] = path
    return list(written.values())
