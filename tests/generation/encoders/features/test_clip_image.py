"""CLIP's image side on random weights of the true shapes: what it sees, what it gives, what it refuses."""

from io import BytesIO

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from huggingface_hub import constants
from PIL import Image
from transformers import CLIPConfig, CLIPModel

from generation.encoders.features import clip_image
from generation.encoders.features.cache import FeatureCache
from generation.encoders.features.clip_image import MEAN, STD, ClipImageExtractor, find_weights
from generation.encoders.spaces.wav2clip import Wav2ClipSpace
from generation.errors import EmbeddingError, ImageError
from tests.generation.encoders import clip_weights

TENSORS = clip_weights.make_tensors()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """weights_dir/clip-vit-base-patch32."""
    weights_dir = tmp_path_factory.mktemp("weights")
    return clip_weights.write_folder(weights_dir / "clip-vit-base-patch32", TENSORS)


@pytest.fixture(scope="module")
def extractor(folder):
    return ClipImageExtractor.find(folder.parent)


class NoSounds:
    """Stands where a test asks for images only."""

    windows = "whole"


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def make_image(width, height, seed=0):
    """Soft colours with hard edges in them."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    pixels = np.array(small.resize((width, height), Image.Resampling.BILINEAR))
    pixels[height // 3 : height // 2, width // 4 :] = rng.integers(0, 256, 3)
    return Image.fromarray(pixels)


def to_png(image):
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def prepare_by_hand(image):
    """CLIP's preprocessing from its description, with Pillow and numpy only."""
    scale = 224 / min(image.size)
    size = [224 if side == min(image.size) else int(side * scale) for side in image.size]
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), dtype=np.float64) / 255
    return ((pixels - np.array(MEAN)) / np.array(STD)).transpose(2, 0, 1)


def embed_by_hand(pixels):
    """ViT-B/32 from its description and the file's tensors alone: (3, 224, 224) -> (512,)."""

    def linear(x, name):
        return F.linear(x, TENSORS[f"{name}.weight"], TENSORS[f"{name}.bias"])

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], TENSORS[f"{name}.weight"], TENSORS[f"{name}.bias"], 1e-5)

    def heads(x):
        return x.view(50, 12, 64).transpose(0, 1)

    patches = F.conv2d(pixels[None], TENSORS["vision_model.embeddings.patch_embedding.weight"], stride=32)
    tokens = patches[0].flatten(1).T
    x = torch.cat([TENSORS["vision_model.embeddings.class_embedding"][None], tokens])
    x = norm(x + TENSORS["vision_model.embeddings.position_embedding.weight"], "vision_model.pre_layrnorm")
    for layer in range(12):
        name = f"vision_model.encoder.layers.{layer}"
        y = norm(x, f"{name}.layer_norm1")
        query, key, value = (heads(linear(y, f"{name}.self_attn.{part}_proj")) for part in "qkv")
        attention = torch.softmax(query @ key.transpose(1, 2) / 8, dim=-1)
        x = x + linear((attention @ value).transpose(0, 1).reshape(50, 768), f"{name}.self_attn.out_proj")
        y = linear(norm(x, f"{name}.layer_norm2"), f"{name}.mlp.fc1")
        x = x + linear(y * torch.sigmoid(1.702 * y), f"{name}.mlp.fc2")
    return TENSORS["visual_projection.weight"] @ norm(x[0], "vision_model.post_layernorm")


def test_published_model_has_its_known_size():
    with torch.device("meta"):
        network = CLIPModel(CLIPConfig())
    assert sum(parameter.numel() for parameter in network.parameters()) == 151_277_313
    image_side = clip_weights.make_tensors()
    published = {name: tensor.shape for name, tensor in network.state_dict().items() if name.startswith("vis")}
    assert {name: image_side[name].shape for name in published} == published


@pytest.mark.parametrize("size", [(512, 512), (640, 400), (300, 431), (224, 224), (100, 80)])
def test_input_equals_a_second_implementation(extractor, size):
    image = make_image(*size)
    prepared = extractor.prepare(image)
    assert prepared.shape == (3, 224, 224)
    np.testing.assert_allclose(prepared.numpy(), prepare_by_hand(image), rtol=0, atol=1e-6)


def test_embedding_equals_a_second_implementation(extractor):
    image = make_image(512, 512)
    expected = embed_by_hand(extractor.prepare(image)).numpy()
    row = extractor.extract(to_png(image))
    assert row.shape == (512,)
    np.testing.assert_allclose(row, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_an_image_alone_equals_the_image_in_any_batch(extractor, tmp_path):
    paths = [tmp_path / f"{seed}.png" for seed in range(3)]
    for seed, path in enumerate(paths):
        make_image(260 + 40 * seed, 300, seed).save(path)
    space = Wav2ClipSpace(NoSounds(), extractor, cache=FeatureCache(None))
    together, backwards = space.embed_images(paths), space.embed_images(paths[::-1])[::-1]
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together, np.concatenate([space.embed_images([path]) for path in paths]))
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=0, atol=1e-6)
    assert len(np.unique(together.round(3), axis=0)) == 3


