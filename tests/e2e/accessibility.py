"""What axe is asked for on every page."""

from typing import Any

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def rules(*more: str) -> dict[str, Any]:
    """WCAG 2.2 AA and `more`, as options of axe.

    All rules run on everything. What passes them is counted alone: writing down each of a report's thousands of
    faultless shapes would take most of the time.
    """
    return {"runOnly": [*LEVELS, *more], "resultTypes": ["violations"]}
