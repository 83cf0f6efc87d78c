"""Weights: every tensor of every network fits or is named, whatever was dropped, renamed, reshaped or spoilt."""

import re
from functools import cache

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from generation.demo import WEIGHTS
from generation.encoders.features.efficientnet import EfficientNetExtractor
from generation.encoders.weight_files import fill_network
from generation.errors import CheckpointError, EmbeddingError, GenerationError
from generation.musipainter.backbones.stable_diffusion.weights import _load_network, quiet_libraries
from generation.musipainter.embedder import Embedder, import_state
from generation.networks.beats import Beats
from generation.networks.musicnn import Musicnn
from generation.networks.weights import read_tensors
from tests.generation.musipainter.toy import tiny_beats, tiny_diffusion, write_beats_checkpoint

WAYS = ("dropped", "renamed", "reshaped", "no numbers")


def spoil(tensors, name, way):
    """The tensors with one of them in a state in which no network can use it."""
    tensors = dict(tensors)
    tensor = tensors.pop(name)
    if way == "renamed":
        tensors[f"{name}.old"] = tensor
    elif way == "reshaped":
        tensors[name] = torch.zeros(*tensor.shape, 2)
    elif way == "no numbers":
        tensors[name] = torch.full(tensor.shape, float("nan"))
    return tensors


def spoilt(names):
    return given(name=st.sampled_from(sorted(names)), way=st.sampled_from(WAYS))


def quickly(examples=25):
    # Folders of pytest's are made once for all examples, which write over each other.
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, suppress_health_check=checks)


def refuses(load, name, failure=CheckpointError):
    with pytest.raises(failure) as caught:
        load()
    line = str(caught.value)
    assert re.search(rf"{re.escape(name)}\b", line)
    assert "\n" not in line
    assert " at 0x" not in line


@cache
def musicnn():
    return load_file(WEIGHTS / "musicnn-mtt.safetensors")


@quickly()
@spoilt(musicnn())
def test_musicnn(name, way):
    refuses(lambda: Musicnn(spoil(musicnn(), name, way)), name)


@quickly()
@spoilt(Embedder(6, 4).state_dict())
def test_embedder(name, way):
    refuses(lambda: import_state(Embedder(6, 4), spoil(Embedder(6, 4).state_dict(), name, way)), name)


@quickly(8)
@spoilt(tiny_beats().state_dict())
def test_beats(tmp_path, name, way):
    path = write_beats_checkpoint(tmp_path / "beats.pt", tiny_beats())
    saved = torch.load(path, weights_only=True)
    torch.save(saved | {"model": spoil(saved["model"], name, way)}, path)
    refuses(lambda: Beats.load(path), name)


@cache
def network_and_tensors():
    """A network of several kinds of layers as the encoders' are filled, and a whole file for it."""
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
    return layers, layers.state_dict()


@quickly()
@spoilt(name for name in network_and_tensors()[1] if not name.endswith("num_batches_tracked"))
def test_networks_that_measure(name, way):
    network, tensors = network_and_tensors()
    refuses(lambda: fill_network(network, spoil(tensors, name, way), path="file.pt", what="toy"), name, EmbeddingError)


def test_efficientnet(tmp_path):
    extractor = EfficientNetExtractor()
    tensors = spoil(extractor.network.state_dict(), "_fc.bias", "dropped")
    torch.save(tensors, tmp_path / "lite.pth")
    refuses(lambda: EfficientNetExtractor(tmp_path / "lite.pth"), "_fc.bias", EmbeddingError)


@cache
def diffusion():
    return {name: part for name, part in tiny_diffusion().items() if name in ("unet", "vae", "text_encoder")}


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_stable_diffusion(tmp_path, part):
    with quiet_libraries():
        diffusion()[part].save_pretrained(tmp_path / part)
    (file,) = (tmp_path / part).glob("*.safetensors")
    whole = load_file(file)

    @quickly(6)
    @spoilt(whole)
    def spoil_and_load(name, way):
        save_file({key: tensor.contiguous() for key, tensor in spoil(whole, name, way).items()}, file)
        with quiet_libraries():
            refuses(lambda: _load_network(tmp_path / part), name)

    spoil_and_load()
    save_file(whole, file, metadata={"format": "pt"})
    with quiet_libraries():
        loaded = _load_network(tmp_path / part).state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in diffusion()[part].state_dict().items())


OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def test_stable_diffusion_as_it_was_published(tmp_path, capfd):
    """Stable Diffusion v1-4's own files: attention under old names, positions counted in the file, pickled tensors."""
    with quiet_libraries():
        for part in ("vae", "text_encoder"):
            diffusion()[part].save_pretrained(tmp_path / part)
    (vae,), (text,) = ((tmp_path / part).glob("*.safetensors") for part in ("vae", "text_encoder"))
    tensors = {}
    for name, tensor in load_file(vae).items():
        for new, old in OLD_NAMES.items():
            name = name.replace(new, old) if ".attentions." in name else name
        tensors[name] = tensor
    assert "decoder.mid_block.attentions.0.query.weight" in tensors
    save_file(tensors, vae)
    words = {f"text_model.{name}": tensor for name, tensor in load_file(text).items()}
    text.unlink()
    torch.save(
        words | {"text_model.embeddings.position_ids": torch.arange(77)[None]}, text.parent / "pytorch_model.bin"
    )
    for part in ("vae", "text_encoder"):
        with quiet_libraries():
            loaded = _load_network(tmp_path / part).state_dict()
        assert all(torch.equal(loaded[name], tensor) for name, tensor in diffusion()[part].state_dict().items())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html>\n<html><body>Not found</body></html>", "it is a web page (HTML); fetch the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "it is a Git LFS pointer; fetch the file"),
        (b'{"error": "Repository not found"}', "it is a server's message in place of the file; fetch the file itself"),
        (b"", "it is empty; fetch it again"),
    ],
)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_what_lies_in_the_place_of_weights_is_named(tmp_path, data, words, suffix):
    path = tmp_path / f"toy{suffix}"
    path.write_bytes(data)
    with pytest.raises(GenerationError) as caught:
        read_tensors(path, what="toy", failure=EmbeddingError)
    assert str(caught.value).startswith(f"{path} cannot be read as toy weights ({words}")


def test_a_file_of_anything_else_is_no_weights_file(tmp_path):
    with pytest.raises(CheckpointError, match=r"^There is no weights file .*gone.pt\.$"):
        read_tensors(tmp_path / "gone.pt", what="toy", failure=CheckpointError)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(CheckpointError, match="is no toy weights file: it is not a table of named tensors"):
        read_tensors(tmp_path / "list.pt", what="toy", failure=CheckpointError)