def test_both_published_formats_give_the_same_embedding(extractor, tmp_path):
    other = ClipImageExtractor(clip_weights.write_folder(tmp_path / "clip", TENSORS, name="model.safetensors"))
    data = to_png(make_image(300, 300))
    np.testing.assert_array_equal(other.extract(data), extractor.extract(data))
    assert list(other.describe()["weights"]) == ["clip-vit-base-patch32/model.safetensors"]


def test_weights_that_are_not_the_published_file_are_said(extractor, folder):
    assert extractor.describe()["weights"] == {"clip-vit-base-patch32/pytorch_model.bin": find_weights(folder).sha256}
    assert extractor.notes == ["CLIP's weights are not the file that is published as openai/clip-vit-base-patch32."]


def test_published_file_needs_no_note(extractor, folder, monkeypatch):
    monkeypatch.setitem(clip_image.PUBLISHED_SHA256, "pytorch_model.bin", find_weights(folder).sha256)
    monkeypatch.setattr(extractor, "weights", find_weights(folder))
    assert extractor.notes == []


def test_weights_are_found_in_the_hub_cache(tmp_path, empty_cache):
    snapshot = empty_cache / "models--openai--clip-vit-base-patch32" / "snapshots" / "abc"
    clip_weights.write_folder(snapshot, {})
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    with pytest.raises(EmbeddingError, match=f"^{snapshot / 'pytorch_model.bin'}: the tensor vision_model"):
        ClipImageExtractor.find(tmp_path)


def test_without_weights_one_line_says_where_to_put_them(tmp_path, empty_cache):
    with pytest.raises(EmbeddingError) as refusal:
        ClipImageExtractor.find(tmp_path)
    assert str(refusal.value) == (
        "There are no CLIP ViT-B/32 weights: put config.json and model.safetensors or pytorch_model.bin of "
        f"openai/clip-vit-base-patch32 into {tmp_path / 'clip-vit-base-patch32'}."
    )


def test_a_config_that_contradicts_itself_is_refused(tmp_path):
    folder = clip_weights.write_folder(tmp_path, {}, hidden_size=1000)
    with pytest.raises(EmbeddingError, match="^.*config.json cannot be read as CLIP's"):
        ClipImageExtractor(folder)


def test_a_folder_without_weights_says_which_file_is_missing(tmp_path):
    (tmp_path / "clip-vit-base-patch32").mkdir()
    (tmp_path / "clip-vit-base-patch32" / "config.json").write_text("{}")
    with pytest.raises(EmbeddingError, match="put model.safetensors or pytorch_model.bin into"):
        ClipImageExtractor.find(tmp_path)


def test_another_clip_is_refused(tmp_path):
    folder = clip_weights.write_folder(tmp_path, {}, hidden_size=1024, num_attention_heads=16, patch_size=14)
    with pytest.raises(EmbeddingError, match="is not CLIP ViT-B/32: hidden_size is 1024, not 768. Wav2CLIP fits no ot"):
        ClipImageExtractor(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_a_missing_tensor_is_named(tmp_path, name):
    few = {key: tensor for key, tensor in TENSORS.items() if key.startswith("vision_model.embeddings.")}
    folder = clip_weights.write_folder(tmp_path, few | {"text_projection.weight": torch.zeros(512, 16)}, name=name)
    with pytest.raises(
        EmbeddingError, match=f"^{folder / name}: the tensor vision_model.encoder.layers.0.* of CLIP is missing.$"
    ):
        ClipImageExtractor(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_a_file_of_another_sort_is_refused(tmp_path, name):
    folder = clip_weights.write_folder(tmp_path, {}, name=name)
    (folder / name).write_bytes(b"not weights")
    with pytest.raises(EmbeddingError, match=f"^{folder / name} cannot be read as CLIP weights") as refusal:
        ClipImageExtractor(folder)
    assert "\n" not in str(refusal.value)


def test_a_tensor_of_another_shape_is_refused(tmp_path):
    folder = clip_weights.write_folder(tmp_path, TENSORS | {"visual_projection.weight": torch.zeros(3, 3)})
    with pytest.raises(
        EmbeddingError, match=r"tensor visual_projection.weight of CLIP has the shape \(3, 3\), not \(512, 768\).$"
    ):
        ClipImageExtractor(folder)


def test_an_unreadable_image_is_refused_by_name(extractor, tmp_path):
    (tmp_path / "torn.png").write_bytes(to_png(make_image(90, 90))[:-80])
    space = Wav2ClipSpace(NoSounds(), extractor, cache=FeatureCache(None))
    with pytest.raises(ImageError, match="^torn.png: "):
        space.embed_images([tmp_path / "torn.png"])


def test_loading_is_silent(folder, capfd):
    ClipImageExtractor(folder)
    assert capfd.readouterr() == ("", "")
