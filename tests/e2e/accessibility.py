"""What axe is asked for on every page, and a walk through pages of the admin."""

from collections.abc import Iterable
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def rules(*more: str) -> dict[str, Any]:
    """WCAG 2.2 AA and `more`, as options of axe.

    All rules run on everything. What passes them is counted alone: writing down each of a report's thousands of
    faultless shapes would take most of the time.
    """
    return {"runOnly": [*LEVELS, *more], "resultTypes": ["violations"]}


def walk_admin(page: Page, addresses: Iterable[str]) -> None:
    """Fail on anything that axe finds on whole pages of the admin, and on sideways scrolling; wide and on a phone.

    Colours are looked at in both schemes at both widths, everything else once at each width.
    """
    colours = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        for summary in page.locator("summary:visible").all():
            summary.click()
        for width, first, second in ((1280, "light", "dark"), (360, "dark", "light")):
            page.set_viewport_size({"width": width, "height": 900})
            across = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert across <= 0, (address, width)
            for scheme, asked in ((first, rules()), (second, colours)):
                page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
                found = Axe().run(page, options=asked)
                assert found.violations_count == 0, f"{address}, {width}, {scheme}: {found.generate_report()}"
