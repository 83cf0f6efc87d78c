"""AIS: how much closer images lie to the clips they were made from than to the other clips."""

from typing import Any

from analysis.metrics.matched import matched_by_category, matched_entry
from analysis.metrics.metric import ByCategory, Metric, MetricInput

NOTE = "50 is chance: the images lie no closer to their own clips than to the other clips."


def _entries(given: MetricInput) -> dict[str, Any]:
    used = given.embeddings
    return {"ais": matched_entry(given, used.audio, used.partner, NOTE, given.recordings.audio)}


def _values(given: MetricInput) -> dict[str, Any]:
    return matched_by_category(given, given.embeddings.audio, given.embeddings.partner, given.recordings.audio)


METRIC = Metric(
    title="AIS",
    definition="Audio-image similarity (eq. 5): cosine with the own clip less the mean cosine with all other clips.",
    entries=_entries,
    empty={"ais": None},
    options=("denominator",),
    by_category=ByCategory(_values, value="score", error="se_score", unbiased="se_score"),
    has_section=True,
)
