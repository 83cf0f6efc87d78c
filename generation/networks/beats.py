"""BEATs (Chen et al. 2023), the audio encoder of the paper: a transformer over patches of a log mel spectrogram.

Written here from the published description, for its published checkpoint. The small libraries that carry the network
make bad guests: openbeats imports torchaudio and two unrelated models of transformers, repeats a short sound without
a word, unpickles checkpoints, and cuts the gradient between layers where the checkpoint's configuration asks to scale
it (the paper's second model trains this network); speechbrain needs a whole toolkit. The tests hold our hidden states
against openbeats on the same weights, in double precision.

Parameter names are the checkpoint's, so its state loads as it is. Nothing in the network is random: dropouts are 0 in
the published configuration, and layer drop, a regulariser of its own training, is left out.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from generation.errors import CheckpointError
from generation.networks.kaldi import FRAME, MEL_BANDS, SHIFT, frame_count
from generation.networks.weights import check_tensors, read_pickled, shapes_of

CHECKPOINT_NAME = "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
# Layers, counted from 1, whose outputs make the paper's features, in this order along the channels (section 3.3).
FEATURE_LAYERS = (4, 8, 12)
# A part of the checkpoint that names AudioSet classes; features do not need it.
CLASSIFIER = "predictor."


@dataclass(frozen=True)
class BeatsConfig:
    """The checkpoint's `cfg`, as far as it decides features; defaults are what an absent entry means."""

    input_patch_size: int = 16
    embed_dim: int = 512
    conv_bias: bool = False
    encoder_layers: int = 12
    encoder_embed_dim: int = 768
    encoder_ffn_embed_dim: int = 3072
    encoder_attention_heads: int = 12
    activation_fn: str = "gelu"
    layer_norm_first: bool = False
    deep_norm: bool = False
    relative_position_embedding: bool = False
    num_buckets: int = 320
    max_distance: int = 1280
    gru_rel_pos: bool = False
    conv_pos: int = 128
    conv_pos_groups: int = 16
    layer_wise_gradient_decay_ratio: float = 1.0

    def __post_init__(self) -> None:
        if self.activation_fn != "gelu" or self.layer_norm_first:
            raise CheckpointError(
                "this BEATs has activation_fn "
                f"{self.activation_fn!r} and layer_norm_first {self.layer_norm_first}; only 'gelu' and False are known"
            )

    @classmethod
    def read(cls, entries: Mapping[str, Any]) -> "BeatsConfig":
        """Our entries of a checkpoint's `cfg`; those of training and of the classifier are left aside."""
        return cls(**{field.name: entries[field.name] for field in fields(cls) if field.name in entries})


# The configuration inside BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt: 90,311,792 parameters.
PUBLISHED = BeatsConfig(
    deep_norm=True,
    relative_position_embedding=True,
    max_distance=800,
    gru_rel_pos=True,
    layer_wise_gradient_decay_ratio=0.6,
)


def token_count(samples: int, patch: int = 16) -> int:
    """Length T of the features of so many samples at 16 kHz: 248 for 5 s, 496 for 10 s, 1496 for 30 s.

    Parameters
    ----------
    samples : int
        At 16 kHz.
    patch : int
        Side of a patch, in frames and bands.

    Returns
    -------
    int
        T; 8 patches of bands for each patch of frames.
    """
    return frame_count(samples) // patch * (MEL_BANDS // patch)


def shortest_input(patch: int = 16) -> int:
    """Samples at 16 kHz below which no token comes out: 2,800 (0.175 s).

    Parameters
    ----------
    patch : int
        Side of a patch, in frames and bands.

    Returns
    -------
    int
        Samples; one patch of frames is filled.
    """
    return FRAME + (patch - 1) * SHIFT


