"""Stable Diffusion's weights: found, opened quietly, known by their values, and refused in one line."""

import pytest
import torch
from diffusers import StableDiffusionPipeline

from generation.errors import CheckpointError
from generation.musipainter.backbones.stable_diffusion.diffusion import (
    StableDiffusionBackbone,
)
from generation.musipainter.backbones.stable_diffusion.weights import find_folder, quiet_libraries, weights_hash
from tests.generation.musipainter.backbones.stable_diffusion.test_diffusion import audio_tokens, pixels_of, render
from tests.generation.musipainter.toy import tiny_backbone, tiny_diffusion


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model saved as diffusers saves one."""
    path = tmp_path_factory.mktemp("weights") / "tiny-diffusion"
    parts = tiny_diffusion(seed=5)
    with quiet_libraries():
        pipeline = StableDiffusionPipeline(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
        pipeline.save_pretrained(path)
    return path


def test_a_saved_folder_paints_as_the_networks_that_it_came_from(folder):
    loaded, direct = StableDiffusionBackbone.load(folder), tiny_backbone(seed=5)
    assert loaded.weights_sha256 == direct.weights_sha256 != tiny_backbone(seed=6).weights_sha256
    assert loaded.conditioning.ids.tolist() == direct.conditioning.ids.tolist()
    assert pixels_of(render(loaded, audio_tokens(), [1, 2, 3])) == pixels_of(render(direct, audio_tokens(), [1, 2, 3]))


def test_loading_says_nothing_on_the_terminal(folder, capfd):
    StableDiffusionBackbone.load(folder)
    assert capfd.readouterr() == ("", "")


def test_weights_hash_sees_every_value_and_no_number_format():
    first, second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    second.load_state_dict(first.state_dict())
    assert weights_hash({"a": first}) == weights_hash({"a": second})
    assert weights_hash({"a": first}) != weights_hash({"b": second})
    with torch.no_grad():
        second.bias[1] += 1e-6
    assert weights_hash({"a": first}) != weights_hash({"a": second})


def test_missing_weights_say_where_to_put_them(tmp_path):
    with pytest.raises(
        CheckpointError, match="no Stable Diffusion weights at .*nothing: put the folder of CompVis/stab"
    ):
        find_folder(tmp_path / "nothing")
    with pytest.raises(CheckpointError, match="holds no model_index.json"):
        find_folder(tmp_path)


def test_a_name_that_cannot_be_fetched_gives_one_line(monkeypatch):
    def offline(name):
        raise OSError("We couldn't connect.\nCheck your connection.")

    monkeypatch.setattr(StableDiffusionPipeline, "download", offline)
    with pytest.raises(
        CheckpointError, match="stable-diffusion-v1-4 is not on this machine .* name the folder"
    ) as caught:
        find_folder("CompVis/stable-diffusion-v1-4")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", ["unet/diffusion_pytorch_model.safetensors", "vae/config.json", "model_index.json"])
@pytest.mark.parametrize("how", ["removed", "cut off"])
def test_a_damaged_folder_is_named_in_one_line(folder, tmp_path, broken, how):
    damaged = tmp_path / "damaged"
    for path in folder.rglob("*"):
        if path.is_file():
            target = damaged / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes()
            if str(path.relative_to(folder)) != broken:
                target.write_bytes(data)
            elif how == "cut off":
                target.write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError, match="damaged") as caught:
        StableDiffusionBackbone.load(damaged)
    assert "\n" not in str(caught.value)
