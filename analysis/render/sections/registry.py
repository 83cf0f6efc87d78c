"""The sections of the report in the order of reading: one line for each, loaded when a report is written.

The first ones speak of the study; those of the arms follow, all of them for one arm after another; then come the
study's others, in their order.
"""

from pkgutil import resolve_name

from analysis.render.sections.section import Section

_ROOM = "analysis.render.sections"

SECTIONS = {
    "title": f"{_ROOM}.study.title:SECTION",
    "short": f"{_ROOM}.study.summary:SECTION",
    "arm": f"{_ROOM}.answers.arm:SECTION",
    "chance": f"{_ROOM}.answers.chance:SECTION",
    "categories": f"{_ROOM}.answers.categories:SECTION",
    "confusions": f"{_ROOM}.answers.confusions:SECTION",
    "participants": f"{_ROOM}.answers.participants:SECTION",
    "spread": f"{_ROOM}.answers.spread:SECTION",
    "agreement": f"{_ROOM}.answers.agreement:SECTION",
    "times": f"{_ROOM}.answers.times:SECTION",
    "metrics": f"{_ROOM}.metrics.arm:SECTION",
    "comparisons": f"{_ROOM}.study.comparisons:SECTION",
    "decision": f"{_ROOM}.study.decision:SECTION",
    "side-by-side": f"{_ROOM}.metrics.side_by_side:SECTION",
    "kinds": f"{_ROOM}.study.kinds:SECTION",
    "taking-part": f"{_ROOM}.study.taking_part:SECTION",
    "reading": f"{_ROOM}.study.reading:SECTION",
    "limits": f"{_ROOM}.study.limits:SECTION",
    "provenance": f"{_ROOM}.study.provenance:SECTION",
}


def load_sections() -> dict[str, Section]:
    """Every section by name."""
    return {name: resolve_name(path) for name, path in SECTIONS.items()}
