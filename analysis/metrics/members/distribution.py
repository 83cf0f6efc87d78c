"""Variety of the images, and their distances from the distinct reference artworks, in the joint space."""

from typing import Any

import numpy as np

from analysis.distribution import distribution_block
from analysis.metrics.metric import Metric, MetricInput
from analysis.metrics.recordings import units_of


def _entries(given: MetricInput) -> dict[str, Any]:
    used, options = given.embeddings, given.options
    distinct = np.sort(np.unique(used.reference_ids, return_index=True)[1])
    block = distribution_block(
        used.images,
        used.references[distinct],
        space={"name": used.space["name"]},
        labels=used.image_labels,
        reference_labels=used.reference_labels[distinct],
        clips=given.recordings.images if given.recordings.known else used.partner,
        reference_units=units_of(used.reference_pieces[distinct]),
        too_few=given.recordings.too_few(),
        confidence=options.confidence,
        seed=options.seed,
    )
    return {"distribution": block}


METRIC = Metric(
    title="Variety and distances",
    definition="Vendi score, and Fréchet and kernel distances, precision, recall, density and coverage of the images "
    "against the distinct reference artworks.",
    entries=_entries,
    empty={"distribution": None},
    has_section=True,
)
