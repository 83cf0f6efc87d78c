"""What is shown is what is stored: on every page that sends, a change made while nothing gets through counts."""

import json
import re
from collections.abc import Callable
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Route, expect

from tests.e2e.accessibility import rules
from tests.e2e.walk import board_ready, clip, code_of, frame, match, matched, read_stored
from tests.studies.server import Server

pytestmark = pytest.mark.browser

RULES = rules("best-practice")
OFFLINE = "No connection. Nothing was sent, and what you chose stays here."


def press_continue(page: Page) -> None:
    page.get_by_role("button", name="Continue").click()


def count_pairs(page: Page) -> tuple[int, int]:
    """Clips and images of the board on the page."""
    return page.locator(".clip").count(), page.locator(".frame").count()


def change_everything(page: Page) -> dict[int, int]:
    """Match straight and press Continue, then match the other way round and press Continue again, all offline."""
    clips, images = count_pairs(page)
    page.context.set_offline(True)
    for position in range(1, clips + 1):
        match(page, position, position)
    rate(page, "2")
    press_continue(page)
    expect(page.locator(".saved")).to_contain_text("You can still change them.")
    turned = {position: images + 1 - position for position in range(1, clips + 1)}
    for position, image in turned.items():
        match(page, position, image)
    rate(page, "6")
    expect(page.locator(".missing .what")).not_to_have_class(re.compile("asked"))
    press_continue(page)
    return turned


def rate(page: Page, value: str) -> None:
    """The same confidence for every clip, where the board asks for it."""
    for scale in page.locator(".scale").all():
        scale.locator(f"input[value='{value}']").check(force=True)


def read_beside(server: Server, page: Page, kind: str) -> dict[int, int]:
    """Clip position -> image position as stored of practice or an attention check."""
    ((trial, clips, images),) = server.query(
        "SELECT t.id, t.clip_order, t.image_order FROM studies_trial t JOIN studies_session s ON s.id = t.session_id "
        "WHERE s.code = ? AND t.kind = ?",
        code_of(page),
        kind,
    )
    rows = server.query("SELECT clip_id, stimulus_id, content_id FROM studies_practiceanswer WHERE trial_id = ?", trial)
    place = {next(iter(key.items())): i for i, key in enumerate(json.loads(images), start=1)}
    chosen = {clip: ("stimulus", picture) if picture else ("content", photo) for clip, picture, photo in rows}
    return {i: place[chosen[pk]] for i, pk in enumerate(json.loads(clips), start=1)}


def session_row(server: Server, page: Page, column: str) -> str:
    return str(server.query(f"SELECT {column} FROM studies_session WHERE code = ?", code_of(page))[0][0])


def test_every_page_stores_what_it_shows_when_the_connection_is_back(page: Page, server: Server) -> None:
    context, alert = page.context, page.get_by_role("alert").filter(has_text=OFFLINE)
    # Consent: refused offline, agreed to when the connection is back.
    page.goto(f"{server.address}/s/every-page/")
    started = server.query("SELECT count(*) FROM studies_session")
    context.set_offline(True)
    for name in ("I do not agree", "I agree and take part"):
        page.get_by_role("button", name=name).click()
        expect(alert).to_be_visible()
    context.set_offline(False)
    expect(alert).to_have_count(0)
    page.get_by_role("button", name="I agree and take part").click()
    page.locator("#sound.ready").wait_for()
    assert server.query("SELECT count(*) FROM studies_session") == [(started[0][0] + 1,)]
    # Sound check.
    page.get_by_role("button", name="Play the sample").click()
    expect(page.locator("#sample-status")).to_have_text("The sample is playing.")
    context.set_offline(True)
    for device in ("Loudspeakers", "Something else"):
        page.get_by_label("Yes, clearly").check()
        page.get_by_label(device).check()
        press_continue(page)
        expect(alert).to_be_visible()
    context.set_offline(False)
    press_continue(page)
    page.locator("#tones.ready").wait_for()
    found = json.loads(session_row(server, page, "sound_check"))
    key = found.pop("page")
    assert found == {"heard": "clearly", "device": "other", "plays": 1, "attempts": 1}
    assert key != ""
    # Headphones.
    context.set_offline(True)
    for tone in ("1", "3"):
        for position in range(1, 7):
            page.locator(f"[name=tone-{position}][value='{tone}']").check()
        press_continue(page)
        expect(alert).to_be_visible()
    context.set_offline(False)
    press_continue(page)
    board_ready(page)
    (attempt,) = json.loads(session_row(server, page, "headphones"))["attempts"]
    assert attempt["answers"] == [3] * 6
    # Practice.
    turned = change_everything(page)
    assert read_stored(server, page) == []
    context.set_offline(False)
    page.get_by_role("button", name="Start the study").wait_for()
    assert read_beside(server, page, "practice") == turned
    page.get_by_role("button", name="Start the study").click()
    board_ready(page)
    # A free board with confidence.
    turned = change_everything(page)
    context.set_offline(False)
    page.locator(".instructed").wait_for()
    assert read_stored(server, page) == [(1, position, image) for position, image in turned.items()]
    rated = server.query(
        "SELECT DISTINCT r.confidence FROM studies_response r JOIN studies_trial t ON t.id = r.trial_id "
        "JOIN studies_session s ON s.id = t.session_id WHERE s.code = ?",
        code_of(page),
    )
    assert rated == [(6,)]
    # Leaving is meant only when it is sent.
    here = page.url
    page.get_by_role("link", name="Leave the study").click()
    context.set_offline(True)
    page.get_by_role("button", name="Stop and keep my answers").click()
    expect(alert).to_be_visible()
    context.set_offline(False)
    page.goto(here)
    board_ready(page)
    assert session_row(server, page, "state") == "working"
    # An attention check.
    turned = change_everything(page)
    context.set_offline(False)
    page.get_by_role("heading", name="Your answers are saved").wait_for()
    assert read_beside(server, page, "attention") == turned
    # The study's link in the same browser: it is done.
    page.goto(f"{server.address}/s/every-page/")
    page.get_by_role("heading", name="You have taken part").wait_for()
    assert Axe().run(page, options=RULES).violations_count == 0
    page.get_by_role("link", name="Look at your receipt").click()
    page.get_by_role("heading", name="Your answers are saved").wait_for()


