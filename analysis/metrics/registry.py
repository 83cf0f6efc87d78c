"""The metrics of a set of images, by name: each is one module of `members`, loaded when it is computed.

To add one, write a module with a `Metric` and name it here. Its entry stands in the blocks of `arm_metrics`, in
metrics.json and result.json, and is shown with n, interval, null and provenance in every format.
"""

from pkgutil import resolve_name
from typing import Any

from analysis.errors import MetricError
from analysis.metrics.metric import MISSING, ByCategory, Metric, MetricInput, absent_estimate

# In the order in which the blocks hold them.
METRICS = {
    "ais": "analysis.metrics.members.ais:METRIC",
    "iis": "analysis.metrics.members.iis:METRIC",
    "giils": "analysis.metrics.members.giils:METRIC",
    "vendi": "analysis.metrics.members.vendi:METRIC",
    "by_category": "analysis.metrics.members.by_category:METRIC",
    "category_similarity": "analysis.metrics.members.category_similarity:METRIC",
    "win_rates": "analysis.metrics.members.win_rates:METRIC",
    "retrieval": "analysis.metrics.members.retrieval:METRIC",
    "distribution": "analysis.metrics.members.distribution:METRIC",
    "duplicates": "analysis.metrics.members.duplicates:METRIC",
    "machine": "analysis.metrics.members.machine:METRIC",
}


def load_metric(name: str) -> Metric:
    """The metric of this name.

    Raises:
        MetricError: there is none; names those that there are.
    """
    if name not in METRICS:
        raise MetricError(f"There is no metric '{name}': use one of {', '.join(METRICS)}.")
    found: Metric = resolve_name(METRICS[name])
    return found


def load_metrics() -> dict[str, Metric]:
    """Every metric by its name, in the order of the registry."""
    return {name: load_metric(name) for name in METRICS}


def category_metrics() -> dict[str, tuple[Metric, ByCategory]]:
    """The metrics that have a value in each category, with how it is read."""
    return {name: (found, found.by_category) for name, found in load_metrics().items() if found.by_category}


def compute_entries(given: MetricInput, *, without_people: bool = False) -> dict[str, Any]:
    """The entries of every metric, by key: those that stand beside people's answers too, or those that never do."""
    entries: dict[str, Any] = {}
    for name, metric in load_metrics().items():
        if metric.without_people != without_people:
            continue
        lacking = [array for array in metric.needs if not len(getattr(given.embeddings, array))]
        if not len(given.embeddings.images):
            entries |= {name: absent_estimate(MISSING["images"])} if metric.empty is None else metric.empty
        elif lacking:
            reason = MISSING[lacking[0]]
            entries |= metric.missing(reason) if metric.missing else {name: absent_estimate(reason)}
        else:
            entries |= metric.entries(given)
    return entries
