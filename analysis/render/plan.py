"""plan.html and its power curve."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import power_picture
from analysis.render.formats import page
from analysis.render.parts import Heading, Paragraph, Parts, Table

TITLE = "Plan of a matching study"


def plan_html(document: Mapping[str, Any]) -> str:
    """The plan as one self-contained page."""
    return page(TITLE, _parts(document), script=False)


def _parts(document: Mapping[str, Any]) -> Parts:
    total = document["total"]
    yield Heading(1, TITLE)
    yield from (Paragraph(text, "plain" if n else "lead") for n, text in enumerate(document["sentences"]))
    rows = [[wording.unit(theta, digits=3), wording.percent(power)] for theta, power in total["power_curve"]]
    caption = "Exact power of the test of all matches; dotted: the power aimed for."
    yield power_picture(document, caption, Table("", ["theta", "Power"], rows, label="Power by theta"))
    if "participants_curve" in total:
        rows = [[str(n), wording.percent(power)] for n, power in total["participants_curve"]]
        yield Table("Power by participants", ["Participants", "Power"], rows, bulky=True)
    yield from (Paragraph(note, "quiet small") for note in document["notes"])
