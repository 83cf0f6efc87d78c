"""Networks of the paper's classes, small enough for any machine: random weights, real code paths."""

from dataclasses import asdict, replace
from pathlib import Path

import torch

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