class Beats(nn.Module):
    """BEATs (Chen et al. 2023) without its classifier.

    Parameters
    ----------
    config : BeatsConfig
        Of a checkpoint; by default the published one's.

    Attributes
    ----------
    weights_sha256 : str
        Names the file that its weights came from.
    """

    weights_sha256: str

    def __init__(self, config: BeatsConfig = PUBLISHED, *, weights_sha256: str = "") -> None:
        super().__init__()
        self.config = config
        self.weights_sha256 = weights_sha256
        patch, embed, width = config.input_patch_size, config.embed_dim, config.encoder_embed_dim
        self.patch_embedding = nn.Conv2d(1, embed, kernel_size=patch, stride=patch, bias=config.conv_bias)
        self.layer_norm = nn.LayerNorm(embed)
        self.post_extract_proj = nn.Linear(embed, width) if embed != width else None
        self.encoder = _Encoder(config)

    @classmethod
    def load(cls, path: str | Path) -> "Beats":
        """The network with the weights of a published checkpoint file ({"cfg", "model"}); nothing in it is executed.

        Raises CheckpointError naming the file and what is missing, unknown or of another shape.
        """
        path = Path(path)
        saved = _read_checkpoint(path)
        try:
            beats = cls(BeatsConfig.read(saved["cfg"]), weights_sha256=_sha256_of_file(path))
        except (CheckpointError, TypeError, ValueError) as error:
            raise CheckpointError(f"{path}: {error}.") from error
        tensors = {name: tensor for name, tensor in saved["model"].items() if not name.startswith(CLASSIFIER)}
        what = "the BEATs that its cfg describes"
        check_tensors(shapes_of(beats), tensors, source=path, what=what, failure=CheckpointError)
        beats.load_state_dict(tensors)
        return beats

    @property
    def gradient_checkpointing(self) -> bool:
        """Whether training recomputes each layer in the backward pass instead of keeping its activations."""
        return self.encoder.gradient_checkpointing

    @gradient_checkpointing.setter
    def gradient_checkpointing(self, on: bool) -> None:
        self.encoder.gradient_checkpointing = on

    def forward(self, fbank: Tensor, *, layers: Sequence[int] = FEATURE_LAYERS) -> Tensor:
        """Normalised filter banks (B, frames, 128) to the outputs of `layers`, side by side: (B, T, len(layers) x 768).

        T = 8 x (frames // 16): tokens run over time, and over the 8 frequency patches within each time step.
        Layers count from 1; 0 is the input of the first.
        """
        if not 0 <= min(layers) <= max(layers) <= self.config.encoder_layers:
            raise ValueError(f"this BEATs has layers 1 to {self.config.encoder_layers}, not {tuple(layers)}")
        patches = self.patch_embedding(fbank.unsqueeze(1)).flatten(2).transpose(1, 2)
        x = self.layer_norm(patches)
        if self.post_extract_proj is not None:
            x = self.post_extract_proj(x)
        states = self.encoder(x, last=max(layers))
        return torch.cat([states[layer] for layer in layers], dim=-1)


class _Encoder(nn.Module):
    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        self.gradient_decay = config.layer_wise_gradient_decay_ratio
        self.gradient_checkpointing = False
        width = config.encoder_embed_dim
        conv = _WeightNormConv(width, kernel=config.conv_pos, groups=config.conv_pos_groups)
        self.pos_conv = nn.Sequential(conv, nn.GELU())
        self.layer_norm = nn.LayerNorm(width)
        positions = _RelativePositions(config) if config.relative_position_embedding else None
        self.layers = nn.ModuleList([_Layer(config, positions) for _ in range(config.encoder_layers)])

    def forward(self, x: Tensor, *, last: int) -> list[Tensor]:
        """(B, T, C) to the states after layers 0 .. last, each (B, T, C)."""
        x = self.layer_norm(x + self.pos_conv(x.transpose(1, 2)).transpose(1, 2))
        states = [x]
        positions = self.layers[0].self_attn.relative_attention_bias if len(self.layers) else None
        bias = positions.bias(x.shape[1]) if positions is not None else None
        for layer in self.layers[:last]:
            if self.gradient_decay != 1.0:
                x = _ScaleGradient.apply(x, self.gradient_decay)
            if self.gradient_checkpointing and torch.is_grad_enabled():
                x = checkpoint(layer, x, bias, use_reentrant=False)
            else:
                x = layer(x, bias)
            states.append(x)
        return states


class _Layer(nn.Module):
    """Post-norm transformer layer; deep norm weighs the residual path by (2 x layers)^(1/4)."""

    def __init__(self, config: BeatsConfig, positions: "_RelativePositions | None") -> None:
        super().__init__()
        width = config.encoder_embed_dim
        self.alpha = (2 * config.encoder_layers) ** 0.25 if config.deep_norm else 1.0
        self.self_attn = _Attention(config, positions)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, config.encoder_ffn_embed_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_embed_dim, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        x = self.self_attn_layer_norm(self.alpha * x + self.self_attn(x, bias))
        return self.final_layer_norm(self.alpha * x + self.fc2(F.gelu(self.fc1(x))))


