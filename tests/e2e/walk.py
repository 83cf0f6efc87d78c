"""A participant's steps in a browser, and reading back what was stored."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.studies.server import Server

Stored = list[tuple[int, int, int]]


def read_stored(server: Server, page: Page) -> Stored:
    """(trial, clip position, image position) on disk, of the session whose page this is."""
    rows: Stored = server.query(
        "SELECT t.'index', r.clip_position, r.image_position FROM studies_response r JOIN studies_trial t "
        "ON t.id = r.trial_id JOIN studies_session s ON s.id = t.session_id WHERE s.code = ? ORDER BY 1, 2",
        code_of(page),
    )
    return rows


def code_of(page: Page) -> str:
    return page.url.split("/p/")[1].split("/")[0]


def start(page: Page, server: Server, slug: str) -> None:
    """Consent and sound check with the mouse."""
    page.goto(f"{server.address}/s/{slug}/")
    page.get_by_role("button", name="I agree and take part").click()
    page.locator("#sound.ready").wait_for()
    painted(page)
    page.get_by_role("button", name="Play the sample").click()
    expect(page.locator("#sample-status")).to_have_text("The sample is playing.")
    page.get_by_label("Yes, clearly").check()
    page.get_by_label("Headphones or earphones").check()
    page.get_by_role("button", name="Continue").click()


def board_ready(page: Page) -> None:
    page.locator(".board.ready:not(.loading)").wait_for()
    painted(page)


def painted(page: Page) -> None:
    """Wait for two frames: Chromium drops input that comes before a page's first paint, as no person's would."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def clip(position: int) -> str:
    return f'.clip[data-clip="{position}"]'


def frame(position: int) -> str:
    return f'.frame[data-image="{position}"]'


def hear(page: Page, position: int) -> None:
    """Play a clip until it counts as heard."""
    page.locator(f"{clip(position)} .play").click()
    expect(page.locator(clip(position))).to_have_class(re.compile("is-heard"))


def match(page: Page, position: int, image: int) -> None:
    """Choose the clip, then the image."""
    pick = page.locator(f"{clip(position)} .pick")
    if pick.get_attribute("aria-pressed") == "false":
        pick.click()
    page.locator(f"{frame(image)} .hang").click()


def go_on(page: Page, act: Callable[[], None] | None = None) -> None:
    """Press Continue and wait for the next page."""
    before = page.url
    (act or page.get_by_role("button", name="Continue").click)()
    page.wait_for_function("before => location.href !== before || !document.querySelector('.board')", arg=before)


def matched(page: Page) -> dict[int, str]:
    """Clip -> letter, as the labels say."""
    texts = page.locator(".clip .match").all_inner_texts()
    return {i: text.split()[-1] for i, text in enumerate(texts, start=1) if text.startswith("Image ")}
