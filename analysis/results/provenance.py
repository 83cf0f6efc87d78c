"""Which data, code and libraries the numbers come from."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.documents import analysed_with
from analysis.results.shape import Provenance


def describe_provenance(
    frame: pd.DataFrame, study: Mapping[str, Any], files: Sequence[Path], sources: Mapping[str, str] | None
) -> Provenance:
    if sources is None:
        sources = {"responses": frame_sha256(frame)}
        sources |= {Path(path).name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files}
    arms = study.get("arms", {})
    return {
        "sources": dict(sorted(sources.items())),
        "design_hash": study.get("design_hash"),
        "plan": (study.get("plan") or {}).get("sentences", []),
        "collected_with": study.get("versions", {}),
        "analysed_with": analysed_with(),
        "stimulus_sets": {
            name: {
                "stimulus_set": facts.get("stimulus_set"),
                "source": facts.get("source"),
                "checkpoint": facts.get("checkpoint"),
                "dataset": facts.get("dataset"),
                "settings": facts.get("settings"),
                "n_stimuli": len(facts.get("stimuli", [])),
            }
            for name, facts in arms.items()
        },
    }


def frame_sha256(frame: pd.DataFrame) -> str:
    """Hash of the rows as CSV text with Unix line ends."""
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
