"""Exports: what a study found, as files that stand on their own and carry nothing secret.

`responses.csv` (one row = one clip, streamed, so memory does not grow with the study), `sessions.csv` (one row = one
session, with its checks), `study.json` (design, arms,
provenance of every image, flow, log), the arms' embeddings, the data dictionary, and `manifest.json` with the row
count and the sha256 of every file. The same answers give the same bytes.
"""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings

from generation.media.thumbnails import thumbnails_of
from generation.models import Stimulus, StimulusSet
from studyserver.studies.design.lifecycle import is_design_intact, log
from studyserver.studies.errors import ExportError, StudyBlind
from studyserver.studies.exports.dictionary import COLUMNS, dictionary_csv
from studyserver.studies.exports.sittings import SESSION_COLUMNS, read_session_rows
from studyserver.studies.models import Arm, Plan, Study
from studyserver.studies.progress import TidyRow, count_flow, last_response_at, read_tidy_rows

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
        embeddings, features = _copy_vectors(study, folder)
        thumbnails = _write_thumbnails(study, folder)
        _write_text(folder / STUDY, as_json(study_document(study, interim=interim)))
        _write_text(folder / DICTIONARY, dictionary_csv())
        _write_text(folder / SESSIONS_DICTIONARY, dictionary_csv(SESSION_COLUMNS))
        named = (RESPONSES, SESSIONS, STUDY, DICTIONARY, SESSIONS_DICTIONARY)
        files = [*(folder / name for name in named), *embeddings, *features, *thumbnails]
        _write_text(folder / MANIFEST, as_json(manifest_of(files, rows=rows)))
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written ({error}).") from error
    return Export(folder, rows, folder / RESPONSES, folder / STUDY, embeddings, features, thumbnails)


def write_responses(rows: Iterable[TidyRow], path: Path, *, on_row: Callable[[], object] | None = None) -> int:
    """Write tidy rows; see `write_rows`."""
    return write_rows(rows, [column.name for column in COLUMNS], path, on_row=on_row)


def write_rows(
    rows: Iterable[object], names: Sequence[str], path: Path, *, on_row: Callable[[], object] | None = None
) -> int:
    """Write rows as CSV (UTF-8, comma, one header line); booleans as 1 and 0, no value as an empty cell.

    Returns how many rows were written. The file appears whole or not at all.
    """
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            writer.writerow([cell(getattr(row, name)) for name in names])
            count += 1
            if on_row:
                on_row()
    part.replace(path)
    return count


def cell(value: str | int | bool | None) -> str | int:
    """A value as it stands in the file."""
    if value is None:
        return ""
    return int(value) if isinstance(value, bool) else value


def study_document(study: Study, *, interim: bool) -> dict[str, Any]:
    """study.json: what a reader needs to know beside the rows. Names, no people: log lines carry no user names."""
    flow = count_flow(study)
    arms = study.arms.select_related("stimulus_set__checkpoint", "stimulus_set__dataset").order_by("id")
    categories = [category.name for category in study.categories.all()]
    return {
        "schema": "paragone-study/1",
        "slug": study.slug,
        "title": study.title,
        "design": study.design,
        "categories": categories,
        "practice_categories": [category.name for category in study.practice_categories.all()],
        "trials_per_session": study.trials_per_session,
        "listening_rule": study.listening_rule,
        "min_listen_s": study.min_listen_s,
        "ask_confidence": study.ask_confidence,
        "headphone_check": study.headphone_check,
        "attention_boards": study.attention_boards,
        "exclusion_rules": study.exclusion_rules,
        "plan": study.plan and _describe_plan(study.plan),
        "consent_text": study.consent_text,
        "instruction_text": study.instruction_text,
        "debrief_text": study.debrief_text,
        "design_hash": study.design_hash,
        "design_intact": is_design_intact(study),
        "version_of": study.version_of.slug if study.version_of else None,
        "status": study.status,
        "simulated_only": study.simulated_only,
        "notes": study.notes,
        "opened_at": as_utc(study.opened_at),
        "closed_at": as_utc(study.closed_at),
        "as_of": as_utc(last_response_at(study)),
        "seed": study.seed,
        "arms": {arm.name: _describe_arm(arm, study) | {"flow": flow[arm.name]} for arm in arms},
        "log": [
            {"action": entry.action, "detail": entry.detail, "at": as_utc(entry.created_at)}
            for entry in study.log.order_by("id")
        ],
        "interim": interim,
        "versions": {"paragone": version("paragone")},
    }


