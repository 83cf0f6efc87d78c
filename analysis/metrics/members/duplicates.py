"""Images of a set that are alike, with the most alike pairs by name."""

from typing import Any

from numpy.typing import NDArray

from analysis.distribution import find_duplicates
from analysis.metrics.metric import Metric, MetricInput

SHOWN_PAIRS = 20


def list_duplicates(images: NDArray, ids: NDArray, labels: NDArray) -> dict[str, Any]:
    """What `find_duplicates` says of these images (n, d), with their ids for the most alike pairs; for JSON."""
    found = find_duplicates(images, labels=labels)
    pairs = [{"a": str(ids[a]), "b": str(ids[b]), "similarity": cosine} for a, b, cosine in found.pairs[:SHOWN_PAIRS]]
    return found.as_dict() | {"pairs": pairs, "n_images_total": len(images)}


def _entries(given: MetricInput) -> dict[str, Any]:
    used = given.embeddings
    return {"duplicates": list_duplicates(used.images, used.image_ids, used.image_labels)}


METRIC = Metric(
    title="Duplicates",
    definition="Pairs of images whose cosine passes a limit, by which copies and near copies are found.",
    entries=_entries,
    empty={"duplicates": None},
    has_section=True,
)
