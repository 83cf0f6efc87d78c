"""clips.csv: every clip that a study can play, once, with its recording."""

import csv
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from analysis.reading import add_pieces, read_clips, read_responses
from generation.models import Clip
from studyserver.studies.design.freezing import lifted
from studyserver.studies.exports.clips import CLIP_COLUMNS
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.parquet import write_parquet
from studyserver.studies.models import Study
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_each_clip_has_a_row_whether_it_was_heard_or_not(closed: Study, tmp_path: Path) -> None:
    with lifted():
        Clip.objects.filter(category__name="Heavy metal").update(piece_id="")
        Clip.objects.filter(category__name="Electronic music").update(piece_id="one \u2013 long, night", split="val")
    export = export_study(closed, tmp_path)
    with (tmp_path / "clips.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["clip", "category", "piece", "split", "duration", "sha256"]
    # Three clips in each category, whatever was drawn for the boards; none of practice.
    assert [row["category"] for row in rows] == [name for name in factories.CATEGORIES for _ in range(3)]
    of_row = {row["clip"]: row for row in rows}
    for clip in Clip.objects.filter(category__name__in=factories.CATEGORIES).select_related("category"):
        row = of_row[clip.sha256]
        assert (row["piece"], row["split"], row["sha256"]) == (clip.piece_id, clip.split, clip.sha256)
        assert float(row["duration"]) == pytest.approx(clip.duration, abs=0.001)
    responses = add_pieces(read_responses(export.responses), read_clips(tmp_path / "clips.csv"))
    assert set(responses["clip"]) <= set(of_row)
    assert list(responses["piece"]) == [of_row[clip]["piece"] for clip in responses["clip"]]
    dictionary = (tmp_path / "clips-dictionary.csv").read_text(encoding="utf-8")
    assert "duration,number,s,3 or more,never,Length of the clip." in dictionary


def test_lengths_are_numbers_in_parquet(closed: Study, tmp_path: Path) -> None:
    export_study(closed, tmp_path)
    assert write_parquet(tmp_path / "clips.csv", tmp_path / "clips.parquet", CLIP_COLUMNS) == 12
    table = parquet.read_table(tmp_path / "clips.parquet")
    assert str(table.schema.field("duration").type) == "double"
    assert np.allclose(table["duration"], 1.0)
