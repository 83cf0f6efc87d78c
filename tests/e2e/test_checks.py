"""Headphone screening and attention check in a real browser, with the keyboard alone; stored apart from the answers."""

import json

import pytest
from playwright.sync_api import Page, expect

from studyserver.studies.rules.headphones import right_answer
from tests.e2e.test_look import look
from tests.e2e.test_participation import focus_by_tab, press
from tests.e2e.walk import board_ready, code_of, painted, read_stored, start
from tests.studies.server import Server

pytestmark = pytest.mark.browser
SESSION = "SELECT s.headphones, s.state FROM studies_session s WHERE s.code = ?"


def test_checks_with_the_keyboard_alone(page: Page, server: Server) -> None:
    start(page, server, "checked")
    page.locator("#tones.ready").wait_for()
    painted(page)
    look(page, "headphones")
    ((stored, _),) = server.query(SESSION, code_of(page))
    order = json.loads(stored)["order"]
    for position, sound in enumerate(order, start=1):
        focus_by_tab(page, f".tone:nth-of-type({position}) .play")
        press(page, "Enter")
        # The tones really sound: the browser plays the file and is some way into it.
        page.wait_for_function("i => document.querySelectorAll('.tone audio')[i].currentTime > 0.1", arg=position - 1)
        focus_by_tab(page, f'[name="tone-{position}"]')
        # The last answer is wrong: five right ones still pass.
        tone = right_answer(sound) if position < 6 else right_answer(sound) % 3 + 1
        press(page, "Space", *["ArrowRight"] * (tone - 1))
    assert page.evaluate("() => [...document.querySelectorAll('.tone audio')].filter((a) => !a.paused).length") <= 1
    focus_by_tab(page, "button.primary")
    press(page, "Enter")
    # Practice.
    board_ready(page)
    press(page, "1", "Space", "A")
    page.locator(".clip.is-heard").wait_for()
    focus_by_tab(page, ".bar .primary")
    press(page, "Enter")
    page.get_by_role("button", name="Start the study").wait_for()
    focus_by_tab(page, "button[value=start]")
    press(page, "Enter")
    # The one main trial.
    expect(page.locator(".progress")).to_have_text("Round 1 of 2")
    board_ready(page)
    for position, letter in enumerate("CADB", start=1):
        press(page, str(position), "Space", letter.lower())
    expect(page.locator(".clip.is-heard")).to_have_count(4)
    focus_by_tab(page, ".bar .primary")
    press(page, "Enter")
    # The attention check: no listening, the image that the page names.
    expect(page.locator(".progress")).to_have_text("Round 2 of 2")
    board_ready(page)
    look(page, "attention check")
    press(page, "1", page.locator(".instructed").inner_text().lower())
    expect(page.locator(".what")).to_contain_text("has its image")
    focus_by_tab(page, ".bar .primary")
    press(page, "Enter")
    page.get_by_role("heading", name="Your answers are saved").wait_for()
    assert read_stored(server, page) == [(1, 1, 3), (1, 2, 1), (1, 3, 4), (1, 4, 2)]
    ((stored, state),) = server.query(SESSION, code_of(page))
    (attempt,) = json.loads(stored)["attempts"]
    assert (attempt["order"], attempt["correct"], state) == (order, 5, "completed")
    checks = server.query(
        "SELECT t.passed, count(a.id) FROM studies_trial t JOIN studies_session s ON s.id = t.session_id "
        "JOIN studies_practiceanswer a ON a.trial_id = t.id WHERE s.code = ? AND t.kind = 'attention' GROUP BY t.id",
        code_of(page),
    )
    assert checks == [(1, 1)]
