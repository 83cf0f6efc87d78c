"""Dragging clips onto images and images onto clips, with a mouse and with a finger."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.walk import board_ready, clip, frame, go_on, matched, read_stored, start
from tests.studies.server import Server

pytestmark = pytest.mark.browser
FINGER = {"width": 360, "height": 740}


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """The same on a phone."""
    context = browser.new_context(viewport=FINGER, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    start(page, server, "quick")
    page.get_by_role("button", name="Start", exact=True).tap()
    board_ready(page)
    yield page
    context.close()


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start_at: str, end_at: str) -> None:
    page.mouse.move(*middle(page, start_at))
    page.mouse.down()
    page.mouse.move(*middle(page, end_at), steps=6)
    page.mouse.up()


def touch(cdp: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})


def test_clip_dropped_on_an_image_is_matched_and_stored(quick: Page, server: Server) -> None:
    for position, image in ((1, 2), (2, 1), (3, 4)):
        drag(quick, f"{clip(position)} .pick .name", frame(image))
    assert matched(quick) == {1: "B", 2: "A", 3: "D"}
    expect(quick.get_by_role("status").filter(has_text="Clip 3 has image D.")).to_be_visible()
    # Nothing stays chosen: the click that ends a drag is not a click on the board.
    assert quick.locator("[aria-pressed=true]").count() == 0
    drag(quick, frame(3), f"{clip(4)} .pick .name")
    go_on(quick)
    quick.wait_for_url("**/trial/2/")
    assert read_stored(server, quick) == [(1, 1, 2), (1, 2, 1), (1, 3, 4), (1, 4, 3)]


def test_image_dropped_on_a_second_clip_moves(quick: Page) -> None:
    drag(quick, frame(1), clip(1))
    drag(quick, frame(1), clip(2))
    assert matched(quick) == {2: "A"}
    expect(quick.get_by_role("status").filter(has_text="It was with clip 1")).to_be_visible()


def test_drop_beside_everything_and_escape_put_back(quick: Page) -> None:
    drag(quick, clip(1), "h1")
    assert matched(quick) == {}
    drag(quick, clip(1), clip(2))
    assert matched(quick) == {}
    quick.mouse.move(*middle(quick, frame(2)))
    quick.mouse.down()
    quick.mouse.move(*middle(quick, clip(1)), steps=4)
    expect(quick.locator(".ghost")).to_have_count(1)
    expect(quick.locator(clip(1))).to_contain_class("over")
    quick.keyboard.press("Escape")
    expect(quick.locator(".ghost, .over, .lifted")).to_have_count(0)
    quick.mouse.up()
    assert matched(quick) == {}


def test_play_button_cannot_be_dragged(quick: Page) -> None:
    drag(quick, f"{clip(1)} .play", frame(1))
    assert matched(quick) == {}
    expect(quick.locator(".ghost")).to_have_count(0)


def test_finger_rests_on_a_clip_and_carries_it_to_an_image(phone: Page) -> None:
    cdp = phone.context.new_cdp_session(phone)
    start_at, end_at = middle(phone, f"{clip(2)} .pick"), middle(phone, frame(1))
    touch(cdp, "touchStart", start_at)
    expect(phone.locator(clip(2))).to_contain_class("lifted")
    for share in (0.25, 0.5, 0.75, 1.0):
        point = tuple(a + share * (b - a) for a, b in zip(start_at, end_at, strict=True))
        touch(cdp, "touchMove", (point[0], point[1]))
    expect(phone.locator(frame(1))).to_contain_class("over")
    touch(cdp, "touchEnd")
    expect(phone.locator(f"{clip(2)} .match")).to_have_text("Image A")
    assert phone.evaluate("scrollY") == 0


def test_finger_that_moves_at_once_scrolls(phone: Page) -> None:
    cdp = phone.context.new_cdp_session(phone)
    x, y = middle(phone, frame(1))
    touch(cdp, "touchStart", (x, y))
    for distance in (40, 120, 200):
        touch(cdp, "touchMove", (x, y - distance))
    touch(cdp, "touchEnd")
    expect(phone.locator(".ghost")).to_have_count(0)
    assert phone.locator("[aria-pressed=true]").count() == 0
    phone.wait_for_function("scrollY > 0")
