"""Networks of the paper's classes, small enough for any machine: random weights, real code paths."""

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import torch
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

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


def clip_tokenizer() -> CLIPTokenizer:
    """The real tokenizer of Stable Diffusion 1.x."""
    vocabulary, merges = clip_vocabulary()
    return CLIPTokenizer(vocab=dict(vocabulary), merges=list(merges), model_max_length=77)


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
