"""How many participants a study needs: exact power of the tests that the report runs."""

from analysis.power.exact import Design, mde, plan, power_curve, total_power, trial_level_size, two_groups_power
from analysis.power.planner import make_plan

__all__ = ["Design", "make_plan", "mde", "plan", "power_curve", "total_power", "trial_level_size", "two_groups_power"]
