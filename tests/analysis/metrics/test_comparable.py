import json

import numpy as np
import pytest

from analysis.errors import NotComparableError
from analysis.metrics.block import arm_metrics
from analysis.metrics.comparable import require_comparable
from analysis.metrics.options import MetricOptions
from tests.analysis.metrics.test_block import LABELS, golden_file


@pytest.fixture(scope="module")
def golden_block(tmp_path_factory):
    return arm_metrics(golden_file(tmp_path_factory.mktemp("golden") / "embeddings.npz"), list(LABELS))


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({"name": "wav2clip"}, {}, "space.name is embedded and wav2clip"),
        ({"weights_sha256": "other"}, {}, "space.weights_sha256"),
        ({}, {"denominator": "unbiased"}, "options.denominator is paper and unbiased"),
        ({}, {"giils_self_pairs": True}, "options.giils_self_pairs"),
    ],
)
def test_values_of_different_definitions_share_no_column(tmp_path, golden_block, changes, options, words):
    space = {"name": "embedded", "set": "other", "weights_sha256": "00ff"} | changes
    path = golden_file(tmp_path / "embeddings.npz", space=np.array(json.dumps(space)))
    other = arm_metrics(path, list(LABELS), MetricOptions(**options))
    with pytest.raises(NotComparableError, match=words):
        require_comparable({"one": golden_block, "two": other})


def test_same_definition_may_share_a_column(tmp_path, golden_block):
    space = {"name": "embedded", "set": "other", "weights_sha256": "00ff", "notes": []}
    path = golden_file(tmp_path / "embeddings.npz", space=np.array(json.dumps(space)))
    require_comparable({"one": golden_block, "two": arm_metrics(path, list(LABELS))})
