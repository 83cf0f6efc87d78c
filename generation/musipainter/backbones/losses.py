"""The losses of the paper, one function each: equations 1, 2, 3 and 9.

The paper leaves two readings open, and both are options. Its norms are sums, those of the code that it builds on are a
mean of |e| and a squared norm: `l1_reduction`, `l2_power`. Equation 2 is printed for one pair, the code squares one
minus the batch's mean cosine: `class_reduction`. Defaults follow the code, to which the published weights of the terms
belong; for a batch of one both readings of equation 2 agree.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.musipainter.config import ClassReduction, L1Reduction, L2Power, LossConfig


@dataclass(frozen=True)
class LossTerms:
    """The overall loss and its terms before weighting; scalars.

    Attributes
    ----------
    total : Tensor
        Eq. 3 or 9.
    generator, class_, l1, l2 : Tensor
        Eq. 1, eq. 2 and the norms, before weighting.
    """

    total: Tensor
    generator: Tensor
    class_: Tensor
    l1: Tensor
    l2: Tensor


def generator_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Eq. 1: the mean squared error over all elements.

    Parameters
    ----------
    predicted, target : Tensor, equal shapes
        Noise for diffusion, style codes (B, 100) for style transfer.

    Returns
    -------
    Tensor
        A scalar.
    """
    return F.mse_loss(predicted, target)


def class_loss(e_audio: Tensor, label_targets: Tensor, *, reduction: ClassReduction = "batch") -> Tensor:
    """Eq. 2: (1 - cosine)^2 between e_audio (B, d) and each pair's pooled label (B, d)."""
    cosine = F.cosine_similarity(e_audio, label_targets, dim=-1)
    if reduction == "batch":
        return (1 - cosine.mean()).square()
    return (1 - cosine).square().mean()


def l1_norm(e_audio: Tensor, *, reduction: L1Reduction = "mean") -> Tensor:
    """The l1 term of eq. 3: mean over the batch of ||e||_1, divided by d for "mean"."""
    return e_audio.abs().mean() if reduction == "mean" else e_audio.abs().sum(dim=-1).mean()


def l2_norm(e_audio: Tensor, *, power: L2Power = 2) -> Tensor:
    """The l2 term of eq. 9: mean over the batch of ||e||_2 to this power."""
    return torch.linalg.vector_norm(e_audio, dim=-1).pow(power).mean()


def overall_loss(generator: Tensor, e_audio: Tensor, label_targets: Tensor, config: LossConfig) -> LossTerms:
    """Eq. 3, and eq. 9 where `lambda_l2` is not 0.

    Parameters
    ----------
    generator : Tensor
        Eq. 1, a scalar.
    e_audio : Tensor (B, d)
        Audio tokens.
    label_targets : Tensor (B, d)
        The pooled label of each pair.
    config : LossConfig
        Weights and readings.

    Returns
    -------
    LossTerms
        Scalars.
    """
    class_ = class_loss(e_audio, label_targets, reduction=config.class_reduction)
    l1 = l1_norm(e_audio, reduction=config.l1_reduction)
    l2 = l2_norm(e_audio, power=config.l2_power)
    total = generator + config.lambda_l1 * l1 + config.lambda_class * class_
    if config.lambda_l2:
        total = total + config.lambda_l2 * l2
    return LossTerms(total=total, generator=generator, class_=class_, l1=l1, l2=l2)
