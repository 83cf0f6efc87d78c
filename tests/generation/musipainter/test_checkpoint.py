"""A run folder: written whole, read again, and refused by name where it is another."""

import json

import pytest
import torch

from generation.errors import CheckpointError
from generation.musipainter.checkpoint import (
    CONFIG,
    WEIGHTS,
    describe_parts,
    json_bytes,
    load_checkpoint,
    read_config,
    read_weights,
    save_weights,
)
from generation.musipainter.parts import make_embedder
from tests.generation.musipainter.toy import tiny_parts


@pytest.fixture(scope="module")
def parts():
    return tiny_parts()


@pytest.fixture
def run(parts, tmp_path):
    """A run folder, and the embedder in it."""
    embedder = make_embedder(parts)
    save_weights(tmp_path, embedder=embedder.state_dict(), parts=parts, epoch=4)
    (tmp_path / CONFIG).write_bytes(json_bytes(describe_parts(parts, embedder)))
    return tmp_path, embedder


def test_json_is_sorted_and_ends_in_a_line():
    assert json_bytes({"b": 1, "a": "é"}) == '{\n "a": "é",\n "b": 1\n}\n'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        json_bytes(float("nan"))


def test_a_run_comes_back_frozen(run, parts):
    folder, embedder = run
    found = load_checkpoint(folder, parts)
    assert (found.epoch, found.weights_sha256) == (4, read_weights(folder / WEIGHTS)[2])
    assert not found.embedder.training
    for name, tensor in embedder.state_dict().items():
        assert torch.equal(found.embedder.state_dict()[name], tensor)
    assert found.config["embedder"] == {
        "in_dim": 24,
        "out_dim": 16,
        "parameters": sum(tensor.numel() for tensor in embedder.parameters()),
    }


def test_other_parts_and_files_that_are_none_are_refused(run, parts, tmp_path):
    folder, _ = run
    config = read_config(folder)
    assert config is not None
    config["audio_encoder"]["window"] = "full"
    (folder / CONFIG).write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match='other frozen parts: audio_encoder.window is "full" there'):
        load_checkpoint(folder, parts)
    with pytest.raises(CheckpointError, match="is no run folder: it holds no config.json"):
        load_checkpoint(tmp_path / "nothing", parts)
    (folder / CONFIG).write_text("{")
    with pytest.raises(CheckpointError, match="config.json cannot be read"):
        read_config(folder)
    with pytest.raises(CheckpointError, match="the training has not finished"):
        read_weights(tmp_path / "nothing")
    (folder / WEIGHTS).write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match="is not a weights file of ours"):
        read_weights(folder / WEIGHTS)
