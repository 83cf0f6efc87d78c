"""Distances between sets of images, and their variety, with uncertainty."""

from analysis.distribution.block import NEIGHBOURS, SHARES, distribution_block, vendi_estimate
from analysis.distribution.differences import compare_distances, exchanges_for
from analysis.distribution.duplicates import find_duplicates
from analysis.distribution.estimates import MOST_GROUPS, DistributionEstimate
from analysis.distribution.frechet import frechet_distance, frechet_of_moments
from analysis.distribution.kernels import cmmd, kid
from analysis.distribution.variety import prdc, vendi

__all__ = [
    "MOST_GROUPS",
    "NEIGHBOURS",
    "SHARES",
    "DistributionEstimate",
    "cmmd",
    "compare_distances",
    "distribution_block",
    "exchanges_for",
    "find_duplicates",
    "frechet_distance",
    "frechet_of_moments",
    "kid",
    "prdc",
    "vendi",
    "vendi_estimate",
]
