"""The style-transfer backbone: golden values, targets worked out by hand, and images that depend on nothing else."""

import itertools
import random
from collections import Counter

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from generation.demo import GOLDEN, PACK, WEIGHTS
from generation.errors import CheckpointError, ImageError
from generation.musipainter.backbones.style_transfer.kind import StyleSettings
from generation.musipainter.backbones.style_transfer.transfer import (
    StyleTransferBackbone,
    View,
    draw_without_replacement,
    load_network,
    square_pixels,
)
from generation.musipainter.config import LossConfig
from generation.musipainter.data import FeatureCache, MediaItem, open_image
from tests.generation.media_files import write_picture

CODE_STEP = 0.0198789  # of the last rounding in style-predict.onnx
NETWORKS = {"predict": WEIGHTS / "style-predict.onnx", "transform": WEIGHTS / "style-transform.onnx"}


def items(folder, label, count, seed):
    return [
        MediaItem(f"{label}{n}", write_picture(folder / f"{label}{n}.png", seed=seed + n), label) for n in range(count)
    ]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return items(tmp_path_factory.mktemp("photos"), "photo", 5, 100)


@pytest.fixture(scope="module")
def backbone(tmp_path_factory, photos):
    folder = tmp_path_factory.mktemp("art")
    backbone = StyleTransferBackbone(**NETWORKS, photos=photos)
    backbone.train_items = [*items(folder, "A", 3, 0), *items(folder, "B", 4, 10)]
    backbone.val_items = items(folder, "V", 1, 20)
    backbone.fit(backbone.train_items, backbone.val_items, FeatureCache(None))
    return backbone


def test_networks_equal_the_golden_values():
    backbone = StyleTransferBackbone(**NETWORKS)
    golden = np.load(GOLDEN / "style_golden.npz")
    art = MediaItem("", PACK / "images" / "asian-traditional-folklore" / "hokusai-great-wave.jpg")
    photo = MediaItem("", PACK / "content" / "neuschwansteincastle.jpg")
    code = backbone.code_of(art).numpy()
    # The golden code was worked out in integers on a processor that can. As floats, which every processor can, some of
    # its 100 numbers come to lie one step of the network's last rounding away, and none further.
    steps = np.abs(code - golden["style_code"].reshape(-1)) / CODE_STEP
    np.testing.assert_allclose(steps, np.round(steps), atol=0.002 / CODE_STEP)
    assert steps.round().max() <= 1
    assert (steps < 0.5).sum() >= 67
    painted = backbone.transform(square_pixels(open_image(photo), 384), golden["style_code"].reshape(-1))
    small = painted.reshape(16, 24, 16, 24, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small, golden["output_16x16"], atol=0.01)


