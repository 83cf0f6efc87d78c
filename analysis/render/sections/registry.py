"""The sections of the report: one line for each, loaded when a report is written.

Each names the chapter that holds it; inside a chapter they come in the order of this list. Sections of the arms stand
together, all of them for one arm after another, where the first of them does.
"""

from pkgutil import resolve_name

from analysis.render.sections.section import Section

_ROOM = "analysis.render.sections"

SECTIONS = {
    "title": f"{_ROOM}.study.title:SECTION",
    "summary": f"{_ROOM}.main.summary:SECTION",
    "models": f"{_ROOM}.main.models:SECTION",
    "fit": f"{_ROOM}.main.fit:SECTION",
    "pictures": f"{_ROOM}.main.pictures:SECTION",
    "people": f"{_ROOM}.main.people:SECTION",
    "variety": f"{_ROOM}.main.variety:SECTION",
    "kinds": f"{_ROOM}.study.kinds:SECTION",
    "methods": f"{_ROOM}.main.methods:SECTION",
    "reporting": f"{_ROOM}.main.reporting:SECTION",
    "bounds": f"{_ROOM}.main.bounds:SECTION",
    "short": f"{_ROOM}.study.summary:SECTION",
    "arm": f"{_ROOM}.answers.arm:SECTION",
    "chance": f"{_ROOM}.answers.chance:SECTION",
    "categories": f"{_ROOM}.answers.categories:SECTION",
    "confusions": f"{_ROOM}.answers.confusions:SECTION",
    "participants": f"{_ROOM}.answers.participants:SECTION",
    "comparisons": f"{_ROOM}.study.comparisons:SECTION",
    "decision": f"{_ROOM}.study.decision:SECTION",
    "metrics": f"{_ROOM}.metrics.arm:SECTION",
    "side-by-side": f"{_ROOM}.metrics.side_by_side:SECTION",
    "taking-part": f"{_ROOM}.study.taking_part:SECTION",
    "spread": f"{_ROOM}.answers.spread:SECTION",
    "agreement": f"{_ROOM}.answers.agreement:SECTION",
    "times": f"{_ROOM}.answers.times:SECTION",
    "reading": f"{_ROOM}.study.reading:SECTION",
    "glossary": f"{_ROOM}.main.glossary:SECTION",
    "limits": f"{_ROOM}.study.limits:SECTION",
    "provenance": f"{_ROOM}.study.provenance:SECTION",
}


def load_sections() -> dict[str, Section]:
    """Every section by name."""
    return {name: resolve_name(path) for name, path in SECTIONS.items()}
