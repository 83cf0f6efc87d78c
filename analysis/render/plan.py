"""plan.html and its power curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import power_svg
from analysis.render.formats import make_environment, page_policy, template_text


def plan_html(document: Mapping[str, Any]) -> str:
    """The plan as one self-contained page."""
    style = template_text("report.css")
    page = (
        make_environment()
        .get_template("plan.html.j2")
        .render(
            plan=document,
            figure=power_svg(document),
            style=style,
            policy=page_policy(style),
            percent=wording.percent,
            unit=wording.unit,
        )
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"
