"""Files that stall or fail: a way on with every one of them, and what became of it in rows and export."""

import csv
import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.walk import board_ready, clip, code_of, go_on, match, start
from tests.studies.server import Server

pytestmark = pytest.mark.browser

STALLED_MS = 11_000
EXPORT = """
import tempfile
from django.core.management import call_command
folder = tempfile.mkdtemp()
call_command("export_study", "faulty", out=folder, interim=True, verbosity=0)
print(folder)
"""


def read_evidence(server: Server, code: str) -> dict[int, tuple[dict[str, list[str]], str]]:
    """By number of the trial: its evidence and its browser, as they are on disk."""
    rows = server.query(
        "SELECT t.'index', t.evidence, t.browser FROM studies_trial t JOIN studies_session s ON s.id = t.session_id "
        "WHERE s.code = ? ORDER BY 1",
        code,
    )
    return {index: (json.loads(evidence), browser) for index, evidence, browser in rows}


def never_answer(route: Route) -> None:
    """Neither bytes nor an error."""


class Faults:
    """Decides by the order in which a page asks for its pictures and its sounds, each counted once."""

    def __init__(self, page: Page) -> None:
        self.seen: dict[str, list[str]] = {".png": [], ".wav": []}
        self.stalled: set[str] = set()
        self.blocked: set[str] = set()
        self.silent: set[str] = set()  # fetched, but the player gets nothing
        page.route("**/media/*", self.answer)

    def answer(self, route: Route) -> None:
        url = route.request.url
        kind = url[-4:]
        if url not in self.seen[kind]:
            self.seen[kind].append(url)
        name = f"{self.seen[kind].index(url) + 1}{kind}"
        if name in self.blocked:
            route.abort()
        elif name not in self.stalled and not (name in self.silent and route.request.resource_type == "media"):
            route.continue_()

    def next_page(self) -> None:
        """Count anew, without faults."""
        self.seen = {".png": [], ".wav": []}
        self.stalled, self.blocked, self.silent = set(), set(), set()


