"""Vendi score of each category: the effective number of different images."""

from typing import Any

from analysis.distribution import MOST_GROUPS, vendi_estimate
from analysis.metrics.metric import ByCategory, Metric, MetricInput, Row


def _values(given: MetricInput) -> dict[str, Any]:
    used, options = given.embeddings, given.options
    return {
        label: vendi_estimate(used.images[mine], used.partner[mine], options.confidence, options.seed).as_dict()
        for label, mine in ((label, used.image_labels == label) for label in given.categories)
    }


def _degrees(_row: Row, n_clips: int) -> int:
    # Its error comes from at most so many groups of clips.
    return max(1, min(MOST_GROUPS, n_clips) - 1)


METRIC = Metric(
    title="Vendi score",
    definition="exp of the entropy of the eigenvalues of the images' cosine table over n: from 1, all alike, to n.",
    entries=lambda given: {},
    empty={},
    by_category=ByCategory(_values, degrees=_degrees),
    has_section=True,
)
