"""Stable Diffusion behind our interface, on random networks of its classes."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from transformers import CLIPConfig, CLIPTextConfig, CLIPTextModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from generation.errors import CheckpointError, ImageError
from generation.musipainter.backbones.backbone import Backbone
from generation.musipainter.backbones.stable_diffusion.diffusion import (
    SCHEDULERS,
    StableDiffusionBackbone,
    load_pixels,
    make_scheduler,
)
from generation.musipainter.backbones.stable_diffusion.settings import DiffusionSettings
from generation.musipainter.backbones.stable_diffusion.weights import quiet_libraries, weights_hash
from generation.musipainter.config import LossConfig
from generation.musipainter.data import FeatureCache, MediaItem
from tests.generation.musipainter.toy import clip_tokenizer, tiny_backbone, tiny_diffusion, write_image

ROOT = Path(__file__).resolve().parents[5]
SHORT = DiffusionSettings(steps=3, batch_size=2)


def audio_tokens(count=3, seed=0):
    return torch.randn(count, 16, generator=torch.Generator().manual_seed(seed))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pixels_of(paintings):
    return [painting.image.tobytes() for painting in paintings]


def render(backbone, e_audio, seeds, settings=SHORT):
    return backbone.render(e_audio, seeds, settings, places=range(len(seeds)))


@pytest.fixture(scope="module")
def backbone():
    return tiny_backbone()


# Images


def test_fits_the_protocol_of_backbones(backbone):
    generic: Backbone = backbone
    assert (generic.name, generic.out_dim) == ("stable-diffusion", 16)
    assert generic.describe() == {
        "name": "stable-diffusion",
        "weights_sha256": backbone.weights_sha256,
        "prompt": "An art image of <*>",
    }
    generic.fit([], [], FeatureCache(None))
    assert generic.state() == {}
    generic.load_state({}, {})
    with pytest.raises(CheckpointError, match="the tensor conv_in.bias of the U-Net is missing"):
        generic.load_state({"codes": torch.zeros(1)}, {})


def test_images_equal_diffusers_own_pipeline_with_a_learned_token():
    """One by one, the whole way that a learned token usually goes: tokenizer, larger table, prompt as text."""
    vectors, seeds = audio_tokens(2), [11, 12]
    settings = DiffusionSettings(steps=4, guidance=5.0, negative_prompt="blurry", batch_size=1)
    ours = render(tiny_backbone(), vectors, seeds, settings)
    for painting, vector, seed in zip(ours, vectors, seeds, strict=True):
        parts = tiny_diffusion()
        parts["tokenizer"].add_tokens("<*>")
        parts["text_encoder"].resize_token_embeddings(49_409, mean_resizing=False)
        with torch.no_grad():
            parts["text_encoder"].get_input_embeddings().weight[49_408] = vector
        with quiet_libraries():
            pipeline = StableDiffusionPipeline(
                **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
            )
        pipeline.set_progress_bar_config(disable=True)
        image = pipeline(
            "An art image of <*>",
            negative_prompt="blurry",
            num_inference_steps=4,
            guidance_scale=5.0,
            generator=torch.Generator().manual_seed(seed),
        ).images[0]
        ours_pixels, theirs = np.asarray(painting.image, dtype=int), np.asarray(image, dtype=int)
        # Threads differ, so sums may be rounded differently: never more than one step of 255.
        assert np.abs(ours_pixels - theirs).max() <= 1


def test_an_image_is_the_same_whoever_shares_its_batch_and_in_any_order(backbone):
    e_audio, seeds = audio_tokens(5), [5, 6, 7, 8, 9]
    whole = pixels_of(render(backbone, e_audio, seeds))
    assert len(set(whole)) == 5
    backwards = pixels_of(render(backbone, e_audio.flip(0), seeds[::-1]))
    assert backwards[::-1] == whole
    # Interrupted after three: the rest starts in the middle of what was a batch, and ends in a filled-up one.
    assert pixels_of(render(backbone, e_audio[3:], seeds[3:])) == whole[3:]
    assert pixels_of(render(backbone, e_audio[4:], seeds[4:])) == whole[4:]


def test_batch_sizes_differ_by_rounding_at_most(backbone):
    e_audio, seeds = audio_tokens(4), [1, 2, 3, 4]
    one, four = (render(backbone, e_audio, seeds, DiffusionSettings(steps=3, batch_size=size)) for size in (1, 4))
    for first, second in zip(one, four, strict=True):
        difference = np.asarray(first.image, dtype=int) - np.asarray(second.image, dtype=int)
        assert np.abs(difference).max() <= 2


def test_another_process_thread_count_changes_nothing(backbone):
    before = torch.get_num_threads()
    try:
        images = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            images.append(pixels_of(render(backbone, audio_tokens(), [1, 2, 3])))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert images[0] == images[1]


def test_music_seed_and_every_setting_change_the_image(backbone):
    e_audio = audio_tokens(1)
    plain = pixels_of(render(backbone, e_audio, [1]))
    assert pixels_of(render(backbone, e_audio, [1])) == plain
    assert pixels_of(render(backbone, e_audio, [2])) != plain
    assert pixels_of(render(backbone, audio_tokens(1, seed=9), [1])) != plain
    for change in ({"steps": 4}, {"guidance": 1.0}, {"negative_prompt": "grey"}, {"scheduler": "ddim"}):
        assert (
            pixels_of(render(backbone, e_audio, [1], DiffusionSettings(**{"steps": 3, "batch_size": 2} | change)))
            != plain
        )


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' Euler on numpy 2
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_paints(backbone, scheduler):
    settings = DiffusionSettings(steps=3, batch_size=1, scheduler=scheduler)
    first, again = (render(backbone, audio_tokens(1), [1], settings)[0] for _ in range(2))
    assert first.image.tobytes() == again.image.tobytes()
    assert np.asarray(first.image).std() > 0
    assert first.choices["scheduler"] == SCHEDULERS[scheduler].__name__


def test_size_is_the_models_own_or_the_one_asked_for(backbone):
    assert backbone.size == 16
    assert render(backbone, audio_tokens(1), [1])[0].image.size == (16, 16)
    larger = DiffusionSettings(steps=2, batch_size=1, size=32)
    assert render(backbone, audio_tokens(1), [1], larger)[0].image.size == (32, 32)


def test_every_choice_is_recorded_as_json(backbone):
    choices = render(backbone, audio_tokens(1), [1])[0].choices
    assert (
        json.loads(json.dumps(choices))
        == choices
        == {
            "settings": {
                "steps": 3,
                "guidance": 7.5,
                "negative_prompt": "",
                "scheduler": "pndm",
                "size": None,
                "batch_size": 2,
                "device": "cpu",
                "precision": "float32",
                "channels_last": False,
                "compiled": False,
                "cpu_threads": 1,
            },
            "width": 16,
            "height": 16,
            "scheduler": "PNDMScheduler",
            "safety_flagged": None,
            "libraries": {name: version(name) for name in ("diffusers", "transformers", "accelerate")},
        }
    )


def test_half_precision_and_channels_last_paint_nearly_the_same(backbone):
    settings = DiffusionSettings(steps=2, batch_size=1)
    plain = np.asarray(render(backbone, audio_tokens(1), [1], settings)[0].image, dtype=int)
    for options in ({"precision": "bfloat16"}, {"channels_last": True}):
        painting = render(tiny_backbone(**options), audio_tokens(1), [1], replace(settings, **options))[0]
        assert np.abs(np.asarray(painting.image, dtype=int) - plain).mean() < 5
        assert options.items() <= painting.choices["settings"].items()


def test_channels_last_is_a_layout_in_memory():
    assert tiny_backbone(channels_last=True).unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last)
    assert not tiny_backbone().unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last)


@pytest.fixture
def traced(monkeypatch):
    """torch.compile as far as tracing goes: turning the graph into machine code takes a minute and is not ours."""
    graphs = []

    def trace(graph, inputs):
        graphs.append(graph)
        return graph.forward

    compile_module = torch.nn.Module.compile
    monkeypatch.setattr(torch.nn.Module, "compile", lambda network: compile_module(network, backend=trace))
    yield graphs
    torch._dynamo.reset()


def test_a_compiled_network_paints_the_same(backbone, traced):
    settings = DiffusionSettings(steps=1, batch_size=1)
    compiled = tiny_backbone(compiled=True)
    ours = render(compiled, audio_tokens(1), [1], replace(settings, compiled=True))[0]
    assert traced
    assert ours.image.tobytes() == render(backbone, audio_tokens(1), [1], settings)[0].image.tobytes()


# In a process of its own: after a compilation that fails, torch 2.13 leaves its frame evaluator in the interpreter.
# CPython 3.11 may then crash where a generator closes itself while it runs, as those of Django's test client do.
CANNOT_COMPILE = """
import torch
from generation.errors import CheckpointError
from tests.generation.musipainter.backbones.stable_diffusion.test_diffusion import DiffusionSettings, audio_tokens
from tests.generation.musipainter.backbones.stable_diffusion.test_diffusion import render, tiny_backbone

