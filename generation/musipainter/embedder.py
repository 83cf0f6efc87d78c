"""The trained part of every preset: two linear layers with a GELU, then attentive pooling over the sequence.

Section 3.3 and figure 3 of the paper. The pooling is factor graph attention (Schwartz et al. 2019) of one sequence
with itself, without parts that depend on the sequence's length: `Embedder(2304, 768)` has 8,853,507 parameters, the
number that the paper prints. Parameter names are those of the public AudioToken embedder, so that its weights load
into ours and ours into it.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.errors import CheckpointError
from generation.musipainter.config import Pooling
from generation.networks import check_tensors, read_tensors, shapes_of

DROPOUT = 0.5
# Layers that the AudioToken lineage stores as convolutions of width 1: their weights carry a trailing axis.
CONVOLUTIONS = ("embed.weight", "feature_reduce.weight", "embed_X.weight", "embed_Y.weight", "potentials.0.weight")


def drop(x: Tensor, share: float) -> Tensor:
    """Dropout: a share of the values set to zero, the others enlarged to keep the mean.

    The mask is drawn from uniform numbers. torch's own dropout draws by another algorithm on processors of another
    maker, so that equal seeds trained other weights there.
    """
    kept = torch.rand(x.shape, device=x.device) >= share
    return x * kept / (1 - share)


class UnaryPotential(nn.Module):
    """How interesting each token is by itself: (B, T, d) -> (B, T)."""

    def __init__(self, width: int, *, dropout_in_eval: bool) -> None:
        super().__init__()
        self.embed = nn.Linear(width, width)
        self.feature_reduce = nn.Linear(width, 1)
        self.dropout_in_eval = dropout_in_eval

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.embed(x))
        if self.training or self.dropout_in_eval:
            hidden = drop(hidden, DROPOUT)
        return self.feature_reduce(hidden).squeeze(-1)


class PairwisePotential(nn.Module):
    """How alike each token is to all tokens, itself included: (B, T, d) -> (B, T).

    The mean over s of <P_t, Q_s> is evaluated as <P_t, mean of Q>: O(T d) instead of O(T^2 d).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed_X = nn.Linear(width, width)
        self.embed_Y = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        p = F.normalize(self.embed_X(x), dim=-1)
        q = F.normalize(self.embed_Y(x), dim=-1)
        return (p * q.mean(dim=1, keepdim=True)).sum(dim=-1)


class AttentivePooling(nn.Module):
    """Weighted mean of the tokens, (B, T, d) -> (B, d); weights = softmax over T of both potentials combined."""

    def __init__(self, width: int, *, dropout_in_eval: bool = False) -> None:
        super().__init__()
        self.un_models = nn.ModuleList([UnaryPotential(width, dropout_in_eval=dropout_in_eval)])
        self.pp_models = nn.ModuleList([PairwisePotential(width)])
        self.reduce_potentials = nn.ModuleList([nn.Linear(2, 1, bias=False)])

    def weights(self, x: Tensor) -> Tensor:
        """Attention over the tokens of (B, T, d); returns (B, T), rows sum to 1."""
        potentials = torch.stack([self.un_models[0](x), self.pp_models[0](x)], dim=-1)
        return self.reduce_potentials[0](potentials).squeeze(-1).softmax(dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("bt,btd->bd", self.weights(x), x)


class AveragePooling(nn.Module):
    """Plain mean of the tokens, (B, T, d) -> (B, d): what attentive pooling is to be compared with."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=1)


class Embedder(nn.Module):
    """Audio features (B, T, in_dim) of any length T to the audio token e_audio (B, out_dim).

    Parameters
    ----------
    in_dim, out_dim : int
        Channels of the features, and the token's length: 2304 and 768 in the paper (8,853,507 parameters).
    pooling : {"attentive", "average"}
        How tokens become one; attentive pooling is the paper's (section 3.3, figure 3).
    dropout_in_eval : bool
        Leave dropout (p = 0.5, unary potential) on outside training. The original does, so that the same music gives
        another token each time.
    """

    def __init__(
        self, in_dim: int, out_dim: int, *, pooling: Pooling = "attentive", dropout_in_eval: bool = False
    ) -> None:
        super().__init__()
        self.in_dim = in_dim
        self.out_dim = out_dim
        self.fc1 = nn.Linear(in_dim, in_dim)
        self.fc2 = nn.Linear(in_dim, out_dim)
        average = pooling == "average"
        self.fga = AveragePooling() if average else AttentivePooling(out_dim, dropout_in_eval=dropout_in_eval)

    def forward(self, features: Tensor) -> Tensor:
        return self.fga(self.fc2(F.gelu(self.fc1(features))))


def as_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """An embedder's tensors in AudioToken's shapes.

    Parameters
    ----------
    state : mapping of Tensor
        An embedder's state dict.

    Returns
    -------
    dict of Tensor
        13 tensors of attentive pooling; those of convolutions of width 1 carry a trailing axis.
    """
    return {
        name: tensor.unsqueeze(-1).contiguous() if name.endswith(CONVOLUTIONS) else tensor
        for name, tensor in state.items()
    }


def import_state(embedder: Embedder, state: dict[str, Tensor], *, source: str = "these weights") -> None:
    """Load our own or AudioToken's tensors into an embedder.

    Parameters
    ----------
    embedder : Embedder
        Of the right sizes.
    state : dict of Tensor
        Trailing axes of AudioToken's convolutions are taken away.
    source : str
        Where they come from, for the message.

    Raises
    ------
    CheckpointError
        Names a tensor that is missing, unknown or of another shape.
    """
    tensors = {
        name: tensor.squeeze(-1) if name.endswith(CONVOLUTIONS) and tensor.ndim == 3 else tensor
        for name, tensor in state.items()
    }
    what = f"the embedder ({embedder.in_dim} to {embedder.out_dim})"
    check_tensors(shapes_of(embedder), tensors, source=source, what=what, failure=CheckpointError)
    embedder.load_state_dict(tensors)


def read_state(path: Path) -> dict[str, Tensor]:
    """Read a file of tensors; nothing in it is executed.

    Parameters
    ----------
    path : Path
        `.safetensors`, or torch's `.bin` or `.pt`.

    Returns
    -------
    dict of Tensor
        By name, on the CPU.

    Raises
    ------
    CheckpointError
        When it is missing or holds anything else.
    """
    return read_tensors(path, what="embedder", failure=CheckpointError)
