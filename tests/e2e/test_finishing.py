"""The last step in a real browser: a countdown that is shown, with Stay beside it."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PATIENCE_MS
from tests.studies.server import Server

pytestmark = pytest.mark.browser

SERVICE = "https://example.org/done?cc=ABC"


def test_finish_counts_down_and_stay_keeps_the_page(browser: Browser, server: Server) -> None:
    code = server.run(
        "from studyserver.studies.models import Study\n"
        "from tests.studies.factories import change\n"
        "from tests.studies.participants import complete\n"
        "study = Study.objects.get(slug='paid')\n"
        f"change(study, completion_url={SERVICE!r})\n"
        "print(complete(study).code)\n"
    ).strip()
    context = browser.new_context(reduced_motion="reduce")
    asked: list[str | None] = []
    context.route("https://example.org/**", lambda route: (asked.append(route.request.headers.get("referer")),
                  route.fulfill(status=200, content_type="text/html", body="<h1>Paid</h1>")))  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.clock.install()
    page.goto(f"{server.address}/p/{code}/debrief/")
    expect(page.get_by_text("You can close this page")).to_have_count(0)
    finish, stay = page.get_by_role("link", name="Finish"), page.get_by_role("button", name="Stay")
    finish.press("Enter")
    expect(stay).to_be_focused()
    expect(page.locator(".finish .said")).to_have_text("You go on to example.org in 5 seconds. Stay keeps you here.")
    page.clock.run_for(2000)
    expect(page.locator(".countdown")).to_contain_text("You go on to example.org in 3 s.")
    # Said once: what is read out does not count.
    expect(page.locator(".finish .said")).to_have_text("You go on to example.org in 5 seconds. Stay keeps you here.")
    stay.press("Enter")
    expect(finish).to_be_focused()
    expect(stay).to_be_hidden()
    page.clock.run_for(10_000)
    expect(page.get_by_role("heading", name="Your receipt code")).to_be_visible()
    assert asked == []
    finish.click()
    page.clock.run_for(5_000)
    page.get_by_role("heading", name="Paid").wait_for()
    # The service learns nothing of the session's address, and the way back leads to the receipt.
    assert asked == [None]
    page.go_back()
    expect(page.get_by_role("heading", name="Your receipt code")).to_be_visible()
    expect(stay).to_be_hidden()
    context.close()
