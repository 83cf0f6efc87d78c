"""The board's behaviour: moving a match, drafts, windows, lost connections, files that do not load."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.walk import board_ready, clip, code_of, frame, go_on, hear, match, matched, read_stored, start
from tests.studies.server import Server

pytestmark = pytest.mark.browser


def lose_connection(page: Page) -> None:
    """Nothing leaves this page any more, not even in its last moment; the next page has a connection again."""
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no connection')); }")


def count_events(server: Server, page: Page, kind: str) -> int:
    """How many events of a kind are on disk, of the session whose page this is."""
    rows = server.query(
        "SELECT count(*) FROM studies_clientevent e JOIN studies_session s ON s.id = e.session_id "
        "WHERE s.code = ? AND e.kind = ?",
        code_of(page),
        kind,
    )
    return int(rows[0][0])


def test_image_given_to_a_second_clip_moves_and_says_so(quick: Page) -> None:
    match(quick, 1, 3)
    match(quick, 2, 3)
    assert matched(quick) == {2: "C"}
    said = quick.get_by_role("status").filter(has_text="Clip 2 now has image C")
    expect(said).to_contain_text("It was with clip 1, which has no image any more.")
    assert quick.locator(f"{frame(3)} .chip").all_inner_texts() == ["Clip 2"]


def test_image_first_then_clip_and_clearing_both_ways(quick: Page) -> None:
    quick.locator(f"{frame(4)} .hang").click()
    expect(quick.get_by_role("status").filter(has_text="Image D is chosen")).to_be_visible()
    quick.locator(f"{clip(2)} .pick").click()
    assert matched(quick) == {2: "D"}
    quick.locator(f"{frame(4)} .chip").click()
    assert matched(quick) == {}
    match(quick, 3, 1)
    quick.locator(f"{clip(3)} .clear").click()
    assert matched(quick) == {}
    expect(quick.locator(".what")).to_contain_text("To match: all clips")


def test_choosing_twice_lets_go(quick: Page) -> None:
    quick.locator(f"{clip(2)} .pick").click()
    expect(quick.locator(f"{clip(2)} .pick")).to_have_attribute("aria-pressed", "true")
    quick.locator(f"{clip(2)} .pick").click()
    expect(quick.locator(f"{clip(2)} .pick")).to_have_attribute("aria-pressed", "false")
    quick.locator(f"{frame(1)} .hang").click()
    quick.keyboard.press("Escape")
    expect(quick.locator(f"{frame(1)} .hang")).to_have_attribute("aria-pressed", "false")
    assert matched(quick) == {}


def test_continue_says_what_is_missing_and_goes_there(page: Page, server: Server) -> None:
    start(page, server, "mouse")
    board_ready(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("Something is still missing. To hear: clip 1. To match: clip 1.")
    expect(page.locator(f"{clip(1)} .play")).to_be_focused()
    assert "/practice/" in page.url


def test_one_clip_sounds_at_a_time_and_none_by_itself(quick: Page) -> None:
    sounding = "() => [...document.querySelectorAll('.clip audio')].map((a) => !a.paused)"
    assert quick.evaluate(sounding) == [False] * 4
    quick.locator(f"{clip(1)} .play").click()
    expect(quick.locator(clip(1))).to_have_class(re.compile("playing"))
    quick.locator(f"{clip(3)} .play").click()
    expect(quick.locator(clip(3))).to_have_class(re.compile("playing"))
    assert quick.evaluate(sounding) == [False, False, True, False]
    expect(quick.get_by_role("button", name="Pause clip 3")).to_be_visible()
    assert quick.evaluate("() => navigator.mediaSession.metadata.title") == "Clip 3"
    quick.get_by_role("button", name="Replay clip 3 from its start").click()
    quick.get_by_role("button", name="Pause clip 3").click()
    assert quick.evaluate(sounding) == [False] * 4


def test_free_design_takes_an_image_twice_and_asks_for_the_end(page: Page, server: Server) -> None:
    start(page, server, "free")
    board_ready(page)
    hear(page, 1)
    match(page, 1, 1)
    go_on(page)
    page.get_by_role("button", name="Start the study").click()
    board_ready(page)
    page.locator(f"{clip(1)} .play").click()
    expect(page.locator(f"{clip(1)} .heard")).to_have_text("not heard to its end yet")
    for position in (1, 2, 3, 4):
        if position > 1:
            page.locator(f"{clip(position)} .play").click()
        expect(page.locator(clip(position))).to_have_class(re.compile("is-heard"))
        match(page, position, 2)
    assert page.locator(f"{frame(2)} .chip").all_inner_texts() == ["Clip 1", "Clip 2", "Clip 3", "Clip 4"]
    go_on(page)
    page.get_by_role("heading", name="Your answers are saved").wait_for()
    assert read_stored(server, page) == [(1, i, 2) for i in (1, 2, 3, 4)]


def test_reload_keeps_the_draft(quick: Page) -> None:
    match(quick, 1, 2)
    match(quick, 4, 1)
    expect(quick.locator(".saved")).to_have_text("Your matches are saved.")
    pictures = quick.locator(".frame img").evaluate_all("images => images.map((image) => image.src)")
    quick.reload()
    board_ready(quick)
    assert matched(quick) == {1: "B", 4: "A"}
    assert quick.locator(".frame img").evaluate_all("images => images.map((image) => image.src)") == pictures


def test_match_made_just_before_the_page_goes_is_kept(quick: Page) -> None:
    match(quick, 2, 4)
    quick.reload()
    board_ready(quick)
    expect(quick.locator(f"{clip(2)} .match")).to_have_text("Image D")


def test_match_whose_last_report_is_lost_with_the_page_is_kept(quick: Page, server: Server) -> None:
    quick.route("**/draft/", lambda route: route.abort())
    match(quick, 2, 4)
    match(quick, 3, 1)
    quick.reload()
    quick.unroute("**/draft/")
    board_ready(quick)
    assert matched(quick) == {2: "D", 3: "A"}
    expect(quick.locator(".saved")).to_have_text("Your matches are saved.")
    stored = server.query(
        "SELECT t.draft FROM studies_trial t JOIN studies_session s ON s.id = t.session_id "
        "WHERE s.code = ? AND t.'index' = 1",
        code_of(quick),
    )
    assert json.loads(stored[0][0])["matches"] == {"2": 4, "3": 1}


def test_board_sent_in_without_connection_survives_a_reload(quick: Page, server: Server) -> None:
    """Continue, "No connection. Your matches are kept here": they are, and so is the rest that waits."""
    lose_connection(quick)
    for position, image in enumerate((4, 3, 2, 1), start=1):
        match(quick, position, image)
    quick.get_by_role("button", name="Continue").click()
    expect(quick.locator(".saved")).to_contain_text("No connection. Your matches are kept here")
    quick.reload()
    board_ready(quick)
    assert matched(quick) == {1: "D", 2: "C", 3: "B", 4: "A"}
    go_on(quick)
    quick.wait_for_url("**/trial/2/")
    assert read_stored(server, quick) == [(1, 1, 4), (1, 2, 3), (1, 3, 2), (1, 4, 1)]
    assert count_events(server, quick, "assign") == 4


def test_matches_after_a_lost_acknowledgement_survive_a_reload(quick: Page) -> None:
    """The server has the first draft and the page does not know; what came after it counts as newer."""
    requests: list[int] = []

    def lose_answers(route: Route) -> None:
        if not requests:
            requests.append(route.fetch().status)
        route.abort()

    quick.route("**/draft/", lose_answers)
    match(quick, 1, 2)
    expect(quick.locator(".saved")).to_contain_text("No connection")
    assert requests == [200]
    match(quick, 2, 3)
    quick.reload()
    quick.unroute("**/draft/")
    board_ready(quick)
    assert matched(quick) == {1: "B", 2: "C"}
    expect(quick.locator(".saved")).to_have_text("Your matches are saved.")


def test_listening_without_connection_survives_a_reload(page: Page, server: Server) -> None:
    start(page, server, "mouse")
    board_ready(page)
    lose_connection(page)
    hear(page, 1)
    page.reload()
    board_ready(page)
    expect(page.locator(clip(1))).to_have_class(re.compile("is-heard"))
    stored = server.query(
        "SELECT count(*) FROM studies_listenevent e JOIN studies_trial t ON t.id = e.trial_id "
        "JOIN studies_session s ON s.id = t.session_id WHERE s.code = ? AND e.kind = 'heard'",
        code_of(page),
    )
    assert stored[0][0] >= 1


def test_answer_of_somebody_else_does_not_pass_for_saved(quick: Page) -> None:
    """A guest network's login page answers every request with 200 and its own HTML."""
    quick.route("**/api/**", lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Log in</h1>"))
    match(quick, 1, 2)
    expect(quick.locator(".saved")).to_contain_text("No connection. Your matches are kept here")
    quick.unroute("**/api/**")
    expect(quick.locator(".saved")).to_have_text("Your matches are saved.")


def test_second_window_with_an_older_draft_gets_the_newer_one(quick: Page) -> None:
    other = quick.context.new_page()
    other.goto(quick.url)
    board_ready(other)
    match(quick, 1, 2)
    expect(quick.locator(".saved")).to_have_text("Your matches are saved.")
    match(other, 3, 4)
    expect(other.get_by_role("status").filter(has_text="changed in another window")).to_be_visible()
    assert matched(other) == {1: "B"}
    for position, image in ((2, 1), (3, 4), (4, 3)):
        match(other, position, image)
    go_on(other)
    # The first window is one board behind now, and is taken along instead of storing anything.
    match(quick, 1, 3)
    quick.wait_for_url("**/trial/2/")


def test_back_button_leads_on_and_stores_nothing_again(quick: Page, server: Server) -> None:
    for position in (1, 2, 3, 4):
        match(quick, position, position)
    go_on(quick)
    quick.wait_for_url("**/trial/2/")
    board_ready(quick)
    quick.go_back()
    quick.wait_for_url("**/trial/2/")
    assert read_stored(server, quick) == [(1, i, i) for i in (1, 2, 3, 4)]
    quick.goto(quick.url.replace("/trial/2/", "/trial/3/"))
    quick.wait_for_url("**/trial/2/")


def test_lost_connection_is_said_and_nothing_is_lost(quick: Page, server: Server) -> None:
    quick.context.set_offline(True)
    for position, image in enumerate((4, 3, 2, 1), start=1):
        match(quick, position, image)
    expect(quick.locator(".saved")).to_contain_text("No connection. Your matches are kept here")
    quick.get_by_role("button", name="Continue").click()
    assert read_stored(server, quick) == []
    quick.context.set_offline(False)
    quick.wait_for_url("**/trial/2/")
    assert read_stored(server, quick) == [(1, 1, 4), (1, 2, 3), (1, 3, 2), (1, 4, 1)]
    assert count_events(server, quick, "assign") == 4


def test_acknowledgement_lost_on_the_way_doubles_nothing(quick: Page, server: Server) -> None:
    """The server stores, the answer never arrives, the page sends again."""
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    for position in (1, 2, 3, 4):
        match(quick, position, position)
    expect(quick.locator(".saved")).to_have_text("Your matches are saved.")
    quick.route("**/answers/", lose_first)
    go_on(quick)
    quick.wait_for_url("**/trial/2/")
    assert lost == [200, 200]
    assert read_stored(server, quick) == [(1, i, i) for i in (1, 2, 3, 4)]


def test_file_that_does_not_load_is_said_retried_and_traps_nobody(page: Page, server: Server) -> None:
    broken = {"now": True}

    def refuse(route: Route) -> None:
        if broken["now"]:
            route.abort()
        else:
            route.continue_()

    page.route("**/media/*.wav", refuse)
    start(page, server, "keyboard")
    expect(page.locator(".veil")).to_contain_text("Clip 1 could not be loaded.")
    broken["now"] = False
    page.get_by_role("button", name="Try again").click()
    board_ready(page)
    broken["now"] = True
    page.reload()
    page.get_by_role("button", name="Go on without").click()
    board_ready(page)
    expect(page.locator(f"{clip(1)} .heard")).to_have_text("cannot be played")
    match(page, 1, 1)
    go_on(page)
    page.get_by_role("button", name="Start the study").wait_for()
    reported = server.query(
        "SELECT e.data FROM studies_clientevent e JOIN studies_session s ON s.id = e.session_id "
        "WHERE s.code = ? AND e.kind = 'media_error'",
        code_of(page),
    )
    assert '"clip": 1' in reported[0][0]


def test_clip_that_the_server_did_not_hear_can_be_listened_to_again(page: Page, server: Server) -> None:
    """Reports get lost without the page's knowledge: it believes the server, and listening once more mends it."""
    page.route("**/trial/0/events/", lambda route: route.fulfill(status=200, json={"clips": []}))
    start(page, server, "keyboard")
    board_ready(page)
    hear(page, 1)
    match(page, 1, 1)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("Clip 1 has not been heard for long enough yet.")
    expect(page.locator(clip(1))).not_to_have_class(re.compile("is-heard"))
    page.unroute("**/trial/0/events/")
    hear(page, 1)
    go_on(page)
    page.get_by_role("button", name="Start the study").wait_for()


def test_enlarged_image_can_be_turned_matched_and_closed(quick: Page) -> None:
    quick.get_by_role("button", name="Enlarge image B").click()
    dialog = quick.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Image B")
    quick.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("heading")).to_have_text("Image C")
    dialog.get_by_role("button", name="Clip 4").click()
    expect(dialog.get_by_role("button", name="Clip 4")).to_have_attribute("aria-pressed", "true")
    quick.keyboard.press("1")  # single keys rest while the dialog is open
    quick.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(quick.get_by_role("button", name="Enlarge image C")).to_be_focused()
    assert matched(quick) == {4: "C"}