def broken(graph, inputs):
    raise RuntimeError("no C++ compiler here")

compile_module = torch.nn.Module.compile
torch.nn.Module.compile = lambda network: compile_module(network, backend=broken)
try:
    render(tiny_backbone(compiled=True), audio_tokens(1), [1], DiffusionSettings(steps=1, batch_size=1, compiled=True))
except CheckpointError as error:
    print(error)
"""


def test_a_machine_that_cannot_compile_is_told_to_go_without():
    done = subprocess.run([sys.executable, "-c", CANNOT_COMPILE], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    assert re.search(r"no C\+\+ compiler here.*go without --compile", lines[0])


def test_settings_of_another_device_or_precision_are_refused(backbone):
    with pytest.raises(CheckpointError, match="with precision bfloat16, but the networks were loaded with float32"):
        render(backbone, audio_tokens(1), [1], DiffusionSettings(precision="bfloat16"))
    with pytest.raises(CheckpointError, match="with device cuda, but the networks were loaded with cpu"):
        render(backbone, audio_tokens(1), [1], DiffusionSettings(device="cuda"))


def test_texts_alone_paint_images_without_music(backbone):
    texts = ["An art image of Heavy metal", "An art image of Electronic music"]
    first = pixels_of(backbone.render_text(texts, [1, 1], SHORT))
    assert first[0] != first[1]
    assert pixels_of(backbone.render_text(texts[1:], [1], SHORT)) == first[1:]


def test_the_published_scheduler_takes_51_steps_from_981():
    scheduler = make_scheduler("pndm", tiny_diffusion()["scheduler"].config)
    scheduler.set_timesteps(50)
    assert len(scheduler.timesteps) == 51
    assert scheduler.timesteps[0] == 981
    assert make_scheduler("ddim", scheduler.config).config.clip_sample is False


def test_running_out_of_memory_names_the_setting(backbone, monkeypatch):
    def exhausted(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(backbone.unet, "forward", exhausted)
    with pytest.raises(
        CheckpointError, match="Out of memory while painting 2 images of 16 pixels .* smaller --batch-size"
    ):
        render(backbone, audio_tokens(1), [1])


# Safety checker


def tiny_safety_checker(*, alarmed):
    """A checker of random weights that flags every image, or none."""
    tower = {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "image_size": 8,
        "patch_size": 4,
    }
    text = {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "vocab_size": 10,
    }
    config = CLIPConfig(
        vision_config=tower, text_config=text | {"bos_token_id": 0, "eos_token_id": 1}, projection_dim=8
    )
    checker = StableDiffusionSafetyChecker(config)
    with torch.no_grad():
        checker.concept_embeds_weights.fill_(-2.0 if alarmed else 2.0)
        checker.special_care_embeds_weights.fill_(2.0)
    return checker


@pytest.mark.parametrize("alarmed", [True, False])
def test_the_safety_checker_is_heard_but_never_replaces_an_image(alarmed):
    parts = {
        "safety_checker": tiny_safety_checker(alarmed=alarmed),
        "feature_extractor": CLIPImageProcessorPil(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8}),
    }
    painting = render(tiny_backbone(**parts), audio_tokens(1), [1])[0]
    assert painting.choices["safety_flagged"] is alarmed
    assert pixels_of([painting]) == pixels_of(render(tiny_backbone(), audio_tokens(1), [1]))
    assert np.asarray(painting.image).std() > 0


# Training


@pytest.fixture
def artworks(tmp_path):
    return [write_image(tmp_path / f"{seed}.png", seed) for seed in range(3)]


def test_loss_equals_equation_1_written_out(artworks):
    backbone, e_audio = tiny_backbone(), audio_tokens()
    pixels = torch.stack([load_pixels(artwork, 16) for artwork in artworks])
    seeds = [3, 4, 5]
    ours = backbone.noise_loss(e_audio, pixels, seeds)
    parts = tiny_diffusion()
    abar = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, dim=0)
    squares = []
    for vector, image, seed in zip(e_audio, pixels, seeds, strict=True):
        draws = torch.Generator().manual_seed(seed)
        step = torch.randint(1000, (), generator=draws)
        share, noise = torch.randn(4, 8, 8, generator=draws), torch.randn(4, 8, 8, generator=draws)
        with torch.no_grad():
            posterior = parts["vae"].encode(image[None]).latent_dist
            latent = (posterior.mean + posterior.std * share) * 0.18215
            noisy = abar[step].sqrt() * latent + (1 - abar[step]).sqrt() * noise
            prompt = backbone.conditioning.embed(vector[None])
            named = parts["unet"](noisy, step, encoder_hidden_states=prompt).sample
        squares.append((named[0] - noise).square())
    torch.testing.assert_close(ours, torch.stack(squares).mean())


def test_overall_loss_adds_the_labels_and_norms(backbone, artworks):
    labels = ["Heavy metal", "Electronic music", "Heavy metal"]
    e_audio = audio_tokens()
    terms = backbone.training_loss(e_audio, artworks, labels, config=LossConfig(), generator=generator())
    targets = torch.stack([backbone.conditioning.label_target(label) for label in labels])
    cosine = torch.nn.functional.cosine_similarity(e_audio, targets).mean()
    torch.testing.assert_close(terms.class_, (1 - cosine).square())
    torch.testing.assert_close(terms.l1, e_audio.abs().mean())
    torch.testing.assert_close(terms.total, terms.generator + 0.01 * terms.l1 + 0.01 * terms.class_)


def test_a_pairs_noise_is_drawn_for_it_alone(backbone, artworks):
    pixels = torch.stack([load_pixels(artwork, 16) for artwork in artworks])
    together = backbone.noise_loss(audio_tokens(), pixels, [1, 2, 3])
    alone = [
        backbone.noise_loss(vector[None], image[None], [seed])
        for vector, image, seed in zip(audio_tokens(), pixels, [1, 2, 3], strict=True)
    ]
    torch.testing.assert_close(together, torch.stack(alone).mean())


def test_loss_follows_the_generator(backbone, artworks):
    def loss(seed):
        labels = ["Heavy metal"] * 3
        return backbone.training_loss(audio_tokens(), artworks, labels, config=LossConfig(), generator=generator(seed))

    assert torch.equal(loss(1).total, loss(1).total)
    assert not torch.equal(loss(1).total, loss(2).total)


def test_gradients_reach_the_music_and_no_frozen_network(backbone, artworks):
    e_audio = audio_tokens().requires_grad_(True)
    labels = ["Heavy metal"] * 3
    config = LossConfig(lambda_l1=0.0, lambda_class=0.0)
    backbone.training_loss(e_audio, artworks, labels, config=config, generator=generator()).total.backward()
    assert (e_audio.grad.abs().sum(dim=1) > 0).all()
    assert all(parameter.grad is None for network in backbone.networks() for parameter in network.parameters())


def test_a_trained_unet_is_part_of_the_checkpoint(artworks):
    backbone = tiny_backbone(precision="bfloat16")
    backbone.train_unet()
    assert backbone.unet.dtype == torch.float32
    assert backbone.vae.dtype == torch.bfloat16
    with torch.no_grad():
        backbone.unet.conv_in.bias += 1
    state = backbone.state()
    assert state.keys() == backbone.unet.state_dict().keys()
    other = tiny_backbone()
    before = pixels_of(render(other, audio_tokens(1), [1]))
    other.load_state(state, {})
    assert torch.equal(other.unet.conv_in.bias, backbone.unet.conv_in.bias)
    assert pixels_of(render(other, audio_tokens(1), [1])) != before
    assert other.describe() == tiny_backbone().describe()  # which published weights it started from


def test_label_targets_follow_table_or_encoder():
    table, encoder = tiny_backbone(label_target="table"), tiny_backbone(label_target="encoder")
    labels = ["Heavy metal", "Heavy metal", "Electronic music"]
    assert torch.equal(table.label_targets(labels, [])[2], table.conditioning.label_target("Electronic music", "table"))
    assert torch.equal(
        encoder.label_targets(labels, [])[0], encoder.conditioning.label_target("Heavy metal", "encoder")
    )
    assert not torch.equal(table.label_targets(labels, []), encoder.label_targets(labels, []))
    assert table.notes() == {"label_target": "table"}


def test_training_images_are_the_central_square(tmp_path):
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (10, 0, 30, 20))
    image.save(tmp_path / "wide.png")
    pixels = load_pixels(MediaItem("0" * 64, tmp_path / "wide.png"), 16)
    assert pixels.shape == (3, 16, 16)
    assert torch.equal(pixels, torch.full((3, 16, 16), -1.0))
    (tmp_path / "text.png").write_text("la la la")
    with pytest.raises(ImageError, match="text.png: not a readable image"):
        load_pixels(MediaItem("0" * 64, tmp_path / "text.png"), 16)


def test_models_that_do_not_fit_equation_1_are_refused():
    parts = tiny_diffusion()
    velocity = PNDMScheduler.from_config(parts["scheduler"].config, prediction_type="v_prediction")
    with pytest.raises(CheckpointError, match="predicts 'v_prediction'"):
        StableDiffusionBackbone(**parts | {"scheduler": velocity})
    other = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49_408,
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            bos_token_id=49_406,
            eos_token_id=49_407,
        )
    )
    with pytest.raises(CheckpointError, match="gives 8 numbers per token, the U-Net takes 16"):
        StableDiffusionBackbone(**parts | {"text_encoder": other})
    inside = UNet2DConditionModel.from_config(parts["unet"].config, in_channels=9)
    with pytest.raises(CheckpointError, match="The U-Net takes 9 channels, the VAE gives 4: these are parts of two"):
        StableDiffusionBackbone(**parts | {"unet": inside})


def test_a_tokenizer_of_another_model_is_refused():
    parts = tiny_diffusion()
    few = CLIPTextModel(CLIPTextConfig(vocab_size=1000, hidden_size=16, intermediate_size=8, num_hidden_layers=1))
    with pytest.raises(CheckpointError, match="tokens up to 49407, the text encoder's token table has 1000 rows"):
        StableDiffusionBackbone(**parts | {"text_encoder": few})
    endless = clip_tokenizer(500)
    endless.pad_token = None
    with pytest.raises(CheckpointError, match="The tokenizer has no pad token"):
        StableDiffusionBackbone(**parts | {"tokenizer": endless})


@pytest.mark.parametrize(
    ("precision", "words"),
    [("float16", "Use --precision bfloat16 or float32"), ("float32", "in float32: their weights, or those of the")],
)
def test_values_that_are_no_numbers_make_no_image(precision, words):
    backbone = tiny_backbone(precision=precision)
    with torch.no_grad():
        # Beyond what half precision holds; in full precision an infinity does the same.
        backbone.vae.decoder.conv_in.bias.fill_(6e4 if precision == "float16" else float("inf"))
    with pytest.raises(CheckpointError, match=words) as caught:
        render(backbone, audio_tokens(), [1, 2, 3], replace(SHORT, precision=precision))
    assert "\n" not in str(caught.value)


def test_published_networks_have_their_published_sizes():
    with torch.device("meta"):
        unet = UNet2DConditionModel(
            sample_size=64, block_out_channels=(320, 640, 1280, 1280), cross_attention_dim=768, attention_head_dim=8
        )
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
            latent_channels=4,
            sample_size=512,
        )
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                hidden_size=768,
                intermediate_size=3072,
                num_hidden_layers=12,
                num_attention_heads=12,
                bos_token_id=49_406,
                eos_token_id=49_407,
            )
        )
    sizes = [sum(parameter.numel() for parameter in part.parameters()) for part in (unet, vae, text_encoder)]
    assert sizes == [859_520_964, 83_653_863, 123_060_480]


def test_networks_are_not_changed_by_painting_or_training(backbone, artworks):
    parts = {"unet": backbone.unet, "vae": backbone.vae, "text_encoder": backbone.text_encoder}
    e_audio = audio_tokens().requires_grad_(True)
    labels = ["Heavy metal"] * 3
    backbone.training_loss(e_audio, artworks, labels, config=LossConfig(), generator=generator()).total.backward()
    render(backbone, audio_tokens(1), [1])
    assert weights_hash(parts) == backbone.weights_sha256
