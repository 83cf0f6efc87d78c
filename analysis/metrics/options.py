"""Every choice that goes into the model metrics of an arm."""

from dataclasses import dataclass

from analysis.similarity import Background, Denominator

# Clips on the boards that a space answers by itself.
BOARD = 4


@dataclass(frozen=True)
class MetricOptions:
    """Every choice that goes into the block; the defaults are the most literal reading of the paper."""

    denominator: Denominator = "paper"
    giils_background: Background = "all"
    giils_self_pairs: bool = False
    sample_per_label: int = 10
    sample_seed: int = 0
    confidence: float = 0.95
    draws: int = 9_999
    seed: int = 0
