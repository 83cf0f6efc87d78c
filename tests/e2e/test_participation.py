"""The whole study in a real browser: with the mouse, with the keyboard alone, and without script."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.walk import board_ready, code_of, go_on, hear, match, read_stored, start
from tests.studies.server import Server

pytestmark = pytest.mark.browser


def practise(page: Page) -> None:
    """The practice board with one clip, then on to the trials."""
    board_ready(page)
    hear(page, 1)
    match(page, 1, 2)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start the study").click()
    board_ready(page)


def test_whole_study_with_the_mouse(page: Page, server: Server, tmp_path: Path) -> None:
    start(page, server, "mouse")
    practise(page)
    expected = []
    for index, images in ((1, (3, 1, 4, 2)), (2, (2, 4, 1, 3))):
        expect(page.locator(".progress")).to_have_text(f"Round {index} of 2")
        for position, image in enumerate(images, start=1):
            hear(page, position)
            # Listening has chosen the clip: the next click on an image matches it.
            page.locator(f'.frame[data-image="{image}"] .hang').click()
            expected.append((index, position, image))
        expect(page.locator(".what")).to_have_text("All 4 clips have their image.")
        go_on(page)
        if index == 1:
            board_ready(page)
    expect(page.get_by_role("heading", name="Your answers are saved")).to_be_visible()
    assert read_stored(server, page) == expected
    trials = server.query(
        "SELECT t.rt_ms, t.listening_declared, min(r.choice_ms), max(r.choice_ms), group_concat(r.choice_order), "
        "max(r.n_changes) FROM studies_trial t JOIN studies_response r ON r.trial_id = t.id JOIN studies_session s "
        "ON s.id = t.session_id WHERE s.code = ? GROUP BY t.id ORDER BY t.id",
        code_of(page),
    )
    for rt_ms, declared, first, last, order, changes in trials:
        assert 0 < first < last <= rt_ms < 60_000
        assert (declared, order, changes) == (0, "1,2,3,4", 0)
    heard = server.query(
        "SELECT e.kind, count(*) FROM studies_listenevent e JOIN studies_trial t ON t.id = e.trial_id "
        "JOIN studies_session s ON s.id = t.session_id WHERE s.code = ? AND e.from_ms = 0 AND t.'index' > 0 "
        "GROUP BY e.kind",
        code_of(page),
    )
    assert dict(heard)["play"] == 8
    assert confusion_in_report(server, "mouse", tmp_path) == confusion_in_rows(server, "mouse")


def confusion_in_report(server: Server, slug: str, folder: Path) -> list[list[int]]:
    """The confusion matrix of the study's report, built from the same database."""
    server.run(
        "from django.core.management import call_command\n"
        f"call_command('build_report', {slug!r}, out={str(folder)!r}, interim=True, verbosity=0)\n"
    )
    (arm,) = json.loads((folder / "result.json").read_text())["arms"].values()
    return arm["confusion"]


