"""The people who answered: spread, agreement, times, confidence, order, checks and evidence."""

from analysis.participants.agreement import agreement_intervals, measure_agreement
from analysis.participants.checks import MISSING, has_checks, summarise_checks
from analysis.participants.cochran import cochran_q
from analysis.participants.confidence import confidence_of
from analysis.participants.counterbalance import clip_places
from analysis.participants.evidence import summarise_evidence
from analysis.participants.marginal import adjusted_for_order, gee, order_of_arms
from analysis.participants.mixed import random_intercept
from analysis.participants.spread import cluster_summary
from analysis.participants.times import ecdf_points, outliers, summarise
from analysis.participants.trends import cochran_armitage, permuted_trend, position_use, trend

__all__ = [
    "MISSING",
    "adjusted_for_order",
    "agreement_intervals",
    "clip_places",
    "cluster_summary",
    "cochran_armitage",
    "cochran_q",
    "confidence_of",
    "ecdf_points",
    "gee",
    "has_checks",
    "measure_agreement",
    "order_of_arms",
    "outliers",
    "permuted_trend",
    "position_use",
    "random_intercept",
    "summarise",
    "summarise_checks",
    "summarise_evidence",
    "trend",
]
