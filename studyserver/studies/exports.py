"""Exports: what a study found, as files that stand on their own and carry nothing secret.

`responses.csv` (one row = one clip, streamed, so memory does not grow with the study), `study.json` (design, arms,
provenance of every image, flow, log), the arms' embeddings, the data dictionary, and `manifest.json` with the row
count and the sha256 of every file. The same answers give the same bytes.
"""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings

from generation.models import Stimulus, StimulusSet
from studyserver.studies.dictionary import COLUMNS, dictionary_csv
from studyserver.studies.errors import ExportError, StudyBlind
from studyserver.studies.lifecycle import is_design_intact, log
from studyserver.studies.models import Arm, Study
from studyserver.studies.queries import TidyRow, count_flow, last_response_at, read_tidy_rows

RESPONSES = "responses.csv"
STUDY = "study.json"
DICTIONARY = "data-dictionary.csv"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Export:
    """What was written."""

    folder: Path
    rows: int
    responses: Path
    study: Path
    embeddings: list[Path]


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
        embeddings = _copy_embeddings(study, folder)
        _write_text(folder / STUDY, as_json(study_document(study, interim=interim)))
        _write_text(folder / DICTIONARY, dictionary_csv())
        files = [folder / RESPONSES, folder / STUDY, folder / DICTIONARY, *embeddings]
        _write_text(folder / MANIFEST, as_json(manifest_of(files, rows=rows)))
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written ({error}).") from error
    return Export(folder, rows, folder / RESPONSES, folder / STUDY, embeddings)


def write_responses(rows: Iterable[TidyRow], path: Path, *, on_row: Callable[[], object] | None = None) -> int:
    """Write rows as CSV (UTF-8, comma, one header line); booleans as 1 and 0, no value as an empty cell.

    Returns how many rows were written. The file appears whole or not at all.
    """
    names = [column.name for column in COLUMNS]
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
    root = Path(settings.SETS_ROOT) / stimulus_set.name
    files = sorted(root.glob("*/embeddings.npz"))
    return [(f"embeddings-{stimulus_set.name}-{file.parent.name}.npz", file) for file in files]


def _copy_embeddings(study: Study, folder: Path) -> list[Path]:
    for old in folder.glob("embeddings-*.npz"):
        old.unlink()
    sets = {arm.stimulus_set.name: arm.stimulus_set for arm in study.arms.select_related("stimulus_set").order_by("id")}
    copies = []
    for stimulus_set in sets.values():
        for name, source in embeddings_of(stimulus_set):
            copies.append(Path(shutil.copyfile(source, folder / name)))
    return copies


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