def swap_on_the_way(page: Page) -> None:
    """All straight and Continue; then the first two clips change their images, and Continue again."""
    for position in (1, 2, 3, 4):
        match(page, position, position)
    press_continue(page)
    expect(page.locator(".saved")).to_contain_text("No connection.")
    match(page, 1, 2)
    match(page, 2, 1)
    expect(page.locator(".saved")).to_contain_text("You changed something: press Continue again.")


SWAPPED = [(1, 1, 2), (1, 2, 1), (1, 3, 3), (1, 4, 4)]


def test_matches_swapped_after_continue_without_connection_are_the_stored_ones(quick: Page, server: Server) -> None:
    quick.context.set_offline(True)
    swap_on_the_way(quick)
    # Back online before Continue: what was taken back is not sent.
    quick.context.set_offline(False)
    expect(quick.locator(".saved")).to_have_text("You changed something: press Continue again.")
    assert read_stored(server, quick) == []
    press_continue(quick)
    quick.wait_for_url("**/trial/2/")
    assert read_stored(server, quick) == SWAPPED


def test_newer_matches_replace_those_whose_acknowledgement_was_lost(quick: Page, server: Server) -> None:
    """The first sending arrives, its answer does not; the page changes its matches and sends again."""
    lost: list[int] = []

    def lose_answer(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    quick.route("**/answers/", lose_answer)
    swap_on_the_way(quick)
    assert read_stored(server, quick) == [(1, i, i) for i in (1, 2, 3, 4)]
    assert matched(quick) == {1: "B", 2: "A", 3: "C", 4: "D"}
    quick.unroute("**/answers/")
    press_continue(quick)
    quick.wait_for_url("**/trial/2/")
    assert set(lost) == {200}
    assert read_stored(server, quick) == SWAPPED


def test_what_comes_from_another_window_after_continue_takes_nothing_back(quick: Page, server: Server) -> None:
    """The state of the board was asked for before Continue and arrives while the answers are on their way."""
    held: dict[str, Route] = {}

    def hold(route: Route) -> None:
        held["state" if route.request.method == "GET" else "answers"] = route

    for position in (1, 2, 3, 4):
        match(quick, position, position)
    api = quick.locator("#board").get_attribute("data-api")
    quick.route(f"**{api}", hold)
    quick.route(f"**{api}answers/", hold)
    with quick.expect_request(f"**{api}"):
        quick.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    with quick.expect_request(f"**{api}answers/"):
        press_continue(quick)
    with quick.expect_response(f"**{api}"):
        state = held["state"].fetch().json()
        other = state["draft"] | {"matches": {str(clip): 5 - clip for clip in (1, 2, 3, 4)}}
        held["state"].fulfill(json=state | {"version": state["version"] + 7, "draft": other})
    assert matched(quick) == {1: "A", 2: "B", 3: "C", 4: "D"}
    held["answers"].continue_()
    quick.wait_for_url("**/trial/2/")
    assert read_stored(server, quick) == [(1, i, i) for i in (1, 2, 3, 4)]


def test_window_that_comes_too_late_says_that_other_answers_are_stored(quick: Page, server: Server) -> None:
    other = quick.context.new_page()
    other.goto(quick.url)
    board_ready(other)
    # This window learns nothing of the board from the server.
    other.route("**/draft/", lambda route: route.fulfill(status=200, json={"version": 1}))
    other.route("**/events/", lambda route: route.fulfill(status=200, json={"clips": []}))
    for position in (1, 2, 3, 4):
        match(other, position, 5 - position)
        match(quick, position, position)
    press_continue(quick)
    quick.wait_for_url("**/trial/2/")
    press_continue(other)
    expect(other.get_by_role("alert")).to_have_text(re.compile("Other answers to this round had been stored before"))
    press_continue(other)
    other.wait_for_url("**/trial/2/")
    assert read_stored(server, quick) == [(1, i, i) for i in (1, 2, 3, 4)]


@pytest.mark.parametrize("way", ["play button", "clip", "replay", "key"])
def test_image_first_then_clip_is_a_match_whichever_way_the_clip_is_chosen(quick: Page, way: str) -> None:
    ways = {
        "play button": lambda: quick.locator(f"{clip(2)} .play").click(),
        "clip": lambda: quick.locator(clip(2)).click(position={"x": 4, "y": 4}),
        "replay": lambda: quick.locator(f"{clip(2)} .replay").click(),
        "key": lambda: quick.keyboard.press("2"),
    }
    if way == "replay":
        quick.locator(f"{clip(2)} .play").click()
        quick.get_by_role("button", name="Pause clip 2").click()
        quick.keyboard.press("Escape")
    quick.locator(f"{frame(3)} .hang").click()
    ways[way]()
    assert matched(quick) == {2: "C"}
    # The other order, the same way.
    quick.locator(f"{clip(2)} .clear").click()
    quick.evaluate("() => document.querySelectorAll('audio').forEach((audio) => audio.pause())")
    ways[way]()
    quick.locator(f"{frame(1)} .hang").click()
    assert matched(quick) == {2: "A"}
    # Space names no clip, so it gives no image away.
    quick.locator(f"{frame(4)} .hang").click()
    quick.locator("h1").click()
    quick.keyboard.press("Space")
    assert matched(quick) == {2: "A"}


@pytest.mark.parametrize("lost", [1, 2])
def test_checks_changed_after_their_acknowledgement_was_lost_are_stored_as_shown(
    page: Page, server: Server, lost: int
) -> None:
    """The form arrives, its answer does not, `lost` times; what is sent at last counts."""

    def lose_answer(route: Route) -> None:
        if route.request.method == "POST":
            arrived.append(route.fetch(max_redirects=0).status)
            route.fulfill(status=204)  # as when it is stopped: the page stays
        else:
            route.continue_()

    def send(place: str, *tries: Callable[[], None]) -> None:
        page.route(f"**/{place}/", lose_answer)
        for choose in tries[:-1]:
            choose()
            with page.expect_response(f"**/{place}/"):
                page.get_by_role("button", name="Continue").click()
        page.unroute(f"**/{place}/")
        tries[-1]()
        page.get_by_role("button", name="Continue").click()

    arrived: list[int] = []
    page.goto(f"{server.address}/s/every-page/")
    page.get_by_role("button", name="I agree and take part").click()
    page.locator("#sound.ready").wait_for()
    page.get_by_role("button", name="Play the sample").click()
    expect(page.locator("#sample-status")).to_have_text("The sample is playing.")
    page.get_by_label("Yes, clearly").check()
    devices = ["Loudspeakers", "Something else", "Headphones or earphones"][-lost - 1 :]
    send("sound", *[page.get_by_label(device).check for device in devices])
    page.locator("#tones.ready").wait_for()
    assert json.loads(session_row(server, page, "sound_check"))["device"] == "headphones"

    def answer(tone: int) -> None:
        for position in range(1, 7):
            page.locator(f"[name=tone-{position}][value='{tone}']").check()

    send("headphones", *[partial(answer, tone) for tone in (1, 2, 3)[-lost - 1 :]])
    board_ready(page)
    (attempt,) = json.loads(session_row(server, page, "headphones"))["attempts"]
    assert attempt["answers"] == [3] * 6
    assert arrived == [302] * 2 * lost