def test_files_that_stall_or_fail_let_people_on_and_are_told(page: Page, server: Server) -> None:
    page.clock.install()
    faults = Faults(page)

    # The sample of the sound check never comes.
    page.goto(f"{server.address}/s/faulty/")
    page.route("**/sound-check*.mp3", never_answer)
    page.get_by_role("button", name="I agree and take part").click()
    page.locator("#sound.ready").wait_for()
    without = page.get_by_role("button", name="Go on without the sample")
    expect(without).to_be_hidden()
    page.get_by_role("button", name="Play the sample").click()
    page.clock.fast_forward(STALLED_MS)
    expect(page.locator("#sample-status")).to_have_text(
        "The sample does not arrive. Try again; if it stays silent, go on without it."
    )
    faults.stalled = {"2.png"}
    without.click(no_wait_after=True)

    # One picture of the practice board never comes; neither does it when it is tried again.
    page.locator(".board.loading").wait_for()
    code = code_of(page)
    expect(page.locator(".veil progress")).to_have_js_property("value", 2)  # the other picture and the clip are there
    page.clock.fast_forward(STALLED_MS)
    expect(page.locator(".veil")).to_contain_text("Image B did not arrive in time.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".veil")).to_contain_text("Trying again")
    page.clock.fast_forward(STALLED_MS)
    expect(page.locator(".veil")).to_contain_text("Image B did not arrive in time.")
    page.get_by_role("button", name="Go on without").click()
    board_ready(page)
    page.locator(f"{clip(1)} .play").click()
    match(page, 1, 1)
    go_on(page)
    start_button = page.get_by_role("button", name="Start the study")
    start_button.wait_for()

    # Two pictures and a clip are blocked; another clip is fetched and then does not play.
    faults.next_page()
    faults.blocked, faults.silent = {"1.png", "2.png", "1.wav"}, {"2.wav"}
    start_button.click(no_wait_after=True)
    page.locator(".board.loading").wait_for()
    page.clock.run_for(3000)  # three tries
    expect(page.locator(".veil")).to_contain_text(re.compile("Image A, Image B and Clip 1 could not be loaded"))
    page.get_by_role("button", name="Go on without").click()
    board_ready(page)
    page.locator(f"{clip(2)} .play").click()
    page.clock.fast_forward(STALLED_MS)
    expect(page.get_by_role("status").filter(has_text="Clip 2 does not arrive.")).to_be_visible()
    expect(page.locator(f"{clip(1)} .heard")).to_have_text("cannot be played")
    for position in (3, 4):
        page.locator(f"{clip(position)} .play").click()
        expect(page.locator(clip(position))).to_have_class(re.compile("is-heard"))
    page.keyboard.press("Escape")
    for position in (1, 2, 3, 4):
        match(page, position, position)
    page.evaluate(
        """() => window.dispatchEvent(new ErrorEvent("error", {
          message: `of a test, at ${location.href}`, filename: `${location.origin}/static/studies/board.js`, lineno: 3,
        }))"""
    )
    go_on(page)
    page.get_by_role("heading", name="Your answers are saved").wait_for()
    page.unroute_all(behavior="ignoreErrors")

    kept = read_evidence(server, code)
    assert kept[0][0]["images"] == ["shown", "stalled"]
    assert kept[1] == (
        {
            "clips": ["unplayable", "stalled", "heard", "heard"],
            "images": ["unplayable", "unplayable", "shown", "shown"],
            "impossible": True,  # this page's clock was wound forward
        },
        "Chrome",
    )
    folder = server.run(EXPORT).splitlines()[-1]
    with open(f"{folder}/shown.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == [*kept[1][0]["clips"], *kept[1][0]["images"]]
    assert {row["browser"] for row in rows} == {"Chrome"}
    with open(f"{folder}/events.csv", encoding="utf-8") as file:
        text = file.read()
    assert "state=stalled" in text
    assert "of a test, at …" in text
    assert code not in text
    with open(f"{folder}/sessions.csv", encoding="utf-8") as file:
        (told,) = csv.DictReader(file)
    assert (told["heard"], told["clips_failed"], told["images_failed"]) == ("unplayable", "2", "2")


def test_what_is_slow_can_be_left_and_whole_files_are_taken(page: Page, server: Server) -> None:
    """Of a file that comes in drops the page has the part that came; leaving gives up only what is not there."""
    page.goto(f"{server.address}/s/faulty/")
    found = page.evaluate(
        """async () => {
          const { preload } = await import("/static/studies/preload.js");
          const drops = () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(9)); } }));
          const whole = () => new Response(new Uint8Array(9));
          window.fetch = async (address, { signal }) => (address === "slow" ? drops() : whole());
          const leave = new AbortController();
          const item = (address) => ({ element: document.createElement("audio"), address });
          const done = preload([item("slow"), item("quick")], (n) => n && leave.abort(), leave.signal);
          return (await done).map(({ address, state }) => [address, state]);
        }"""
    )
    assert found == [["slow", "stalled"]]
    shown = page.evaluate(
        """async () => {
          const { Watching } = await import("/static/studies/evidence/watching.js");
          const [there, broken, late] = [{ complete: true, naturalWidth: 9 }, { complete: true }, { complete: false }];
          const shown = [];
          const images = new Map([[1, there], [2, broken], [3, late], [4, there]]);
          const watching = new Watching(images, (at) => shown.push(at));
          for (const position of [1, 1, 2, 3]) watching.turn(position, true);
          Object.assign(late, { complete: true, naturalWidth: 9 });
          watching.check(3);
          watching.check(4);
          return shown;
        }"""
    )
    assert shown == [1, 3]


def test_without_script_a_study_that_needs_it_says_so(page: Page, server: Server) -> None:
    needs = "This study needs JavaScript, and this page's has not arrived."
    assert page.context.browser is not None
    plain = page.context.browser.new_context(java_script_enabled=False)
    for slug, count in (("scripted", 1), ("quick", 0)):
        first = plain.new_page()
        first.goto(f"{server.address}/s/{slug}/")
        assert first.content().count("it is switched off here") == count
        first.get_by_role("button", name="I agree and take part").click()
        expect(first.get_by_role("heading", name="Sound check")).to_be_visible()
        expect(first.get_by_text(needs)).to_have_count(count)
    expect(plain.pages[0].get_by_text(needs)).to_be_visible()
    plain.close()
    page.route("**/board*.js", lambda route: route.abort())
    start(page, server, "scripted")
    expect(page.get_by_text(needs)).to_be_visible()
    page.locator("[name=clip-1]").first.check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("This study needs JavaScript.")
    assert read_evidence(server, code_of(page))[0][0] == {}
