"""A researcher in a real browser: from an empty form to a report, under the strict policy, readable for everybody."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.e2e.accessibility import rules, walk_admin
from tests.e2e.conftest import Watched, is_expected
from tests.studies.server import Server, running

pytestmark = pytest.mark.browser

SETUP = """
from django.contrib.auth import get_user_model
get_user_model().objects.create_superuser("ada", password="a-long-password")
"""
SIMULATE = """
from studyserver.studies.models import Study
from studyserver.studies.simulation import simulate_ability
simulate_ability(study=Study.objects.get(slug="{slug}"), n=2, ability=0.6)
"""
RULES = rules()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one stimulus set and a researcher's account."""
    with running(tmp_path_factory.mktemp("admin"), first={"dataset": {"clips": 3}, "trials_per_session": 1}) as server:
        server.run(SETUP)
        yield server


def sign_in(page: Page, house: Server) -> None:
    page.set_default_timeout(30_000)
    page.goto(f"{house.address}/admin/login/")
    page.fill("#id_username", "ada")
    page.fill("#id_password", "a-long-password")
    page.click("input[type=submit]")


@pytest.fixture
def desk(browser: Browser, house: Server) -> Iterator[Page]:
    """A signed-in researcher; fails on any foreign request and on any script or policy error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context, house.address)
    page = context.new_page()
    sign_in(page, house)
    yield page
    context.close()
    assert watched.foreign == []
    assert [error for error in watched.errors if not is_expected(error)] == []


@pytest.fixture
def measured(browser: Browser, house: Server) -> Iterator[Page]:
    """A signed-in researcher whose pages let axe set the inline styles that it measures with."""
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    sign_in(page, house)
    yield page
    context.close()


def test_a_researcher_sets_up_opens_closes_and_reports(desk: Page, house: Server) -> None:
    desk.goto(f"{house.address}/admin/studies/study/add/")
    desk.locator("#id_title").press_sequentially("Which image belongs to it?")
    assert desk.input_value("#id_slug") == "which-image-belongs-to-it"
    desk.select_option("#id_arms-0-stimulus_set", label="first")
    for name in ("Renaissance symbolism", "Heavy metal"):
        desk.locator(".field-categories").get_by_label(name).check()
    desk.locator(".field-practice_categories").get_by_label("Romanticism open view").check()
    desk.locator("#id_consent_text").fill("You hear music and match it with images.")
    desk.click("input[name=_save]")
    desk.get_by_role("heading", name="Launch checks: nothing is missing, 1 asks for your consent").wait_for()

    # What is written and not saved: another button asks before it drops it, opening saves it.
    desk.fill("#id_contact", "ada@example.org")
    asked: list[str] = []
    desk.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.get_by_role("button", name="Duplicate as a new version").click(no_wait_after=True)
    desk.wait_for_function("document.getElementById('id_contact').value === 'ada@example.org'")
    desk.get_by_role("button", name="Save and open the study").click()
    desk.get_by_role("heading", name="What will be fixed for good").wait_for()
    assert asked == ["beforeunload"]
    assert desk.locator("tr", has_text="Contact").inner_text().endswith("ada@example.org")
    assert "The consent text has 8 words." in desk.inner_text("form.panel")
    desk.get_by_role("button", name="Open the study now").click()
    assert desk.locator("input[name=accept]").evaluate("box => box.matches(':invalid')")  # nothing opens without a tick
    desk.get_by_role("link", name="Back to the draft").click()
    desk.locator("summary", has_text="For researchers").click()
    desk.get_by_label("Simulated only").check()
    desk.get_by_role("button", name="Save and open the study").click()
    desk.get_by_role("button", name="Open the study now").click()
    desk.get_by_text("Send participants its link").wait_for()
    link = desk.input_value("#participant-link")
    assert link == f"{house.address}/s/which-image-belongs-to-it/"
    assert desk.locator("#id_title").count() == 0

    house.run(SIMULATE.format(slug="which-image-belongs-to-it"))
    # The page keeps itself up to date.
    desk.locator(".figures li", has_text="completed").get_by_text("2", exact=True).wait_for()

    desk.locator("summary", has_text="Close the study").click()
    desk.get_by_role("button", name="Close it now").click()
    desk.get_by_role("button", name="Build the report").click()
    desk.locator("a.open-report").wait_for(timeout=120_000)
    desk.locator("a.open-report").click()
    desk.get_by_role("heading", name="Which image belongs to it?").wait_for()
    assert "Simulated participants".lower() in desk.inner_text("body").lower()


ANSWERS = """
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.participants import begin, complete
first = Study.objects.get(slug="first")
if not first.sessions.exists():
    complete(first)
    begin(first)
    gaps = Study.objects.create(slug="gaps", title="A draft with gaps")
    gaps.arms.create(name="a", stimulus_set=first.arms.get().stimulus_set)
    complete(factories.make_study(sets=[first.arms.get().stimulus_set], slug="over", trials_per_session=1))
    close_study(study=Study.objects.get(slug="over"))
for slug in ("first", "gaps", "over"):
    study = Study.objects.get(slug=slug)
    print(f"study/{study.pk}/change/", *(f"session/{s.pk}/change/" for s in study.sessions.all()))
"""


OPENING = """
asking = factories.make_study(sets=[first.arms.get().stimulus_set], slug="asking", status="draft", consent_text="Yes?")
print(f"study/{asking.pk}/open/")
"""


def test_pages_of_the_admin_keep_the_policy_and_fit(desk: Page, house: Server) -> None:
    addresses = [*house.run(ANSWERS).split(), "study/", "study/add/", "study/planner/", "session/", "response/"]
    for width in (1280, 360):
        desk.set_viewport_size({"width": width, "height": 900})
        for address in addresses:
            answer = desk.goto(f"{house.address}/admin/studies/{address}")
            assert answer is not None
            assert answer.status == 200, address
            across = desk.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert across <= 0, (address, width, across)


def test_the_studies_pages_are_accessible(measured: Page, house: Server) -> None:
    pages = ["study/", "study/add/", "study/planner/", *house.run(ANSWERS + OPENING).split(), "session/", "response/"]
    walk_admin(measured, [f"{house.address}/admin/", *(f"{house.address}/admin/studies/{page}" for page in pages)])


def test_a_plan_is_asked_for_by_keyboard_and_appears_by_itself(desk: Page, house: Server) -> None:
    desk.goto(f"{house.address}/admin/studies/study/planner/")
    desk.focus("#id_participants")
    desk.keyboard.press("Control+a")
    desk.keyboard.type("20")
    desk.keyboard.press("Enter")
    desk.locator("#plan[data-live=false]").wait_for(timeout=120_000)
    assert "20 participants, 1 board each" in desk.inner_text("#plan")
    # The figure is there and keeps its own styles under the page's policy.
    desk.wait_for_function("() => document.querySelector('.plot img').naturalWidth > 0")
    desk.locator("summary", has_text="Data behind the figure").click()
    assert desk.locator(".pair tbody tr").count() > 60


def test_the_plan_is_accessible(measured: Page, house: Server) -> None:
    measured.goto(f"{house.address}/admin/studies/study/planner/")
    measured.get_by_role("button", name="Work it out").click()
    measured.locator("#plan[data-live=false]").wait_for(timeout=120_000)
    measured.locator("summary", has_text="Data behind the figure").click()
    for width, scheme in ((1280, "light"), (360, "dark")):
        measured.set_viewport_size({"width": width, "height": 900})
        measured.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        found = Axe().run(measured, context={"include": [[".planner"]]}, options=RULES)
        assert found.violations_count == 0, f"{width}, {scheme}: {found.generate_report()}"
