"""The report opened as its reader opens it: a file, in a browser, without a network."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from analysis.metrics.sets import build_metrics
from analysis.power.exact import Design
from analysis.power.planner import make_plan
from analysis.reading.thumbnails import all_jpegs
from analysis.render import html, metrics
from analysis.render.plan import plan_html
from analysis.results.build import build_result
from tests.analysis.edges import edge_studies
from tests.analysis.metric_files import write_embeddings, write_features, write_thumbnails
from tests.analysis.metric_studies import answers, study
from tests.analysis.studies import study_of
from tests.analysis.tables import rows_of, table_3, table_4
from tests.e2e.accessibility import rules

pytestmark = pytest.mark.browser

RULES = rules("best-practice")
LONG = tuple(f"Category {letter} with a rather long name, as genres have" for letter in "ABCDEFGH")


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Response times, trials and places for every figure."""
    rows = range(len(frame))
    return frame.assign(
        trial_index=[i // 4 % 3 + 1 for i in rows],
        clip_position=[i % 4 + 1 for i in rows],
        choice_ms=[900 + 137 * (i % 17) for i in rows],
        choice_order=[i % 4 + 1 for i in rows],
    )


NAMES = ["empty study", "one category", "odd names", "two arms", "long names", "plan", "metrics", "metrics and people"]


def pages() -> dict[str, str]:
    """Reports by name, in the order of NAMES."""
    eight = [tuple(i if i < 4 else 4 + (i + shift) % 4 for i in range(8)) for shift in (0, 1, 2)]
    two = pd.concat([table_3().assign(arm="x", participant=lambda rows: "x" + rows["participant"]), table_4()])
    made = {
        "empty study": edge_studies("free")["empty study"],
        "one category": edge_studies("one_to_one")["one category"],
        "odd names": edge_studies("free")["odd names"],
        "two arms": (timed(two), study_of(arms=("x", "a"), interim=True, simulated_only=True)),
        "long names": (rows_of(eight * 4, LONG), study_of(categories=LONG)),
    }
    found = {name: html(build_result(*study)) for name, study in made.items()}
    return found | {"plan": plan_html(make_plan(Design(participants=12), theta=0.2))}


def metric_pages(folder: Path) -> dict[str, str]:
    """Metrics of two sets without a study, and a report with metrics, distances and pictures of both of its arms."""
    given: dict[str, list[Path]] = {
        "embeddings": [write_embeddings(folder / name / "e.npz", name=name) for name in ("one", "two")],
        "features": [write_features(folder / name / "f.npz", name=name) for name in ("one", "two")],
        "images": [write_thumbnails(folder / name / "t.zip", name=name) for name in ("one", "two")],
    }
    pictures = all_jpegs(given["images"])
    two = pd.concat([answers(people=3), answers(people=3, arm="b", sets="two")])
    report = build_result(two, study({"a": "one", "b": "two"}), **given)
    return {
        "metrics": metrics.html(build_metrics(**given), pictures),
        "metrics and people": html(report, pictures),
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    found = {}
    for name, text in (pages() | metric_pages(folder)).items():
        found[name] = folder / f"{name.replace(' ', '-')}.html"
        found[name].write_text(text, encoding="utf-8")
    assert list(found) == NAMES
    return found


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """A page that lets axe set the inline styles that it measures with, and asks no network."""
    context = browser.new_context(bypass_csp=True, offline=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_accessible_and_fits(reader: Page, files: dict[str, Path], name: str, width: int) -> None:
    reader.set_viewport_size({"width": width, "height": 900})
    reader.goto(files[name].as_uri())
    reader.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = Axe().run(reader, options=RULES)
    assert found.violations_count == 0, f"{name}, {width}: {found.generate_report()}"
    across = reader.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert across <= 0, f"{name}, {width}: {across} px too wide"


def test_what_is_wrong_is_found_among_much_that_is_right(reader: Page) -> None:
    reader.set_content(f"<main><h1>Page</h1>{'<p>Right.</p>' * 50}<img src='data:,'><button></button></main>")
    found = Axe().run(reader, options=RULES)
    assert {finding["id"] for finding in found.response["violations"]} >= {"image-alt", "button-name"}


def test_tables_sort_by_value_and_keep_what_is_missing_below(browser: Browser, files: dict[str, Path]) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    # A link into a folded appendix opens it.
    page.goto(files["two arms"].as_uri())
    assert page.get_by_role("region", name="Categories of a", exact=True).is_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("navigation").get_by_role("link", name="Category by category").last.click()
    table = page.get_by_role("region", name="Categories of a", exact=True)
    names = table.locator("tbody th")
    assert names.all_inner_texts()[0] == "Baroque Classical symbolism"
    table.get_by_role("button", name="Correct").click()
    assert names.all_inner_texts()[:2] == ["Electronic music", "Heavy metal"]
    left = table.get_by_role("button", name="Chance left")
    for direction in ("ascending", "descending"):
        left.click()
        assert names.all_inner_texts()[:2] == ["Electronic music", "Heavy metal"]
        assert table.locator(f"th[aria-sort={direction}]").count() == 1
    context.close()
    assert errors == []


def test_a_report_fits_on_paper_with_its_short_data_tables(browser: Browser, files: dict[str, Path]) -> None:
    # A4 without the margins that the page asks for, in CSS pixels.
    context = browser.new_context(offline=True, viewport={"width": 673, "height": 900})
    page = context.new_page()
    for name in ("two arms", "long names"):
        page.goto(files[name].as_uri())
        page.emulate_media(media="print")
        assert page.locator("nav").is_hidden()
        # What scrolls on a screen must not be cut on paper.
        wide = "(tables) => tables.filter((table) => table.getBoundingClientRect().right > 674).map((t) => t.innerText)"
        assert page.locator("table:visible").evaluate_all(wide) == []
    page.goto(files["two arms"].as_uri())
    page.emulate_media(media="print")
    assert page.get_by_role("region", name="Accuracy by position of a").locator("tbody td").first.is_visible()
    assert page.get_by_role("region", name="Every participant of a").locator("tbody td").first.is_hidden()
    context.close()
