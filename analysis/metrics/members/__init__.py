"""One module for each metric of `analysis.metrics.registry`, with everything that belongs to it."""

from analysis.metrics.members.duplicates import list_duplicates
from analysis.metrics.members.machine import answer_board

__all__ = ["answer_board", "list_duplicates"]