def _describe_plan(plan: Plan) -> dict[str, Any]:
    """What the study was planned with: the question, and the answer without its curves."""
    document: dict[str, Any] = plan.document or {}
    numbers = {
        part: {name: value for name, value in document[part].items() if not name.endswith("_curve")}
        for part in ("design", "total", "category")
    }
    return numbers | {"arms": plan.inputs["arms"], "sentences": document["sentences"]}


def _describe_arm(arm: Arm, study: Study) -> dict[str, Any]:
    stimulus_set = arm.stimulus_set
    checkpoint, dataset = stimulus_set.checkpoint, stimulus_set.dataset
    return {
        "stimulus_set": stimulus_set.name,
        "source": stimulus_set.source,
        "quota": arm.quota,
        "checkpoint": checkpoint
        and {
            "name": checkpoint.name,
            "preset": checkpoint.preset,
            "weights_sha256": checkpoint.weights_sha256,
            "epoch": checkpoint.epoch,
        },
        "settings": stimulus_set.settings,
        "dataset": {"name": dataset.name, "manifest_sha256": dataset.manifest_sha256, "notes": dataset.notes},
        "stimuli": [_describe_stimulus(stimulus) for stimulus in _shown_stimuli(arm, study)],
        "embeddings": [name for name, _ in embeddings_of(stimulus_set)],
        "features": [name for name, _ in features_of(stimulus_set)],
        "thumbnails": [thumbnails_name(stimulus_set)],
    }


def _shown_stimuli(arm: Arm, study: Study) -> list[Stimulus]:
    """The images that the arm's main trials may show, by category, clip and index; flagged ones are not shown."""
    stimuli = arm.stimulus_set.stimuli.filter(category__in=study.categories.all(), flagged=False)
    return list(
        stimuli.select_related("category", "clip").order_by(
            "category__order", "category__name", "clip__sha256", "index"
        )
    )


def _describe_stimulus(stimulus: Stimulus) -> dict[str, Any]:
    described: dict[str, Any] = {
        "sha256": stimulus.sha256,
        "category": stimulus.category.name,
        "clip": stimulus.clip.sha256,
        "index": stimulus.index,
        "seed": stimulus.seed,
    }
    if stimulus.board is not None:
        described["board"] = stimulus.board
    return described


def embeddings_of(stimulus_set: StimulusSet) -> list[tuple[str, Path]]:
    """The set's embeddings, one for each joint space it was embedded into: (name in the export, file)."""
    return _stored(stimulus_set, "embeddings")


def features_of(stimulus_set: StimulusSet) -> list[tuple[str, Path]]:
    """The set's features for distances, one for each network: (name in the export, file)."""
    return _stored(stimulus_set, "features")


def thumbnails_name(stimulus_set: StimulusSet) -> str:
    """Name in the export of the small pictures that reports show."""
    return f"thumbnails-{stimulus_set.name}.zip"


def _stored(stimulus_set: StimulusSet, what: str) -> list[tuple[str, Path]]:
    root = Path(settings.SETS_ROOT) / stimulus_set.name
    files = sorted(root.glob(f"*/{what}.npz"))
    return [(f"{what}-{stimulus_set.name}-{file.parent.name}.npz", file) for file in files]


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
            path.write_bytes(thumbnails_of(_shown_stimuli(arm, study), set_name=arm.stimulus_set.name))
            written[name] = path
    return list(written.values())


def manifest_of(files: Iterable[Path], *, rows: int) -> dict[str, Any]:
    """manifest.json: row count of the responses, size and sha256 of every file."""
    return {
        "schema": "paragone-manifest/1",
        "rows": rows,
        "files": {
            path.name: {"bytes": path.stat().st_size, "sha256": hash_file(path)}
            for path in sorted(files, key=lambda path: path.name)
        },
    }


def hash_file(path: Path) -> str:
    """sha256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_utc(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def as_json(document: dict[str, Any]) -> str:
    """Readable JSON in the given order; a value that JSON does not know (NaN) is an error."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
