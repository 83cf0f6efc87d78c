"""Few recordings leave metrics without errors: what stands beside people's answers must read that."""

import pandas as pd

from analysis.render import html
from analysis.results import build_result
from tests.analysis.metric_files import write_embeddings, write_features
from tests.analysis.metric_studies import answers, study


def test_a_report_of_few_recordings_says_so(tmp_path):
    pieces = [f"p{row // 2}" for row in range(16)]
    names = {"a": "one", "b": "two"}
    files = {"embeddings": [], "features": []}
    for seed, name in enumerate(names.values(), start=1):
        folder = tmp_path / name
        files["embeddings"].append(write_embeddings(folder / "embeddings.npz", name=name, seed=seed, pieces=pieces))
        files["features"].append(write_features(folder / "features.npz", name=name, seed=seed, pieces=pieces))
    rows = pd.concat([answers(arm=arm, sets=name) for arm, name in names.items()])
    result = build_result(rows, study(names), **files)
    page = html(result)
    assert "too few recordings: 8, an interval needs 20 in all" in page
    assert "Differences of a and b" in page
    assert "Distances compared" in page
