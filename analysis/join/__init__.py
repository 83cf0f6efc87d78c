"""People beside metrics: calibration, reliability, temperature, boards that a machine answers too."""

from analysis.join.by_arm import add_metrics

__all__ = ["add_metrics"]
