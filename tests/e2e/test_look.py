"""Every page: no accessibility finding (axe, WCAG 2.2 AA), no sideways scrolling at 320 px, targets large enough."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessibility import rules
from tests.e2e.walk import board_ready, clip, code_of, frame, match, painted, start
from tests.studies.server import Server

pytestmark = pytest.mark.browser

RULES = rules("best-practice")
SIZES = {"wide": (1280, 860), "narrow": (320, 640)}


def look(page: Page, where: str) -> None:
    """Fail on anything axe finds, on sideways scrolling, and on touch targets that are too small; light and dark."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{where}, {size}, {scheme}: {found.generate_report()}"
        across = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert across <= 0, f"{where}, {size}: {across} px too wide"
    page.set_viewport_size({"width": 1280, "height": 860})


def small_targets(page: Page, least: int) -> list[str]:
    """Controls on the screen smaller than `least` pixels in either direction (links inside text excepted)."""
    script = """least => [...document.querySelectorAll('button, summary, input, label.option')]
      .filter((e) => e.offsetParent && !e.closest('label:not(.option)') && !(e.matches('input') && e.closest('label')))
      .map((e) => [e, e.getBoundingClientRect()])
      .filter(([e, box]) => box.width && (box.width < least || box.height < least))
      .map(([e, box]) => `${e.className || e.name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""
    found: list[str] = page.evaluate(script, least)
    return found


def test_every_page_is_accessible(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/s/looked-at/?participant=looker")
    look(page, "consent")
    start(page, server, "looked-at")
    board_ready(page)
    base = f"{server.address}/p/{code_of(page)}/"
    look(page, "practice")
    page.get_by_role("button", name="Continue").click()
    look(page, "practice, something missing")
    page.locator(f"{clip(1)} .play").click()
    page.locator(f"{frame(1)} .hang").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start the study").wait_for()
    look(page, "practice done")
    page.get_by_role("button", name="Start the study").click()
    board_ready(page)
    look(page, "trial, fresh")
    for position in (1, 2, 3, 4):
        page.locator(f"{clip(position)} .play").click()
        page.locator(f"{frame(position)} .hang").click()
    page.locator(f"{clip(2)} .pick").click()
    look(page, "trial, matched")
    page.get_by_role("button", name="Enlarge image B").click()
    look(page, "enlarged image")
    page.get_by_role("button", name="Close").click()
    page.goto(f"{base}leave/")
    look(page, "leave")
    page.get_by_role("button", name="Erase my answers").click()
    look(page, "leave, not ticked")
    page.goto(base)
    board_ready(page)
    for position in (1, 2, 3, 4):
        page.locator(f"{clip(position)} .play").click()
        page.locator(f"{clip(position)} .scale label").nth(3).click()
    # Where there is no room for four scales, that of the clip that was dealt with last is there, and says whose it is.
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator(f"{clip(2)} .pick").click()
    page.get_by_role("group", name="How sure of clip 2?").wait_for()
    expect(page.locator(".scale:visible")).to_have_count(1)
    page.set_viewport_size({"width": 1280, "height": 860})
    expect(page.locator(".scale:visible")).to_have_count(4)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Your answers are saved").wait_for()
    look(page, "debrief")
    # Folded on a phone, open where there is room.
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("details.round[open]")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 860})
    expect(page.locator("details.round[open]")).to_have_count(1)
    page.goto(f"{server.address}/withdraw/")
    look(page, "withdraw")
    page.get_by_role("button", name="Erase these answers").click()
    look(page, "withdraw, empty")
    for path in ("/", "/nothing-here/"):
        page.goto(server.address + path)
        look(page, path)
    page.goto(f"{base}leave/")
    look(page, "erase after the end")
    page.get_by_label("I am sure.").check()
    page.get_by_role("button", name="Erase my answers").click()
    page.get_by_text("Your answers are erased.").wait_for()
    look(page, "left")


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """A small phone with a touch screen, on a board."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    start(page, server, "quick")
    page.get_by_role("button", name="Start", exact=True).tap()
    board_ready(page)
    yield page
    context.close()


