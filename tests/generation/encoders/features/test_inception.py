"""FID features: the network against another implementation's numbers, each convention's input written a second time."""

import re
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from generation.encoders.features import inception
from generation.encoders.features.cache import FeatureCache
from generation.encoders.features.inception import CONVENTIONS, RECIPES, InceptionExtractor
from generation.encoders.features.inception_network import FidInception, Mixed, average_without_padding
from generation.errors import EmbeddingError
from tests.generation.encoders import inception_weights
from tests.generation.encoders.inception_weights import make_pixels

TENSORS = inception_weights.make_tensors()
# By torch-fidelity 0.4.0 on TENSORS and the image of `make_pixels`: mean, standard deviation and the means of the four
# branches of the last block, then features 320 and 2047.
GOLDEN = {
    (512, 512): [3.0440799, 4.2499579, 2.5617882, 3.0551797, 2.9798406, 4.0604579, 11.5546179, 0.1698718],
    (96, 200): [2.8384280, 3.9598782, 2.3709277, 2.8547349, 2.7841138, 3.7696242, 10.9095678, 0.1924826],
}


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory):
    """Both files, random and of the true shapes; the TorchScript program holds the same network."""
    folder = tmp_path_factory.mktemp("weights")
    path = inception_weights.write_file(folder, TENSORS)
    network = InceptionExtractor(path, convention="pytorch-fid", other_weights=True).network
    inception_weights.write_torchscript(folder, network)
    return folder


@pytest.fixture(scope="module")
def extractors(weights_dir):
    return {name: InceptionExtractor.find(weights_dir, convention=name, other_weights=True) for name in CONVENTIONS}


def to_png(pixels):
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def bilinear(pixels, rows, columns):
    """Pixels (H, W, 3) float32 at float32 positions: (len(rows), len(columns), 3)."""

    def neighbours(positions, length):
        first = np.floor(positions).astype(int)
        return first, np.minimum(first + 1, length - 1), (positions - first)[:, None]

    top, bottom, down = neighbours(rows, len(pixels))
    left, right, across = neighbours(columns, pixels.shape[1])
    upper = pixels[top][:, left] * (1 - across) + pixels[top][:, right] * across
    lower = pixels[bottom][:, left] * (1 - across) + pixels[bottom][:, right] * across
    return upper * (1 - down[:, None]) + lower * down[:, None]


