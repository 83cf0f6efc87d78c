"""Files of an export: streamed, counted, hashed."""

import hashlib
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.exports.dictionary import COLUMNS, TidyRow
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.writing import write_rows
from studyserver.studies.models import Study
from tests.studies.exports.test_export import FILES

pytestmark = pytest.mark.django_db


def test_the_manifest_counts_and_hashes_every_file(closed: Study, tmp_path: Path) -> None:
    export = export_study(closed, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["rows"] == export.rows
    assert set(manifest["files"]) == FILES
    for name, entry in manifest["files"].items():
        data = (tmp_path / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_streaming_takes_the_same_memory_for_many_rows(closed: Study, tmp_path: Path) -> None:
    row = next(read_tidy_rows(closed))

    def many(n: int) -> Iterator[TidyRow]:
        return (replace(row, trial_index=i) for i in range(n))

    peaks = []
    for n in (1_000, 20_000):
        tracemalloc.start()
        assert write_rows(many(n), COLUMNS, tmp_path / "many.csv") == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000
    assert (tmp_path / "many.csv").read_bytes().count(b"\n") == 20_001
