"""How many were right: all matches, each category, ability, discrimination, joint tests."""

from analysis.accuracy.categories import effective_number, per_category
from analysis.accuracy.discrimination import bayes_factor, conditional_chance, discriminations
from analysis.accuracy.joint import exceedance, westfall_young
from analysis.accuracy.resampling import (
    BOOTSTRAP_DRAWS,
    BOOTSTRAP_SEED,
    Interval,
    crossed_interval,
    participant_interval,
    share_interval,
)
from analysis.accuracy.sensitivity import POINTS, alternatives_d_prime, matching_d_prime
from analysis.accuracy.theta import Level, ability, ability_pmf, expected_share, fit_ability, level, theta_of_share
from analysis.accuracy.totals import Overall, overall

__all__ = [
    "BOOTSTRAP_DRAWS",
    "BOOTSTRAP_SEED",
    "Interval",
    "Level",
    "Overall",
    "POINTS",
    "ability",
    "ability_pmf",
    "alternatives_d_prime",
    "bayes_factor",
    "conditional_chance",
    "crossed_interval",
    "discriminations",
    "effective_number",
    "exceedance",
    "expected_share",
    "fit_ability",
    "level",
    "matching_d_prime",
    "overall",
    "participant_interval",
    "per_category",
    "share_interval",
    "theta_of_share",
    "westfall_young",
]
