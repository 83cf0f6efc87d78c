"""A real Chromium against a real server. Without Chromium these tests are skipped, or fail where all are required."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.e2e.walk import board_ready, start
from tests.studies.server import Server, running

PATIENCE_MS = 20_000  # a busy machine takes its time; a right page never waits that long
expect.set_options(timeout=PATIENCE_MS)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STUDIES = {
    "mouse": {"trials_per_session": 2, "dataset": {"clips": 2, "suffix": ".mp3", "seconds": 3.0}, "min_listen_s": 1},
    "keyboard": {"trials_per_session": 2, "dataset": {"clips": 2}, "min_listen_s": 0.5, "ask_confidence": True},
    "checked": {
        "trials_per_session": 1,
        "dataset": {"clips": 2},
        "listening_rule": "start",
        "headphone_check": "record",
        "attention_boards": 1,
    },
    "plain": {"trials_per_session": 1, "dataset": {"clips": 1}, "ask_confidence": True},
    "free": {
        "trials_per_session": 1,
        "dataset": {"clips": 1, "seconds": 2.0},
        "design": "free",
        "listening_rule": "end",
    },
    "quick": {"trials_per_session": 3, "dataset": {"clips": 3}, "listening_rule": "none", "practice": []},
    "every-page": {
        "trials_per_session": 1,
        "dataset": {"clips": 2},
        "practice_clips": 2,
        "design": "free",
        "listening_rule": "none",
        "headphone_check": "record",
        "attention_boards": 1,
        "ask_confidence": True,
    },
    "paid": {"trials_per_session": 1, "dataset": {"clips": 1}},
    "faulty": {"trials_per_session": 1, "dataset": {"clips": 1}, "listening_rule": "start"},
    "scripted": {"trials_per_session": 1, "dataset": {"clips": 1}, "script_required": True},
    "looked-at": {"trials_per_session": 1, "dataset": {"clips": 1}, "listening_rule": "start", "ask_confidence": True},
}


def find_chromium() -> str | None:
    return os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with every study of STUDIES."""
    with running(tmp_path_factory.mktemp("e2e"), **STUDIES) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        reason = "Chromium is not installed (system package chromium, or CHROMIUM_PATH)."
        if os.environ.get("PARAGONE_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop in this thread; nothing here uses Django's ORM, which would object to it.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """What a page did that it must not do."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.foreign: list[str] = []
        self.errors: list[str] = []
        self.allowed = (address, "data:")
        context.on("request", self.see_request)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", self.see_line)

    def see_request(self, request: Request) -> None:
        if not request.url.startswith(self.allowed):
            self.foreign.append(request.url)

    def see_line(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.errors.append(line.text)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A fresh participant's page; fails on any request to another host and on any script or CSP error."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    watched = Watched(context, server.address)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()
    assert watched.foreign == []
    assert [error for error in watched.errors if not is_expected(error)] == []


@pytest.fixture
def quick(page: Page, server: Server) -> Page:
    """The first board of a study without practice and without a listening rule."""
    start(page, server, "quick")
    page.get_by_role("button", name="Start", exact=True).click()
    board_ready(page)
    return page


def is_expected(error: str) -> bool:
    """What the browser itself logs where a test takes the connection away or an answer is a documented refusal."""
    return "Failed to load resource" in error
