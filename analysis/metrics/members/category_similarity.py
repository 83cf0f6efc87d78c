"""Similarity of the music of each category to the images of each category."""

from typing import Any

import numpy as np

from analysis.metrics.metric import Metric, MetricInput
from analysis.similarity import Rows


def _entries(given: MetricInput) -> dict[str, Any]:
    """Mean cosine of the clips of each category (rows) with the images of each category (columns); None where none."""
    used, order = given.embeddings, given.categories
    tables = []
    for vectors, labels in ((used.audio, used.audio_labels), (used.images, used.image_labels)):
        codes = np.array([order.index(str(label)) for label in labels], dtype=np.int64)
        sums = Rows(vectors, name="vectors").group_sums(codes, len(order))
        tables.append((sums, np.bincount(codes, minlength=len(order))))
    (clips, n_clips), (images, n_images) = tables
    pairs = np.outer(n_clips, n_images)
    means = clips @ images.T / np.maximum(pairs, 1)
    places = range(len(order))
    return {"category_similarity": [[float(means[i, j]) if pairs[i, j] else None for j in places] for i in places]}


METRIC = Metric(
    title="Similarity of categories",
    definition="Mean cosine of the clips of one category with the images of one category.",
    entries=_entries,
    empty={"category_similarity": []},
    has_section=True,
)
