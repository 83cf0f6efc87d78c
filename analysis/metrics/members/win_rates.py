"""AIS_win and IIS_win: other definitions, never in a column with AIS and IIS."""

from typing import Any

from analysis.metrics.metric import Metric, MetricInput
from analysis.similarity import ais_win, iis_win

NOTE = (
    "Win rates are another definition than AIS and IIS: the mean share of the other items that are less similar to an "
    "image than its own. 50 is chance here as well, but the two scales must not be compared."
)


def _entries(given: MetricInput) -> dict[str, Any]:
    used, recordings = given.embeddings, given.recordings
    units = recordings.images if recordings.known else None
    rates: dict[str, Any] = {"AIS_win": None, "IIS_win": None, "note": NOTE}
    if len(used.audio) > 1:
        rates["AIS_win"] = ais_win(used.images, used.audio, used.partner, clusters=units).as_dict()
    if len(used.references) > 1:
        rates["IIS_win"] = iis_win(used.images, used.references, used.reference_partner, clusters=units).as_dict()
    if recordings.too_few():
        for rate in filter(None, (rates["AIS_win"], rates["IIS_win"])):
            rate |= dict.fromkeys(("se", "ci_low", "ci_high"))
    return {"win_rates": rates}


METRIC = Metric(
    title="Win rates",
    definition="Mean share of the other clips (references) that are less similar to an image than its own, in percent.",
    entries=_entries,
    empty={"win_rates": {}},
    has_section=True,
)
