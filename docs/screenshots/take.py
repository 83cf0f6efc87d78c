"""Take the pictures of the participants' pages: python docs/screenshots/take.py [--data DATA --slug SLUG]

Starts a server of its own on a free port and walks through a study in a real browser, wide (1280 px), on a phone
(360 px) and at the narrowest (320 px), light and dark. Without --data it builds a throw-away study from the demo
pack's clips, with the pack's artworks standing in for generated images. With --data it walks through the study SLUG
of that data folder (for instance what `make demo` made), and leaves its session there.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).resolve().parent / "stand_in.py"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SIZES = {"wide": (1280, 860), "phone": (360, 740), "narrow": (320, 640)}


def prepare(data: Path) -> str:
    """A study on the demo pack's material in a fresh data folder; returns its slug."""
    for arguments in (["migrate", "-v", "0"], ["shell", "-c", f"import runpy; runpy.run_path({str(STAND_IN)!r})"]):
        run_manage(data, *arguments)
    return "demo"


def run_manage(data: Path, *arguments: str) -> None:
    """A management command on this data folder."""
    environment = {**os.environ, "PARAGONE_DATA": str(data)}
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


@contextmanager
def serve(data: Path) -> Iterator[str]:
    """The product's own server on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    environment = {**os.environ, "PARAGONE_DATA": str(data)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{address}/", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


class Camera:
    """Takes one page in every size and colour scheme."""

    def __init__(self, page: Page, out: Path, sizes: list[str]) -> None:
        self.page, self.out, self.sizes = page, out, sizes
        self.taken = 0

    def take(self, name: str, *, whole: bool = True) -> None:
        self.page.mouse.move(0, 0)
        for size in self.sizes:
            for scheme in ("light", "dark"):
                self.resize(size)
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                self.page.wait_for_timeout(120)
                target = self.out / f"{name}-{size}-{scheme}.png"
                self.page.screenshot(path=target, full_page=whole, animations="disabled")
                compress(target)
                self.taken += 1
        self.resize("wide")

    def resize(self, size: str) -> None:
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})


def compress(path: Path) -> None:
    """Fewer colours until the picture is small enough for a repository."""
    image = Image.open(path).convert("RGB")
    for colours in (256, 128, 64):
        image.quantize(colours, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
        if path.stat().st_size < 200_000:
            return
    image.resize((image.width * 3 // 4, image.height * 3 // 4)).quantize(128).save(path, optimize=True)


def hear(page: Page, clips: int, seconds: float = 5.4) -> None:
    """Play every clip for a while."""
    for position in range(1, clips + 1):
        page.locator(f'.clip[data-clip="{position}"] .play').click()
        page.wait_for_timeout(int(seconds * 1000))
    page.keyboard.press("Escape")


def walk(page: Page, address: str, slug: str, camera: Camera) -> None:
    """Through the whole study, with a picture of every page."""
    page.goto(f"{address}/s/{slug}/")
    camera.take("consent")
    page.get_by_role("button", name="I agree").click()
    camera.take("sound")
    page.get_by_role("button", name="Play the sample").click()
    page.get_by_label("Yes, clearly").check()
    page.get_by_label("Headphones or earphones").check()
    page.get_by_role("button", name="Continue").click()
    if page.url.endswith("/headphones/"):
        page.wait_for_selector("#tones.ready")
        camera.take("headphones")
        page.get_by_role("button", name="go on without").click()
    page.wait_for_selector(".board.ready:not(.loading)")
    camera.take("practice", whole=False)
    clips = page.locator(".clip").count()
    hear(page, clips)
    for position in range(1, clips + 1):
        page.locator(f'.clip[data-clip="{position}"] .pick').click()
        page.locator(f'.frame[data-image="{position}"] .hang').click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/practice/")
    page.get_by_role("button", name="Start the study").wait_for()
    camera.take("practice-done")
    page.get_by_role("button", name="Start the study").click()
    page.wait_for_selector(".board.ready:not(.loading)")
    page.locator('.clip[data-clip="1"] .play').click()
    page.wait_for_timeout(5600)
    page.locator('.frame[data-image="3"] .hang').click()
    page.locator('.clip[data-clip="2"] .play').click()
    page.wait_for_timeout(2500)
    page.locator('.clip[data-clip="2"] .play').click()
    camera.take("trial", whole=False)
    page.locator('.frame[data-image="2"] .enlarge').click()
    camera.take("enlarged", whole=False)
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Continue").click()
    camera.take("trial-missing", whole=False)
    page.get_by_role("link", name="Leave the study").click()
    camera.take("leave")
    page.get_by_role("link", name="Back").click()
    while "/trial/" in page.url:
        page.wait_for_selector(".board.ready:not(.loading)")
        clips = page.locator(".clip").count()
        if page.locator(".instructed").count():
            camera.take("attention", whole=False)
        else:
            hear(page, clips)
        for position in range(1, clips + 1):
            page.keyboard.press(str(position))
            page.keyboard.press("ABCDEFGH"[clips - position])
        for scale in range(page.locator(".scale").count()):
            page.locator(".scale").nth(scale).locator("label").nth(4).click()
        before = page.url
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(lambda url: url != before)  # noqa: B023 -- called before the loop goes on
    page.wait_for_load_state("networkidle")
    for lazy in page.locator("img").all():
        lazy.scroll_into_view_if_needed()
    camera.take("debrief")
    page.goto(f"{address}/withdraw/")
    camera.take("withdraw")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="data folder of an existing installation")
    parser.add_argument("--slug", default="demo", help="study in that folder")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--sizes", nargs="+", default=["wide", "phone", "narrow"], choices=SIZES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        slug = options.slug if options.data else prepare(Path(scratch))
        with serve(options.data or Path(scratch)) as address, sync_playwright() as playwright:
            executable = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
            page = browser.new_page(has_touch=False)
            page.on("console", lambda message: print("console:", message.text))
            page.on("pageerror", lambda error: print("page error:", error))
            camera = Camera(page, options.out, options.sizes)
            walk(page, address, slug, camera)
            browser.close()
    print(f"Took {camera.taken} pictures in {options.out}.")


if __name__ == "__main__":
    main()
