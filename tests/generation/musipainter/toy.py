"""Networks of the paper's classes, small enough for any machine: random weights, real code paths."""

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import diffusers
import numpy as np
import soundfile
import torch
from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from generation.musipainter.audio_encoders.beats import BEATS_FILE, BeatsEncoder
from generation.musipainter.backbones.stable_diffusion.diffusion import StableDiffusionBackbone
from generation.musipainter.backbones.stable_diffusion.kind import DIFFUSION_FOLDER
from generation.musipainter.backbones.stable_diffusion.weights import quiet_libraries
from generation.musipainter.data import MediaItem, Pair, TrainingData
from generation.musipainter.parts import Parts
from generation.musipainter.presets import PRESETS
from generation.networks.beats import PUBLISHED, Beats

# Twelve layers, because the features are those of layers 4, 8 and 12; 24 channels in all.
TINY_BEATS = replace(
    PUBLISHED,
    embed_dim=6,
    encoder_embed_dim=8,
    encoder_ffn_embed_dim=12,
    encoder_attention_heads=2,
    num_buckets=20,
    max_distance=40,
    conv_pos=4,
    conv_pos_groups=2,
)


def tiny_beats(seed: int = 0) -> Beats:
    """BEATs with 24 instead of 2304 feature channels."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Beats(TINY_BEATS)


def write_beats_checkpoint(path: Path, beats: Beats) -> Path:
    """The network as a file in the published layout, classifier included."""
    width = beats.config.encoder_embed_dim
    classifier = {"predictor.weight": torch.zeros(527, width), "predictor.bias": torch.zeros(527)}
    torch.save({"cfg": asdict(beats.config), "model": dict(beats.state_dict()) | classifier}, path)
    return path


MERGES = Path(__file__).parents[2] / "data" / "clip-bpe" / "merges.txt"


@cache
def clip_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """CLIP's 49,408 tokens and the merges they come from: bytes, bytes that end a word, merges, begin and end."""
    lines = MERGES.read_text(encoding="utf-8").splitlines()[1:]
    merges = [(left, right) for left, right in (line.split() for line in lines)]
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    # Bytes that print nothing get the characters from 256 on.
    characters = [chr(byte) for byte in printable] + [chr(256 + rank) for rank in range(256 - len(printable))]
    tokens = characters + [f"{character}</w>" for character in characters] + ["".join(merge) for merge in merges]
    return {token: number for number, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}, merges


def clip_tokenizer(n_merges: int | None = None) -> CLIPTokenizer:
    """The real tokenizer of Stable Diffusion 1.x; of `n_merges` merges alone, which loads in a tenth of the time."""
    vocabulary, merges = clip_vocabulary()
    left_out = {"".join(merge) for merge in merges[n_merges:]} if n_merges is not None else set()
    kept = {token: number for token, number in vocabulary.items() if token not in left_out}
    return CLIPTokenizer(vocab=kept, merges=merges[:n_merges], model_max_length=77)


def tiny_text_encoder(seed: int = 0, width: int = 16) -> CLIPTextModel:
    """CLIP's text encoder with the real vocabulary and length, two thin layers and random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = CLIPTextConfig(
            vocab_size=49_408,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=2,
            num_attention_heads=2,
            projection_dim=width,
            bos_token_id=49_406,
            eos_token_id=49_407,
            pad_token_id=49_407,
        )
        return CLIPTextModel(config).eval().requires_grad_(False)


def tiny_diffusion(seed: int = 0) -> dict[str, object]:
    """The parts of a Stable Diffusion 1.x model that paints 16 x 16 pixels; tokens of 16 numbers."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = UNet2DConditionModel(
            sample_size=8,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=2,
        )
        vae = AutoencoderKL(
            block_out_channels=(8, 8),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            latent_channels=4,
            norm_num_groups=4,
            sample_size=16,
        )
    scheduler = PNDMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    return {
        "unet": unet,
        "vae": vae,
        "text_encoder": tiny_text_encoder(seed),
        "tokenizer": clip_tokenizer(),
        "scheduler": scheduler,
    }


def tiny_backbone(seed: int = 0, **options: object) -> StableDiffusionBackbone:
    """A Stable Diffusion model of random weights behind our interface."""
    return StableDiffusionBackbone(**tiny_diffusion(seed), **options)


def write_image(path: Path, seed: int = 0, size: tuple[int, int] = (20, 16), label: str = "Heavy metal") -> MediaItem:
    """A noise picture as a file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return MediaItem(sha256=f"{seed:064x}", path=path, label=label, split="train")


def tiny_parts(
    *, trained: tuple[str, ...] = ("embedder",), window: str = "windows", pooling: str = "attentive", **options: object
) -> Parts:
    """BEATs and Stable Diffusion of random weights, put together as a preset of the paper puts them."""
    preset = replace(PRESETS["musipainter-1"], trained=trained, pooling=pooling, window=window)
    return Parts(preset, BeatsEncoder(tiny_beats(), window=window), tiny_backbone(**options))


LABELS = ("Electronic music", "Heavy metal")


def write_pairs(folder: Path, *, per_label: int = 2, seconds: float = 1.0) -> TrainingData:
    """Noise as music and as art in two categories: `per_label` train clips and artworks each, one validation pair."""
    clips, artworks, validation = [], [], []
    for number, label in enumerate(LABELS):
        for place in range(per_label + 1):
            seed = 100 * number + place
            sound = folder / f"{seed}.wav"
            samples = np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * 16_000))
            soundfile.write(sound, samples, 16_000, subtype="FLOAT")
            split = "train" if place < per_label else "val"
            clip = MediaItem(f"{seed:064x}", sound, label, split)
            artwork = replace(write_image(folder / f"{seed}.png", seed, label=label), split=split)
            if place < per_label:
                clips.append(clip)
                artworks.append(artwork)
            else:
                validation.append(Pair(clip, artwork))
    return TrainingData(clips, artworks, validation)


def write_weights(folder: Path, *, diffusion_seed: int = 0) -> Path:
    """What a site puts into its folder of weights, small: BEATs' checkpoint and Stable Diffusion's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_beats_checkpoint(folder / BEATS_FILE, tiny_beats())
    parts = tiny_diffusion(diffusion_seed) | {"tokenizer": clip_tokenizer(500)}
    with quiet_libraries():
        diffusers.StableDiffusionPipeline(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        ).save_pretrained(folder / DIFFUSION_FOLDER)
    return folder
