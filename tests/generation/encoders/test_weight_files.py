"""Published weight files: found, known by their hash, and nothing but tensors."""

import hashlib

import pytest
import torch
from torch import nn

from generation.encoders.weight_files import WeightFile, fill_network, find_file, load_tensors
from generation.errors import EmbeddingError


def make_network():
    with torch.device("meta"):
        return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def make_tensors():
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    return {f"body.{name}": tensor for name, tensor in network.state_dict().items() if "num_batches" not in name}


def test_the_first_file_there_is_taken_or_both_are_named(tmp_path):
    (tmp_path / "b.pth").write_bytes(b"b")
    assert find_file(tmp_path, ["a.pth", "b.pth"], what="toy") == tmp_path / "b.pth"
    with pytest.raises(EmbeddingError, match="^There are no toy weights: put a.pth or c.pth into "):
        find_file(tmp_path, ["a.pth", "c.pth"], what="toy")


def test_a_file_is_known_by_its_hash(tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    assert WeightFile.read(path) == WeightFile(path, sha256, None)
    assert (WeightFile.read(path, sha256).published, WeightFile.read(path, "0" * 64).published) == (True, False)


def test_a_network_is_filled_in_float32_frozen_and_in_eval_mode(tmp_path):
    tensors = {name: tensor.double() for name, tensor in make_tensors().items()}
    torch.save(tensors | {"more": torch.ones(1)}, tmp_path / "a.pth")
    network = make_network()
    loaded = load_tensors(tmp_path / "a.pth", what="toy")
    fill_network(network, loaded, path=tmp_path / "a.pth", what="toy", prefixes={"0.": "body.0.", "1.": "body.1."})
    assert torch.equal(network[0].weight, tensors["body.0.weight"].float())
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"body.0.weight": None}, "the tensor body.0.weight of toy is missing"),
        ({"body.0.bias": torch.zeros(3)}, r"the tensor body.0.bias of toy has the shape \(3,\), not \(2,\)"),
        (
            {"body.0.bias": torch.tensor([0.0, float("nan")])},
            "the tensor body.0.bias of toy holds values that are no numbers",
        ),
    ],
)
def test_the_first_tensor_that_does_not_fit_is_named(tmp_path, change, words):
    tensors = {name: tensor for name, tensor in (make_tensors() | change).items() if tensor is not None}
    with pytest.raises(EmbeddingError, match=words):
        fill_network(make_network(), tensors, path=tmp_path, what="toy", prefixes={"": "body."})


@pytest.mark.parametrize(
    ("content", "words"), [(b"no weights", "cannot be read as toy weights"), ([1, 2], "it is not a table of named")]
)
def test_other_files_are_refused_in_one_line(tmp_path, content, words):
    path = tmp_path / "a.pth"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(EmbeddingError, match=words) as caught:
        load_tensors(path, what="toy")
    assert "\n" not in str(caught.value)
