"""A whole study as files for tests: responses.csv, study.json and embeddings made by a seed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.analysis.tables import FOUR


def study_of(arms: Sequence[str] = ("a",), categories: Sequence[str] = FOUR, **changes: Any) -> dict[str, Any]:
    """A study document as an export writes it."""
    dataset = {"name": "demo", "manifest_sha256": "c3" * 32, "notes": "Small, for trying out."}
    return {
        "schema": "paragone-study/1",
        "slug": "trial",
        "title": "Does the picture fit?",
        "design": "one_to_one",
        "categories": list(categories),
        "trials_per_session": 1,
        "listening_rule": "seconds",
        "min_listen_s": 5.0,
        "ask_confidence": False,
        "design_hash": "ab" * 32,
        "design_intact": True,
        "status": "closed",
        "simulated_only": False,
        "notes": "",
        "opened_at": "2026-01-01T10:00:00Z",
        "closed_at": "2026-01-03T10:00:00Z",
        "as_of": "2026-01-02T11:00:00Z",
        "seed": 7,
        "arms": {
            arm: {
                "stimulus_set": f"set-{arm}",
                "source": "musipainter",
                "checkpoint": {"name": "mini-1", "preset": "mini", "weights_sha256": "de" * 32, "epoch": 3},
                "settings": {"seed": 1},
                "dataset": dataset,
                "stimuli": [{"sha256": "00", "category": FOUR[0], "clip": "aa", "index": 0, "seed": 5}],
                "embeddings": [],
                "flow": {"started": 14, "completed": 12, "withdrawn": 1, "excluded": 0, "working": 1},
            }
            for arm in arms
        },
        "log": [{"action": "opened", "detail": "", "at": "2026-01-01T10:00:00Z"}],
        "interim": False,
        "versions": {"paragone": "0.1.0"},
    } | changes


def write_study(
    folder: Path, responses: pd.DataFrame, study: dict[str, Any] | None = None, embeddings: Sequence[str] = ()
) -> Path:
    """Write responses.csv, study.json and one embeddings file per stimulus set named; returns responses.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    responses.to_csv(folder / "responses.csv", index=False)
    if study is not None:
        (folder / "study.json").write_text(json.dumps(study, ensure_ascii=False), encoding="utf-8")
    for name in embeddings:
        write_embeddings(folder / f"embeddings-{name}-embedded.npz", name, (study or {}).get("categories", FOUR))
    return folder / "responses.csv"


def write_embeddings(path: Path, stimulus_set: str, categories: Sequence[str], per_category: int = 4) -> None:
    """Images near their clips, clips near their category."""
    rng = np.random.default_rng(1)
    labels = np.repeat(np.array(list(categories)), per_category)
    centres = np.repeat(rng.normal(size=(len(categories), 16)), per_category, axis=0)
    audio, references = centres + rng.normal(size=centres.shape), centres + rng.normal(size=centres.shape)
    images = audio + rng.normal(size=centres.shape)

    def unit(rows: np.ndarray) -> np.ndarray:
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")

    own = np.arange(len(labels))
    np.savez(
        path,
        image_embeddings=unit(images),
        image_ids=np.array([f"i{n}" for n in own]),
        image_labels=labels,
        audio_embeddings=unit(audio),
        audio_ids=np.array([f"a{n}" for n in own]),
        audio_labels=labels,
        partner=own,
        reference_embeddings=unit(references),
        reference_ids=np.array([f"r{n}" for n in own]),
        reference_labels=labels,
        reference_partner=own,
        space=np.array(
            json.dumps(
                {"name": "embedded", "set": stimulus_set, "dataset": "demo", "splits": ["test"], "notes": ["A note."]}
            )
        ),
    )
