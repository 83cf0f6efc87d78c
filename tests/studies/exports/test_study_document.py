"""study.json: design, arms, provenance."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.reading.thumbnails import read_thumbnails, shown_images
from studyserver.studies.design import lifecycle
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.study_document import study_document
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db


def test_what_was_accepted_at_opening_stands_in_the_document(db: None) -> None:
    draft = factories.make_study(status=Study.Status.DRAFT, consent_text="Agree?")
    study = lifecycle.open_study(study=draft, by="ada", accepted=["short-consent"])
    accepted, _ = study_document(study, interim=True)["log"]
    assert (accepted["action"], accepted["detail"]) == ("accepted", "short-consent: The consent text has 1 word.")
    assert "ada" not in str(accepted)  # no export names a user


def test_study_document_names_design_arms_and_provenance(db: None, tmp_path: Path, settings: Any) -> None:
    settings.SETS_ROOT = tmp_path / "sets"
    dataset = factories.make_dataset()
    images = factories.make_set(dataset)
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[images, control], status=Study.Status.DRAFT, notes="Pilot.")
    study = lifecycle.open_study(study=study, by="ada")
    for name in ("embedded", "wav2clip"):
        folder = tmp_path / "sets" / images.name / name
        folder.mkdir(parents=True)
        np.savez(folder / "embeddings.npz", x=np.zeros(3))
    np.savez(tmp_path / "sets" / images.name / "embedded" / "features.npz", x=np.zeros(3))
    for _ in range(3):
        complete(study)
    study = lifecycle.close_study(study=study)
    export = export_study(study, tmp_path / "out")
    document = json.loads(export.study.read_text(encoding="utf-8"))
    assert document["schema"] == "paragone-study/1"
    assert document["categories"] == list(factories.CATEGORIES)
    assert document["design_hash"] == study.design_hash
    assert (document["design_intact"], document["interim"], document["status"]) == (True, False, "closed")
    assert (document["notes"], document["seed"]) == ("Pilot.", 7)
    assert [entry["action"] for entry in document["log"]] == ["opened", "closed"]
    assert set(document["log"][0]) == {"action", "detail", "at"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", document["as_of"])
    first, second = document["arms"]["arm-1"], document["arms"]["arm-2"]
    assert (first["stimulus_set"], first["source"], first["checkpoint"]) == ("set-a", "musipainter", None)
    assert first["dataset"] == {"name": "museum", "manifest_sha256": dataset.manifest_sha256, "notes": ""}
    assert second["leakage"] == first["leakage"]
    counts = {"clips": 12, "recordings": 12, "unknown": 0}
    assert first["leakage"].items() >= ({"model": None, "trained": [], "related": []} | counts).items()
    assert first["leakage"]["dataset"]["name"] == "museum"
    assert first["leakage"]["dataset"]["test"] == {"clips": 15, "shared": 0, "unknown": 0}
    assert first["embeddings"] == ["embeddings-set-a-embedded.npz", "embeddings-set-a-wav2clip.npz"]
    assert second["embeddings"] == []
    assert second["recognition"] == {"right": 4, "images": 12, "boards": 3}
    assert "recognition" not in first
    assert (first["features"], second["features"]) == (["features-set-a-embedded.npz"], [])
    assert [path.name for path in export.features] == first["features"]
    assert [path.name for path in export.thumbnails] == [*first["thumbnails"], *second["thumbnails"]]
    shown = shown_images(read_thumbnails(export.thumbnails[0]), document["categories"])
    for name, row in shown["categories"].items():
        own = [stimulus["sha256"] for stimulus in first["stimuli"] if stimulus["category"] == name]
        assert (row["available"], len(row["shown"])) == (len(own), len(own))
        assert {entry["image"] for entry in row["shown"]} <= set(own)
    assert [path.name for path in export.embeddings] == first["embeddings"]
    assert sum(arm["flow"]["completed"] for arm in (first, second)) == 3
    assert len(first["stimuli"]) == len(second["stimuli"]) == 12
    assert set(first["stimuli"][0]) == {"sha256", "category", "clip", "index", "seed"}
    assert {stimulus["board"] for stimulus in second["stimuli"]} == {0, 1, 2}
    assert {stimulus["category"] for stimulus in first["stimuli"]} == set(factories.CATEGORIES)