def prepare_pytorch_fid(pixels):
    def positions(length):
        scale = np.float32(length / 299)
        return np.maximum((np.arange(299, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5), 0)

    return 2 * bilinear(pixels / np.float32(255), positions(len(pixels)), positions(pixels.shape[1])) - 1


def prepare_torch_fidelity(pixels):
    def positions(length):
        return np.arange(299, dtype=np.float32) * np.float32(length / 299)

    return (bilinear(pixels.astype(np.float32), positions(len(pixels)), positions(pixels.shape[1])) - 128) / 128


def prepare_clean_fid(pixels):
    """Keys' cubic (a = -1/2) stretched by the scale when shrinking; rows of weights sum to 1; columns first."""

    def weights(length):
        scale = length / 299
        stretch = max(scale, 1)
        matrix = np.zeros((299, length))
        for row, centre in enumerate((np.arange(299) + 0.5) * scale):
            inside = np.arange(max(int(centre - 2 * stretch + 0.5), 0), min(int(centre + 2 * stretch + 0.5), length))
            x = np.abs((inside - centre + 0.5) / stretch)
            near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
            matrix[row, inside] = np.where(x < 1, near, np.where(x < 2, far, 0))
        return matrix / matrix.sum(axis=1, keepdims=True)

    resized = weights(len(pixels)) @ np.moveaxis(pixels.astype(float), 2, 0) @ weights(pixels.shape[1]).T
    resized = np.moveaxis(resized, 0, 2)
    return (resized.clip(0, 255) - 128) / 128


# With its tolerance. Torch may round a position in the image once instead of twice (up to 3e-5 of a pixel), and
# between two stripes of the test image a pixel is worth 2.
SECOND = {
    "pytorch-fid": (prepare_pytorch_fid, 3e-5),
    "torch-fidelity": (prepare_torch_fidelity, 1e-6),
    "clean-fid": (prepare_clean_fid, 1e-6),
}


@pytest.mark.parametrize("size", [(512, 512), (96, 200), (299, 299), (300, 1000)])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_input_equals_a_second_implementation(convention, size):
    pixels = make_pixels(*size)
    prepared = RECIPES[convention].prepare(pixels)
    assert prepared.dtype == torch.float32
    assert prepared.shape == (3, 299, 299)
    second, tolerance = SECOND[convention]
    expected = np.moveaxis(second(pixels), 2, 0)
    np.testing.assert_allclose(prepared.numpy(), expected, rtol=0, atol=tolerance)


def test_network_has_the_published_shapes():
    with torch.device("meta"):
        network = FidInception()
    # Inception v3 of the paper without its auxiliary head has 23,850,960 with 1008 classes; the classifier is left out.
    assert sum(parameter.numel() for parameter in network.parameters()) == 23_850_960 - 1008 * 2049
    assert network(torch.zeros(2, 3, 299, 299, device="meta")).shape == (2, 2048)


@pytest.mark.parametrize("size", GOLDEN)
def test_features_equal_another_implementation(extractors, size):
    row = extractors["torch-fidelity"].extract(to_png(make_pixels(*size))).astype(float)
    assert row.shape == (2048,)
    groups = [part.mean() for part in np.split(row, [320, 1088, 1856])]
    found = [row.mean(), row.std(), *groups, row[320], row[2047]]
    np.testing.assert_allclose(found, GOLDEN[size], rtol=1e-4, atol=1e-4)


def test_averages_leave_padding_out():
    block = Mixed(1, [], average_without_padding)
    image = torch.full((1, 1, 5, 5), 3.0)
    assert torch.equal(block(image), image)


def test_conventions_give_different_numbers(extractors):
    data = to_png(make_pixels(512, 512))
    rows = [extractors[name].extract(data) for name in CONVENTIONS]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.linalg.norm(rows[one] - rows[other]) > 1e-3 * np.linalg.norm(rows[one])


def test_torchscript_runs_the_network_of_its_file(extractors):
    pixels = make_pixels(96, 200)
    with torch.no_grad():
        expected = extractors["pytorch-fid"].network(inception.prepare_as_clean_fid(pixels)[None])[0].numpy()
    for _ in range(3):  # the first runs of a program are those in which it is optimised
        np.testing.assert_allclose(extractors["clean-fid"].extract(to_png(pixels)), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_an_image_alone_equals_the_image_in_any_batch(extractors, tmp_path, convention):
    paths = [tmp_path / f"{size}.png" for size in (80, 120, 160)]
    for path in paths:
        path.write_bytes(to_png(make_pixels(int(path.stem), 100)))
    cache = FeatureCache(None)
    together = cache.extract_all(extractors[convention], paths)
    alone = np.concatenate([cache.extract_all(extractors[convention], [path]) for path in paths])
    np.testing.assert_array_equal(together, alone)


def test_names_and_descriptions_keep_conventions_apart(extractors):
    names = [extractor.describe()["name"] for extractor in extractors.values()]
    assert names == ["inception-pytorch-fid", "inception-torch-fidelity", "inception-clean-fid"]
    assert len({extractor.describe()["features"] for extractor in extractors.values()}) == 3


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_another_file_than_the_published_one_is_refused(weights_dir, convention):
    path = weights_dir / RECIPES[convention].file_names[0]
    expected = f"{path} is not the file that FID ({convention}) is defined with: its SHA-256 begins with "
    with pytest.raises(EmbeddingError, match=f"^{re.escape(expected)}"):
        InceptionExtractor.find(weights_dir, convention=convention)


def test_other_weights_are_said_beside_every_number(extractors):
    assert extractors["clean-fid"].describe()["notes"] == [
        "Inception's weights are not the published file: not comparable with any FID (clean-fid)."
    ]


def test_the_published_file_needs_no_permission_and_no_note(weights_dir, extractors, monkeypatch):
    digest = extractors["pytorch-fid"].weights.sha256
    recipe = inception.Recipe(**(vars(RECIPES["pytorch-fid"]) | {"published_sha256": digest}))
    monkeypatch.setitem(RECIPES, "pytorch-fid", recipe)
    assert InceptionExtractor.find(weights_dir).describe()["notes"] == []


@pytest.mark.parametrize(
    ("convention", "files"),
    [
        ("pytorch-fid", "pt_inception-2015-12-05-6726825d.pth or weights-inception-2015-12-05-6726825d.pth"),
        ("clean-fid", "inception-2015-12-05.pt"),
    ],
)
def test_without_weights_one_line_says_where_to_put_them(tmp_path, convention, files):
    with pytest.raises(EmbeddingError) as refusal:
        InceptionExtractor.find(tmp_path, convention=convention)
    assert str(refusal.value) == f"There are no Inception ({convention}) weights: put {files} into {tmp_path}."


def test_an_unknown_convention_is_refused(tmp_path):
    with pytest.raises(EmbeddingError, match="^Conventions of FID are pytorch-fid, torch-fidelity, clean-fid; there"):
        InceptionExtractor.find(tmp_path, convention="fid")


def test_a_missing_tensor_is_named(tmp_path):
    path = inception_weights.write_file(tmp_path, {"Conv2d_1a_3x3.conv.weight": torch.zeros(32, 3, 3, 3)})
    with pytest.raises(EmbeddingError, match=f"^{path}: the tensor Conv2d_1a_3x3.bn.bias of Inception is missing.$"):
        InceptionExtractor(path, convention="pytorch-fid", other_weights=True)


def test_a_table_of_tensors_is_no_torchscript(tmp_path):
    path = inception_weights.write_file(tmp_path, {"a": torch.zeros(1)}).rename(tmp_path / "inception-2015-12-05.pt")
    with pytest.raises(EmbeddingError, match=f"^{path} cannot be read as NVIDIA's Inception") as refusal:
        InceptionExtractor(path, convention="clean-fid", other_weights=True)
    assert "\n" not in str(refusal.value)
