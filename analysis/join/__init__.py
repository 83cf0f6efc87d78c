"""People beside metrics: temperature, calibration, reliability, boards that a machine answers too."""

from analysis.join.boards import Boards, ShownBoard
from analysis.join.by_arm import add_metrics
from analysis.join.machine import machine_block
from analysis.join.pairs import pairs_of, tables_of
from analysis.join.sampling import sample_of
from analysis.join.temperature import temperature_block

__all__ = [
    "Boards",
    "ShownBoard",
    "add_metrics",
    "machine_block",
    "pairs_of",
    "sample_of",
    "tables_of",
    "temperature_block",
]