# Wider and taller letters than those of any font that may be installed, also what WCAG 1.4.12 lets people ask for.
SPREAD = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { letter-spacing: .12em; word-spacing: .16em; line-height: 1.5; }");
  document.adoptedStyleSheets = [sheet];
}"""


def test_phone_shows_clips_and_images_together(phone: Page) -> None:
    """All clips stay in reach while the last image is looked at, and every control suits a finger; in any font."""
    for position in (1, 2):
        phone.locator(f"{clip(position)} .pick").tap()
        phone.locator(f"{frame(position)} .hang").tap()
    for spread in (False, True):
        if spread:
            phone.evaluate(SPREAD)
            painted(phone)
        assert small_targets(phone, 44) == []
        phone.locator(frame(4)).scroll_into_view_if_needed()
        height = phone.evaluate("innerHeight")
        for position in (1, 2, 3, 4):
            for part in (".play", ".pick"):
                box = phone.locator(f"{clip(position)} {part}").bounding_box()
                assert box is not None
                assert 0 <= box["y"] <= height - box["height"], (position, part, spread)
    phone.locator(f"{clip(3)} .pick").tap()
    phone.locator(f"{frame(4)} .hang").tap()
    assert "D" in phone.locator(f"{clip(3)} .match").inner_text()


# Scrolls through the page; for each picture its height, and the most of it that is seen between what stays in place.
SEEN = """async () => {
  const seen = [...document.querySelectorAll(".frame img")].map((img) => [img.getBoundingClientRect().height, 0]);
  for (let y = 0; y <= document.documentElement.scrollHeight; y += 10) {
    scrollTo(0, y);
    const top = Math.max(0, document.querySelector(".rail").getBoundingClientRect().bottom);
    const bottom = Math.min(innerHeight, document.querySelector(".bar").getBoundingClientRect().top);
    document.querySelectorAll(".frame img").forEach((img, i) => {
      const box = img.getBoundingClientRect();
      seen[i][1] = Math.max(seen[i][1], Math.min(box.bottom, bottom) - Math.max(box.top, top));
    });
  }
  return seen;
}"""


def test_a_whole_picture_can_be_seen_with_text_of_twice_the_size(quick: Page) -> None:
    """What stays in place grows with the text and must not cover what it serves (WCAG 1.4.4, 1.4.10)."""
    match(quick, 1, 3)
    quick.locator(f"{clip(2)} .pick").click()
    for width, height, size in ((390, 844, 32), (412, 915, 32), (390, 844, 28), (1280, 860, 32), (320, 256, 16)):
        quick.set_viewport_size({"width": width, "height": height})
        quick.evaluate("size => { document.documentElement.style.fontSize = `${size}px`; }", size)
        painted(quick)
        assert all(part >= whole > 100 for whole, part in quick.evaluate(SEEN)), (width, height, size)
        across = quick.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert across <= 0, (width, height, size)


def test_pictures_fill_their_frames_and_the_whole_board_is_on_one_screen(quick: Page) -> None:
    for width, height in ((1280, 860), (1366, 650), (1024, 768), (820, 1180), (360, 740)):
        quick.set_viewport_size({"width": width, "height": height})
        painted(quick)
        picture, figure = (quick.locator(f"{frame(1)} {part}").bounding_box() for part in ("img", "figure"))
        assert picture is not None
        assert figure is not None
        assert picture["width"] == picture["height"] >= figure["width"] - 32
        if width > 1000:
            bar = quick.locator(".bar").bounding_box()
            last = quick.locator(f"{frame(4)} figure").bounding_box()
            assert bar is not None
            assert last is not None
            assert last["y"] + last["height"] <= bar["y"] <= height - bar["height"], (width, height)


def test_continue_is_five_tabs_away(quick: Page) -> None:
    """Clips and images are one stop each: with every button a stop it was the seventeenth Tab."""

    def count_tabs() -> int:
        quick.evaluate("() => { document.activeElement.blur(); getSelection().removeAllRanges(); }")
        quick.locator("h1").click()
        for tabs in range(1, 40):
            quick.keyboard.press("Tab")
            if quick.evaluate("() => document.activeElement.matches('.bar .primary')"):
                return tabs
        raise AssertionError("Tab does not reach Continue.")

    assert count_tabs() == 5
    quick.keyboard.press("Shift+Tab")
    quick.keyboard.press("Home")
    assert quick.evaluate("() => document.activeElement.closest('.frame').dataset.image") == "1"
    quick.keyboard.press("End")
    quick.keyboard.press("ArrowRight")
    assert quick.evaluate("() => document.activeElement.closest('.frame').dataset.image") == "4"
    for position in (1, 2, 3, 4):
        match(quick, position, position)
    assert count_tabs() <= 8


def test_signs_keep_their_shape_in_forced_colours(quick: Page) -> None:
    """Play stays a triangle and is not filled to a square, which means stop; the sign for enlarging stays there."""
    quick.emulate_media(forced_colors="active")
    style = "([sign, name]) => getComputedStyle(document.querySelector(sign), '::after')[name]"
    text = quick.evaluate("() => getComputedStyle(document.querySelector('.play')).color")
    assert quick.evaluate(style, [".ring", "borderTopColor"]) == "rgba(0, 0, 0, 0)"
    assert quick.evaluate(style, [".ring", "borderLeftColor"]) == text
    assert "gradient" in quick.evaluate(style, [".enlarge", "backgroundImage"])
    assert quick.evaluate(style, [".enlarge", "forcedColorAdjust"]) == "none"


def test_a_sample_that_was_not_played_leads_to_its_button(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/s/quick/")
    page.get_by_role("button", name="I agree and take part").click()
    page.locator("#sound.ready").wait_for()
    page.get_by_label("Yes, clearly").check()
    page.get_by_label("Loudspeakers").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#sample-status")).to_have_text("Play the sample first, then say whether you heard it.")
    expect(page.locator("#sample-play")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#sample-status")).to_have_text("The sample is playing.")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start", exact=True).wait_for()
