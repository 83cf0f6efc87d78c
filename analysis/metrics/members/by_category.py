"""One row for each category: its images, their clips, and every metric that has a value of the category's images."""

from typing import Any

import numpy as np

from analysis.metrics.metric import Metric, MetricInput
from analysis.metrics.registry import category_metrics


def _entries(given: MetricInput) -> dict[str, Any]:
    used = given.embeddings
    values = {name: how.values(given) for name, (_, how) in category_metrics().items() if how.values}
    rows = {}
    for label in given.categories:
        mine = used.image_labels == label
        sizes = {"n_images": int(mine.sum()), "n_clips": len(np.unique(used.partner[mine]))}
        rows[label] = sizes | {name: found.get(label) for name, found in values.items()}
    return {"by_category": rows}


METRIC = Metric(
    title="By category",
    definition="The metrics of the images of one category, all compared with the same clips and references.",
    entries=_entries,
    empty={"by_category": {}},
    has_section=True,
)