class _Attention(nn.Module):
    """Self-attention whose relative position bias each query opens or closes by a gate."""

    def __init__(self, config: BeatsConfig, positions: "_RelativePositions | None") -> None:
        super().__init__()
        width, self.heads = config.encoder_embed_dim, config.encoder_attention_heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)
        # One table for all layers; the checkpoint stores it under each of them.
        self.relative_attention_bias = positions
        self.gated = config.gru_rel_pos
        if self.gated:
            self.grep_linear = nn.Linear(width // self.heads, 8)
            self.grep_a = nn.Parameter(torch.ones(1, self.heads, 1, 1))

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        q, k, v = (
            layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        if bias is not None and self.gated:
            bias = self._gate(q) * bias
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out_proj(attended.transpose(1, 2).flatten(2))

    def _gate(self, q: Tensor) -> Tensor:
        """Queries (B, H, T, d) to factors (B, H, T, 1) of the position bias."""
        opened, kept = self.grep_linear(q).unflatten(-1, (2, 4)).sum(dim=-1).sigmoid().chunk(2, dim=-1)
        return opened * (kept * self.grep_a - 1.0) + 2.0


class _RelativePositions(nn.Embedding):
    """A learned bias per head for the distance of two tokens: exact when near, in logarithmic buckets when far."""

    def __init__(self, config: BeatsConfig) -> None:
        super().__init__(config.num_buckets, config.encoder_attention_heads)
        self.max_distance = config.max_distance

    def bias(self, length: int) -> Tensor:
        """(heads, length, length): entry [h, i, j] is the bias of query i for key j."""
        place = torch.arange(length, device=self.weight.device)
        return self(self.bucket(place[None, :] - place[:, None])).permute(2, 0, 1)

    def bucket(self, offset: Tensor) -> Tensor:
        """Bucket of each offset j - i; the upper half of the buckets is for keys that come later."""
        half = self.num_embeddings // 2
        exact = half // 2
        distance = offset.abs()
        ratio = torch.log(distance.clamp_min(exact).float() / exact) / math.log(self.max_distance / exact)
        far = (exact + (ratio * (half - exact)).long()).clamp_max(half - 1)
        return (offset > 0) * half + torch.where(distance < exact, distance, far)


class _WeightNormConv(nn.Module):
    """Grouped convolution over time, weights stored as length `weight_g` per tap and direction `weight_v`."""

    def __init__(self, width: int, *, kernel: int, groups: int) -> None:
        super().__init__()
        self.groups = groups
        std = math.sqrt(4 / (kernel * width))
        self.weight_v = nn.Parameter(torch.randn(width, width // groups, kernel) * std)
        self.weight_g = nn.Parameter(self.weight_v.detach().norm(dim=(0, 1), keepdim=True))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight_v * (self.weight_g / self.weight_v.norm(dim=(0, 1), keepdim=True))
        kernel = weight.shape[-1]
        out = F.conv1d(x, weight, self.bias, padding=kernel // 2, groups=self.groups)
        # An even kernel padded on both sides gives one output too many.
        return out[..., : x.shape[-1]]


class _ScaleGradient(torch.autograd.Function):
    """Identity whose gradient is multiplied by a factor: lower layers learn more slowly than higher ones."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.factor, None


def _read_checkpoint(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise CheckpointError(
            f"There are no BEATs weights at {path}: put {CHECKPOINT_NAME} there, or name the file where it lies."
        )
    saved = read_pickled(path, what="BEATs", failure=CheckpointError)
    if not isinstance(saved, dict) or not all(isinstance(saved.get(key), Mapping) for key in ("cfg", "model")):
        raise CheckpointError(f"{path} is no BEATs checkpoint: it should hold the two entries cfg and model.")
    if not all(isinstance(tensor, Tensor) for tensor in saved["model"].values()):
        raise CheckpointError(f"{path} is no BEATs checkpoint: its entry model should hold tensors only.")
    return saved


def _sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