def test_networks_are_computed_as_their_files_say(monkeypatch):
    """As without any optimisation: what processors make of optimised ones differs, by a fifth of a code's range."""
    art = MediaItem("", PACK / "images" / "asian-traditional-folklore" / "hokusai-great-wave.jpg")
    ours = StyleTransferBackbone(**NETWORKS)
    code = ours.code_of(art).numpy()
    pixels = square_pixels(open_image(MediaItem("", PACK / "content" / "neuschwansteincastle.jpg")), 384)
    painted = ours.transform(pixels, code)
    monkeypatch.setattr(
        onnxruntime.GraphOptimizationLevel, "ORT_ENABLE_BASIC", onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    )
    plain = StyleTransferBackbone(**NETWORKS)
    np.testing.assert_allclose(code, plain.code_of(art).numpy(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(painted, plain.transform(pixels, code), rtol=0, atol=1e-6)


def test_codes_are_centred_and_scaled_by_the_train_artworks_alone(backbone):
    codes = torch.stack([backbone.code_of(image) for image in backbone.train_items]).double()
    assert torch.equal(backbone.codes.double(), codes)
    torch.testing.assert_close(backbone.mean.double(), codes.mean(0), atol=1e-6, rtol=1e-6)
    assert float(backbone.scale) == pytest.approx(float(codes.std(0, unbiased=False).mean()), rel=1e-6)
    standard = (codes - codes.mean(0)) / codes.std(0, unbiased=False).mean()
    torch.testing.assert_close(backbone.label_target("B").double(), standard[3:].mean(0), atol=1e-5, rtol=1e-5)


def test_training_loss_is_the_distance_to_the_paired_code(backbone):
    image, e_audio = backbone.val_items[0], torch.randn(1, 100)
    target = backbone.standardised(backbone.code_of(image))
    terms = backbone.training_loss(
        e_audio, [image], ["A"], config=LossConfig(lambda_l1=0, lambda_class=1), generator=torch.Generator()
    )
    cosine = torch.cosine_similarity(e_audio[0], backbone.label_target("A"), dim=0)
    assert terms.generator.item() == pytest.approx((e_audio[0] - target).square().mean().item(), rel=1e-5)
    assert terms.total.item() == pytest.approx((terms.generator + (1 - cosine).square()).item(), rel=1e-5)


def test_a_checkpoint_state_paints_the_same_image(backbone, photos):
    other = StyleTransferBackbone(**NETWORKS, photos=photos)
    other.load_state(backbone.state(), backbone.notes())
    first, second = (b.paint(backbone.label_target("A"), 3, 1, StyleSettings()) for b in (backbone, other))
    assert first.image.tobytes() == second.image.tobytes()
    assert first.choices == second.choices
    with pytest.raises(CheckpointError, match="the tensor codes of a style-transfer backbone"):
        other.load_state(backbone.state(), {"artworks": []})


def test_images_do_not_depend_on_batch_or_order(backbone):
    tokens, seeds, places = torch.randn(8, 100), list(range(8)), [0, 1, 2, 3, 4, 5, 6, 12]
    settings = StyleSettings(set_seed=5)
    alone = [
        backbone.render(tokens[n : n + 1], seeds[n : n + 1], settings, places=places[n : n + 1])[0] for n in range(8)
    ]
    order = [3, 1, 7, 0, 6, 2, 5, 4]
    for batch in (1, 3, 8):
        for start in range(0, 8, batch):
            part = order[start : start + batch]
            together = backbone.render(
                tokens[part], [seeds[n] for n in part], settings, places=[places[n] for n in part]
            )
            for n, painting in zip(part, together, strict=True):
                assert painting.image.tobytes() == alone[n].image.tobytes()
                assert painting.choices == alone[n].choices
    assert len({painting.image.tobytes() for painting in alone}) == 8


def test_photographs_are_walked_through_before_one_comes_again(backbone, photos):
    settings = StyleSettings(set_seed=9)
    views = [backbone.choose_view(place, settings.set_seed, random.Random(place)) for place in range(12)]
    first_round = [view.photo.sha256 for view in views[:5]]
    assert sorted(first_round) == sorted(photo.sha256 for photo in photos)
    assert [view.photo.sha256 for view in views[5:10]] == first_round
    assert all((view.left, view.top, view.side, view.flipped) == (0, 0, 1, False) for view in views[:5])
    assert all(0.7 <= view.side < 0.95 and view.left + view.side <= 1 for view in views[5:])
    assert len({tuple(view.describe().items()) for view in views}) == 12
    assert {view.flipped for view in views[5:]} == {True, False}


def test_the_order_of_photographs_depends_on_the_set_seed_alone(backbone):
    orders = {
        seed: [backbone.choose_view(place, seed, random.Random()).photo.sha256 for place in range(5)]
        for seed in range(20)
    }
    assert len({tuple(order) for order in orders.values()}) > 10


def test_a_view_is_cut_out_of_the_central_square(tmp_path):
    picture = Image.new("RGB", (200, 100), "white")
    picture.paste("red", (50, 0, 100, 50))  # the top left quarter of the central square
    picture.save(tmp_path / "photo.png")
    photo = MediaItem("p", tmp_path / "photo.png")
    quarter = View(photo, left=0, top=0, side=0.5).cut(32)
    assert np.allclose(quarter, [1, 0, 0])
    whole, flipped = View(photo).cut(32), View(photo, flipped=True).cut(32)
    assert np.allclose(whole[:, ::-1], flipped)
    assert not np.allclose(whole, flipped)


def test_strength_and_share_follow_the_recipe(backbone, photos, monkeypatch):
    asked = []
    monkeypatch.setattr(
        backbone, "transform", lambda pixels, code: asked.append(code) or np.random.default_rng(0).random((384, 384, 3))
    )
    e_audio = torch.randn(100)
    painting = backbone.paint(e_audio, 4, 2, StyleSettings(set_seed=1))
    view = backbone.choose_view(2, 1, random.Random(4))
    own = backbone.predict(view.cut(256))
    (attempt,) = painting.choices["attempts"]
    artwork = next(n for n, work in enumerate(backbone.artworks) if work["sha256"] == attempt["artwork_sha256"])
    predicted = (backbone.mean + backbone.scale * e_audio).numpy()
    target = 0.4 * predicted + 0.6 * backbone.codes[artwork].numpy()
    np.testing.assert_allclose(asked[0], own + 1.2 * (target - own), rtol=1e-4, atol=1e-4)


def test_dark_and_empty_images_are_painted_again(backbone, monkeypatch):
    calls = itertools.count()
    rng = np.random.default_rng(0)
    good = rng.random((384, 384, 3))

    def transform(pixels, code):
        return np.zeros((384, 384, 3)) if next(calls) < 3 else good

    monkeypatch.setattr(backbone, "transform", transform)
    choices = backbone.paint(torch.randn(100), 4, 0, StyleSettings()).choices
    assert [attempt["strength"] for attempt in choices["attempts"]] == [1.2, 1.0, 1.2, 1.0]
    artworks = [attempt["artwork_sha256"] for attempt in choices["attempts"]]
    assert artworks[0] == artworks[1] != artworks[2] == artworks[3]
    assert (choices["kept_attempt"], choices["guard_passed"]) == (3, True)


def test_when_nothing_helps_the_best_attempt_is_kept_and_said(backbone, monkeypatch):
    grey = iter([0.0, 0.3, 0.05, 0.0, 0.2, 0.0])
    monkeypatch.setattr(backbone, "transform", lambda pixels, code: np.full((384, 384, 3), next(grey)))
    painting = backbone.paint(torch.randn(100), 4, 0, StyleSettings())
    assert len(painting.choices["attempts"]) == 6
    assert len({attempt["artwork_sha256"] for attempt in painting.choices["attempts"]}) == 3
    # A flat image fails by its contrast; the darkest ones fail by as much or more.
    assert painting.choices["guard_passed"] is False
    assert painting.choices["kept_attempt"] in (1, 4)


def test_chances_are_a_softmax_of_cosines(backbone):
    e_audio = backbone.standardised(backbone.codes)[2]
    chances = backbone.artwork_chances(e_audio, 0.06)
    cosines = torch.cosine_similarity(backbone.standardised(backbone.codes).double(), e_audio.double()[None], dim=1)
    np.testing.assert_allclose(chances, torch.softmax(cosines / 0.06, dim=0), rtol=1e-9)
    assert chances.argmax() == 2


def test_draws_follow_the_chances_and_repeat_nothing():
    chances = np.array([0.5, 0.3, 0.2, 0.0])
    draws = [draw_without_replacement(chances, 3, random.Random(seed)) for seed in range(4000)]
    assert all(sorted(drawn) == [0, 1, 2] for drawn in draws)
    firsts = Counter(drawn[0] for drawn in draws)
    for position, chance in ((0, 0.5), (1, 0.3), (2, 0.2)):
        assert abs(firsts[position] / 4000 - chance) < 5 * (chance * (1 - chance) / 4000) ** 0.5
    after_zero = Counter(drawn[1] for drawn in draws if drawn[0] == 0)
    assert abs(after_zero[1] / sum(after_zero.values()) - 0.6) < 0.06
    assert draw_without_replacement(np.array([1.0, 0.0]), 3, random.Random(0)) == [0]


def test_missing_and_broken_files_are_named(tmp_path, backbone):
    with pytest.raises(CheckpointError, match="There is no weights file"):
        load_network(tmp_path / "nothing.onnx", inputs=1)
    (tmp_path / "broken.onnx").write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match="broken.onnx is not a network"):
        load_network(tmp_path / "broken.onnx", inputs=1)
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    with pytest.raises(ImageError, match="broken.jpg: not a readable image"):
        backbone.code_of(MediaItem("", tmp_path / "broken.jpg"))
    with pytest.raises(CheckpointError, match="no photograph"):
        StyleTransferBackbone(**NETWORKS).render(torch.zeros(1, 100), [0], StyleSettings(), places=[0])


def test_a_network_is_opened_once_and_another_file_of_its_name_anew(tmp_path):
    path = tmp_path / "network.onnx"
    path.write_bytes(NETWORKS["predict"].read_bytes())
    first, sha256 = load_network(path, inputs=1)
    assert load_network(path, inputs=1) == (first, sha256)
    path.write_bytes(NETWORKS["transform"].read_bytes())
    second, other = load_network(path, inputs=2)
    assert other != sha256
    assert [port.name for port in second.get_inputs()] != [port.name for port in first.get_inputs()]


def test_networks_in_each_other_s_place_are_named():
    with pytest.raises(CheckpointError, match="is not the style network that belongs there: its inputs are"):
        StyleTransferBackbone(predict=NETWORKS["transform"], transform=NETWORKS["predict"])


def test_a_painting_that_is_no_numbers_is_refused(monkeypatch, backbone):
    monkeypatch.setattr(backbone, "transform", lambda pixels, code: pixels * np.nan)
    with pytest.raises(CheckpointError, match="The style network gave values that are no numbers on the photograph"):
        backbone.render(torch.zeros(1, 100), [0], StyleSettings(), places=[0])


def test_artworks_of_one_style_teach_nothing(tmp_path):
    same = [MediaItem(str(n), write_picture(tmp_path / "one.png", seed=1), "A") for n in range(3)]
    with pytest.raises(CheckpointError, match="all have one style code"):
        StyleTransferBackbone(**NETWORKS).fit(same, [], FeatureCache(None))
