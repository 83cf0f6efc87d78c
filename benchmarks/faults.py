"""Faults in a real browser, at random and for long: what a page showed as it went on is what is stored.

Chromium walks through a study of three boards again and again. On every board one thing goes wrong: no connection
between two presses of *Continue*, an acknowledgement that is lost, a server that is killed, a slow line, a second tab,
a reload, files that are blocked or never come. Rows are read back from disk and compared with what stood on the page.

    python benchmarks/faults.py [--sessions 30] [--seed 0]

Needs the system package chromium. Ends with status 1 where a board was stored otherwise than it was shown.
"""

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, Route, sync_playwright

from tests.e2e.conftest import FLAGS, find_chromium
from tests.e2e.walk import board_ready, match, read_stored
from tests.studies.server import Server, running

BOARDS = 3
STUDY = {"trials_per_session": BOARDS, "dataset": {"clips": 3}, "listening_rule": "none", "practice": []}
PATIENCE_MS = 60_000
Board = Callable[[Page, Server, random.Random], list[int]]
"""Does a board with one fault and goes on; returns the image of each clip that must be stored."""


def turn(page: Page, draw: random.Random) -> list[int]:
    """Match every clip with an image of its own, in an order that is drawn."""
    images = list(range(1, page.locator(".frame").count() + 1))
    draw.shuffle(images)
    for position, image in enumerate(images, start=1):
        match(page, position, image)
    return images


def go_on(page: Page, act: Callable[[], None] | None = None) -> None:
    """Press Continue, let happen what shall, and wait for the next page."""
    before = page.url
    page.get_by_role("button", name="Continue").click()
    if act is not None:
        act()
    page.wait_for_function("before => location.href !== before", arg=before, timeout=PATIENCE_MS)


def nothing(page: Page, server: Server, draw: random.Random) -> list[int]:
    images = turn(page, draw)
    go_on(page)
    return images


def connection_gone_between_two_continues(page: Page, server: Server, draw: random.Random) -> list[int]:
    turn(page, draw)
    page.context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    images = turn(page, draw)
    go_on(page, lambda: page.context.set_offline(False))
    return images


def acknowledgement_lost(page: Page, server: Server, draw: random.Random) -> list[int]:
    lost: list[bool] = []

    def lose_first(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(True)
            route.fetch()
            route.abort()

    page.route("**/answers/", lose_first)
    images = turn(page, draw)
    go_on(page)
    page.unroute("**/answers/")
    return images


def server_killed(page: Page, server: Server, draw: random.Random) -> list[int]:
    images = turn(page, draw)
    server.kill()
    go_on(page, server.start)
    return images


def slow_line(page: Page, server: Server, draw: random.Random) -> list[int]:
    session = page.context.new_cdp_session(page)
    line = {"offline": False, "latency": 600, "downloadThroughput": 40_000, "uploadThroughput": 20_000}
    session.send("Network.emulateNetworkConditions", line)
    images = turn(page, draw)
    go_on(page)
    session.detach()
    return images


def second_tab(page: Page, server: Server, draw: random.Random) -> list[int]:
    turn(page, draw)
    other = page.context.new_page()
    other.goto(page.url)
    board_ready(other)
    images = turn(other, draw)
    go_on(other)
    other.close()
    page.goto(re.sub(r"trial/\d+/$", "", page.url))
    return images


def reload_before_sending(page: Page, server: Server, draw: random.Random) -> list[int]:
    images = turn(page, draw)
    page.wait_for_timeout(draw.choice([0, 50, 1_500]))
    page.reload()
    board_ready(page)
    shown = page.locator(".clip .match").all_inner_texts()
    assert all(text.startswith("Image ") for text in shown), f"after a reload the page shows {shown}"
    assert [ord(text.split()[-1]) - ord("A") + 1 for text in shown] == images
    go_on(page)
    return images


def files_blocked(page: Page, server: Server, draw: random.Random) -> list[int]:
    return _without_files(page, draw, lambda route: route.abort())


def files_that_never_come(page: Page, server: Server, draw: random.Random) -> list[int]:
    return _without_files(page, draw, lambda route: None)


def _without_files(page: Page, draw: random.Random, answer: Callable[[Route], None]) -> list[int]:
    page.route("**/media/*", answer)
    page.reload(wait_until="commit")  # a page whose files never come is never loaded
    page.get_by_role("button", name=re.compile("^Go on without")).first.click(timeout=PATIENCE_MS)
    board_ready(page)
    images = turn(page, draw)
    page.unroute("**/media/*")
    go_on(page)
    return images


FAULTS: list[Board] = [
    nothing, connection_gone_between_two_continues, acknowledgement_lost, server_killed, slow_line, second_tab,
    reload_before_sending, files_blocked, files_that_never_come,
]  # fmt: skip


def walk(page: Page, server: Server, draw: random.Random, done: Counter[str]) -> list[str]:
    """One participant; returns what was stored otherwise than it was shown."""
    page.goto(f"{server.address}/s/faults/")
    page.get_by_role("button", name="I agree and take part").click()
    page.locator("#sound.ready").wait_for()
    page.get_by_role("button", name="Play the sample").click()
    page.get_by_label("Yes, clearly").check()
    page.get_by_label("Headphones or earphones").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start").click()
    wrong = []
    for index in range(1, BOARDS + 1):
        board_ready(page)
        fault = draw.choice(FAULTS)
        code = page.url
        images = fault(page, server, draw)
        rows = [(clip, image) for trial, clip, image in read_stored(server, page) if trial == index]
        done[fault.__name__] += 1
        if rows != list(enumerate(images, start=1)):
            wrong.append(f"{fault.__name__}: shown {images}, stored {rows} ({code})")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="Faults in a real browser, at random.")
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        print("Chromium is not installed (system package chromium, or CHROMIUM_PATH).", file=sys.stderr)
        return 1
    draw, done, wrong, begun = random.Random(options.seed), Counter[str](), list[str](), time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), faults=STUDY) as server,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=executable, args=FLAGS)
        for _ in range(options.sessions):
            context = browser.new_context()
            wrong += walk(context.new_page(), server, draw, done)
            context.close()
        browser.close()
    for name, times in sorted(done.items()):
        print(f"{times:5d} boards  {name.replace('_', ' ')}")
    print(f"{sum(done.values())} boards in {time.monotonic() - begun:.0f} s, {len(wrong)} stored otherwise than shown")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