def confusion_in_rows(server: Server, slug: str) -> list[list[int]]:
    """Counts of (category heard, category chosen) straight from the stored rows, categories in their order."""
    rows = server.query(
        "SELECT heard.id, chosen.id FROM studies_response r JOIN studies_trial t ON t.id = r.trial_id "
        "JOIN studies_session s ON s.id = t.session_id JOIN studies_study y ON y.id = s.study_id "
        "JOIN generation_clip c ON c.id = r.clip_id JOIN generation_category heard ON heard.id = c.category_id "
        "JOIN generation_stimulus i ON i.id = r.stimulus_id "
        "JOIN generation_category chosen ON chosen.id = i.category_id "
        "WHERE y.slug = ?",
        slug,
    )
    order = server.query(
        "SELECT c.id FROM generation_category c JOIN studies_study_categories m ON m.category_id = c.id "
        "JOIN studies_study y ON y.id = m.study_id WHERE y.slug = ? ORDER BY c.'order', c.name",
        slug,
    )
    assert rows
    return [[rows.count((heard, chosen)) for (chosen,) in order] for (heard,) in order]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focus_by_tab(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does; it must be seen.

    Clips and images are one stop of Tab each, with arrows from one to the next.
    """
    for _ in range(most):
        press(page, "Tab")
        steps = page.evaluate(STEPS_TO, selector)
        press(page, *["ArrowRight" if steps > 0 else "ArrowLeft"] * abs(steps))
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            assert is_in_the_open(page), f"{selector} has the focus but is covered."
            return
    raise AssertionError(f"Tab does not reach {selector}.")


# How many arrows lead from the button in focus to the element's item of the same list; backwards: less than 0.
STEPS_TO = """selector => {
  const at = document.activeElement, to = document.querySelector(selector), list = at?.closest(".clips, .frames");
  if (!list?.contains(to) || !at.matches("button")) return 0;
  const place = (element) => [...list.children].indexOf(element.closest("li"));
  return place(to) - place(at);
}"""


def is_in_the_open(page: Page) -> bool:
    """Whether the focused element is on the screen and not wholly behind a bar (WCAG 2.4.11)."""
    return bool(
        page.evaluate(
            """() => {
              const box = document.activeElement.getBoundingClientRect();
              const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
              const top = document.elementFromPoint(box.left + box.width / 2, y);
              const active = document.activeElement;
              const own = active.closest("li, fieldset, label, form, p, details") ?? active;
              return box.top < innerHeight && box.bottom > 0 && (own.contains(top) || top?.contains(active));
            }"""
        )
    )


def test_whole_study_with_the_keyboard_alone(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/s/keyboard/")
    focus_by_tab(page, "button[value=agree]")
    press(page, "Enter")
    page.locator("#sound.ready").wait_for()
    focus_by_tab(page, "#sample-play")
    press(page, "Enter")
    expect(page.locator("#sample-status")).to_have_text("The sample is playing.")
    focus_by_tab(page, "input[name=heard]")
    press(page, "Space")
    focus_by_tab(page, "input[name=device]")
    press(page, "Space")
    focus_by_tab(page, "button.primary")
    press(page, "Enter")
    # Practice by Tab and Enter alone, without single keys.
    board_ready(page)
    focus_by_tab(page, ".clip .play")
    press(page, "Enter")
    expect(page.locator(".clip")).to_have_class(re.compile("is-heard"))
    focus_by_tab(page, '.frame[data-image="1"] .hang')
    press(page, "Enter")
    expect(page.locator(".clip .match")).to_contain_text("A")
    focus_by_tab(page, ".bar .primary")
    press(page, "Enter")
    page.get_by_role("button", name="Start the study").wait_for()
    focus_by_tab(page, "button[value=start]")
    press(page, "Enter")
    # Round 1 with single keys; round 2 with Tab and Enter.
    expect(page.locator(".progress")).to_have_text("Round 1 of 2")
    board_ready(page)
    for position, letter in enumerate("DBAC", start=1):
        press(page, str(position), "Space")
        expect(page.locator(f'.clip[data-clip="{position}"]')).to_have_class(re.compile("is-heard"))
        press(page, letter.lower())
    press(page, "2", "Backspace")
    expect(page.locator(".what")).to_contain_text("To match: clip 2")
    press(page, "2", "B")
    rate_by_keyboard(page, 5)
    focus_by_tab(page, ".bar .primary")
    press(page, "Enter")
    expect(page.locator(".progress")).to_have_text("Round 2 of 2")
    board_ready(page)
    for position in (1, 2, 3, 4):
        focus_by_tab(page, f'.clip[data-clip="{position}"] .play')
        press(page, "Enter")
        expect(page.locator(f'.clip[data-clip="{position}"]')).to_have_class(re.compile("is-heard"))
        focus_by_tab(page, f'.frame[data-image="{5 - position}"] .hang')
        press(page, "Enter")
    rate_by_keyboard(page, 2)
    focus_by_tab(page, ".bar .primary")
    press(page, "Enter")
    page.get_by_role("heading", name="Your answers are saved").wait_for()
    assert read_stored(server, page) == [
        *[(1, 1, 4), (1, 2, 2), (1, 3, 1), (1, 4, 3)],
        *[(2, 1, 4), (2, 2, 3), (2, 3, 2), (2, 4, 1)],
    ]
    rated = server.query(
        "SELECT DISTINCT t.'index', r.confidence FROM studies_response r JOIN studies_trial t ON t.id = r.trial_id "
        "JOIN studies_session s ON s.id = t.session_id WHERE s.code = ? ORDER BY 1",
        code_of(page),
    )
    assert rated == [(1, 5), (2, 2)]


def rate_by_keyboard(page: Page, value: int) -> None:
    """Each scale is one stop of Tab; the arrows move along it."""
    for position in (1, 2, 3, 4):
        focus_by_tab(page, f'[name="confidence-{position}"]')
        press(page, "Space", *["ArrowRight"] * (value - 1))


def test_whole_study_without_script(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.address}/s/plain/")
    page.get_by_role("button", name="I agree and take part").click()
    page.get_by_label("Yes, but faintly").check()
    page.get_by_label("Loudspeakers").check()
    page.get_by_role("button", name="Continue").click()
    assert page.locator(".clip audio[controls]").count() == 1
    page.locator("[name=clip-1]").nth(1).check()
    page.get_by_label("I have listened to every clip.").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start the study").click()
    page.get_by_role("button", name="Continue").click()
    missing = page.locator(".problems li").all_inner_texts()
    assert "Clip 2 has no image yet." in missing
    assert "Clip 3 has not been heard for long enough yet." in missing
    assert "Say how sure you are of clip 4 (1 to 7)." in missing
    for position, image in enumerate((2, 1, 4, 3), start=1):
        page.locator(f"[name=clip-{position}]").nth(image - 1).check()
        page.locator(f"[name=confidence-{position}]").nth(6).check(force=True)
    page.get_by_label("I have listened to every clip.").check()
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_role("heading", name="Your answers are saved").is_visible()
    assert read_stored(server, page) == [(1, 1, 2), (1, 2, 1), (1, 3, 4), (1, 4, 3)]
    ((declared, rt_ms, choice_ms, confidence),) = server.query(
        "SELECT DISTINCT t.listening_declared, t.rt_ms, r.choice_ms, r.confidence FROM studies_trial t "
        "JOIN studies_response r ON r.trial_id = t.id JOIN studies_session s ON s.id = t.session_id WHERE s.code = ?",
        code_of(page),
    )
    assert (declared, rt_ms, choice_ms, confidence) == (1, None, None, 7)
    context.close()
