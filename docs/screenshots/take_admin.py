"""Take the pictures of the researchers' admin: python docs/screenshots/take_admin.py --data DATA

DATA is a data folder with the demo's sets and simulated study (what `make demo` made). Everything is done on a copy.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from take import FLAGS, SIZES, Camera, run_manage, serve

PASSWORD = "only-for-pictures"
NAMES = ["Renaissance symbolism", "Asian traditional folklore", "Heavy metal", "Electronic music"]


def prepare(data: Path) -> None:
    """A draft, an open study with some participants, and the demo's closed one."""
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    run_manage(data, "migrate", "-v", "0")
    run_manage(data, "createsuperuser", "--noinput", "--username", "camera", "--email", "ada@example.org")
    common = ["create_study", "--set", "demo-mini", "demo-shuffled", "--categories", *NAMES]
    run_manage(data, *common, "--title", "Which image belongs to which music?", "--slug", "picture-draft")
    common += ["--practice", "Romanticism open view", "--contact", "ada@example.org", "--open"]
    common += ["--accept", "unreviewed-images", "look-alikes"]
    run_manage(data, *common, "--title", "Can people hear the picture?", "--slug", "picture-open")
    run_manage(data, "simulate_participants", "picture-open", "--n", "7", "--among-people", "-v", "0")


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/login/")
    page.fill("#id_username", "camera")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")


def visit(page: Page, address: str, camera: Camera) -> None:
    """Every page that a researcher works with."""
    page.goto(f"{address}/admin/studies/study/")
    camera.take("admin-studies")
    for link, name in (
        ("Which image belongs to which music?", "admin-draft"),
        ("Can people hear the picture?", "admin-open"),
        ("Simulated participants", "admin-closed"),
    ):
        page.goto(f"{address}/admin/studies/study/?q={link.split()[0]}")
        page.locator("#result_list a", has_text=link).first.click()
        page.locator("summary", has_text="What is shown").click()
        page.wait_for_timeout(500)
        camera.take(name, whole=False)
    page.goto(f"{address}/admin/studies/study/add/")
    camera.take("admin-add")
    page.goto(f"{address}/admin/studies/study/planner/")
    page.get_by_role("button", name="Work it out").click()
    page.locator("#plan[data-live=false]").wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    camera.take("admin-planner")
    page.goto(f"{address}/admin/studies/response/")
    camera.take("admin-answers", whole=False)
    page.goto(f"{address}/admin/studies/session/1/change/")
    camera.take("admin-session", whole=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM_PATH") or shutil.which("chromium"))
    options = parser.parse_args()
    SIZES["wide"] = (1280, 1400)
    SIZES["phone"] = (360, 1400)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        shutil.copytree(options.data, data)
        prepare(data)
        browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
        with serve(data) as address:
            page = browser.new_page()
            sign_in(page, address)
            visit(page, address, Camera(page, options.out, ["wide", "phone"]))
        browser.close()


if __name__ == "__main__":
    main()
