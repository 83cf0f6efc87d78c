"""The golden values of the model metrics, read once, and small random sets."""

import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "golden"
METRICS: dict[str, Any] = json.loads((FOLDER / "golden_metrics.json").read_text())
with np.load(FOLDER / "golden_metrics.npz") as _stored:
    ARRAYS: dict[str, np.ndarray] = dict(_stored)
with np.load(FOLDER / "golden_giils_boot_idx.npz") as _stored:
    LABEL0_BOOTSTRAP: np.ndarray = _stored["idx"]
EXACT = {"rel": 1e-9, "abs": 1e-9}


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def random_set(seed: int, n: int, d: int = 6, shift: float = 0.5) -> np.ndarray:
    """Vectors of any length with a common direction, so that cosines are not centred at nought."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d)) + shift
    return rows * rng.uniform(0.1, 10.0, (n, 1))
