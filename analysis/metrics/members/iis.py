"""IIS: how much closer images lie to their clips' reference artworks than to those of other clips."""

from typing import Any

from analysis.metrics.matched import matched_by_category, matched_entry
from analysis.metrics.metric import ByCategory, Metric, MetricInput
from analysis.similarity import no_score

NOTE = (
    "50 is chance. A reference artwork is drawn at random from the clip's category, so only the category part carries "
    "information."
)


def _entries(given: MetricInput) -> dict[str, Any]:
    used = given.embeddings
    score = matched_entry(given, used.references, used.reference_partner, NOTE, given.recordings.references)
    return {"iis": score}


def _missing(reason: str) -> dict[str, Any]:
    empty = no_score(0, 0, {}, reason, "not_applicable").as_dict()
    return {"iis": empty | {"note": NOTE, "p_value": None, "z": None, "test": None, "decomposition": None}}


def _values(given: MetricInput) -> dict[str, Any]:
    used = given.embeddings
    if not used.has_references:
        return {}
    return matched_by_category(given, used.references, used.reference_partner, given.recordings.references)


METRIC = Metric(
    title="IIS",
    definition="Image-image similarity (eq. 6): cosine with the own reference less the mean with all other references.",
    entries=_entries,
    empty={"iis": None},
    needs=("images", "references"),
    missing=_missing,
    options=("denominator",),
    by_category=ByCategory(_values, value="score", error="se_score", unbiased="se_score"),
    has_section=True,
)