def test_single_keys_can_be_turned_off_and_stay_off(quick: Page) -> None:
    quick.locator(".keys summary").click()
    quick.get_by_label("Use single keys").uncheck()
    quick.locator("h1").click()
    quick.keyboard.press("1")
    quick.keyboard.press("A")
    assert matched(quick) == {}
    quick.reload()
    board_ready(quick)
    quick.keyboard.press("1")
    quick.keyboard.press("A")
    assert matched(quick) == {}


def test_plain_form_appears_when_the_script_does_not_come(page: Page, server: Server) -> None:
    page.route("**/board*.js", lambda route: route.abort())
    start(page, server, "looked-at")
    plain = page.get_by_label("I have listened to every clip.")
    expect(plain).to_be_visible()
    page.locator("[name=clip-1]").first.check()
    plain.check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start the study").wait_for()


def test_researchers_preview_sends_nothing(page: Page, server: Server) -> None:
    server.run(
        "from django.contrib.auth import get_user_model\n"
        "get_user_model().objects.create_superuser('previewer', password='a long enough one')\n"
    )
    page.goto(f"{server.address}/s/quick/preview/?page=trial")
    page.get_by_label("Username").fill("previewer")
    page.get_by_label("Password").fill("a long enough one")
    page.get_by_role("button", name="Log in").click()
    board_ready(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    for position in (1, 2, 3, 4):
        page.locator(f"{clip(position)} .play").click()
        match(page, position, position)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Your answers are saved").wait_for()
    assert "POST" not in sent
    assert server.query("SELECT count(*) FROM studies_session WHERE code = 'preview'") == [(0,)]
