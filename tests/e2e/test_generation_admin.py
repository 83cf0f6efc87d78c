"""A researcher who asks for images in a real browser: by keyboard, watching the job, under the strict policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessibility import walk_admin
from tests.e2e.conftest import Watched, is_expected
from tests.e2e.test_admin import SETUP, sign_in
from tests.studies.server import Server, running

pytestmark = pytest.mark.browser

# A checkpoint whose weights are not there: the process that is to paint finds out, and says so in the job.
MATERIAL = """
from django.utils import timezone
from studyserver.studies.design import lifted
from generation.models import Checkpoint, Dataset, GenerationJob, Stimulus, StimulusSet
dataset = Dataset.objects.first()
checkpoint = Checkpoint.objects.create(
    name="run", preset="mini", dataset=dataset, run_dir="runs/run", weights_sha256="0", epoch=1,
    config={"preset": "mini", "dataset": {"name": dataset.name}},
)
made = StimulusSet.objects.create(name="begun", dataset=dataset, checkpoint=checkpoint)
job = GenerationJob.objects.create(set=made, state="running", on_workers=True, done=2, total=6, asked={"set": "begun"})
job.chunks.create(number=0, start=0, stop=3, state="running", worker="gpu-1:7", heartbeat_at=timezone.now())
job.chunks.create(number=1, start=3, stop=6, attempts=1, error="gpu-2:7: The weights are missing.")
job.workers.create(name="gpu-1:7", images=2, seconds=9.0, seen_at=timezone.now())
alarming = Stimulus.objects.first()
alarming.provenance = {"painting": {"safety_flagged": True}}
with lifted():
    alarming.save()
print(f"checkpoint/{checkpoint.pk}/generate/ generationjob/{job.pk}/change/ stimulusset/{alarming.set_id}/sheet/")
print(f"checkpoint/{checkpoint.pk}/change/ dataset/{dataset.pk}/change/ stimulus/{alarming.pk}/change/")
print(f"stimulusset/{alarming.set_id}/change/ dataset/ checkpoint/ stimulusset/ stimulus/ clip/ generationjob/")
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a checkpoint and a job."""
    with running(tmp_path_factory.mktemp("generation"), first={"dataset": {"clips": 3}}) as server:
        server.run(SETUP)
        yield server


@pytest.fixture(scope="module")
def addresses(house: Server) -> list[str]:
    """The form, a job's page, a contact sheet; then the other pages."""
    return house.run(MATERIAL).split()


def test_images_are_asked_for_by_keyboard_and_the_job_says_by_itself_how_it_ends(
    browser: Browser, house: Server, addresses: list[str]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context, house.address)
    page = context.new_page()
    sign_in(page, house)
    page.goto(f"{house.address}/admin/generation/{addresses[0]}")
    page.focus("#id_name")
    page.keyboard.type("asked")
    page.keyboard.press("Enter")
    page.locator("#job-title").wait_for()
    assert "/generationjob/" in page.url
    expect(page.locator("[data-live=false] .problem")).to_contain_text("run", timeout=120_000)
    expect(page.locator("#job-title")).to_contain_text("failed")
    page.get_by_role("button", name="Retry").press("Enter")
    page.locator(".messagelist").wait_for()
    assert "What is missing is asked for again" in page.inner_text(".messagelist")
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.locator("#job-title")).to_contain_text("cancelled")
    context.close()
    assert watched.foreign == []
    assert [error for error in watched.errors if not is_expected(error)] == []


def test_the_pages_fit_and_are_accessible(browser: Browser, house: Server, addresses: list[str]) -> None:
    context = browser.new_context(bypass_csp=True)
    page: Page = context.new_page()
    sign_in(page, house)
    walk_admin(page, [f"{house.address}/admin/generation/{address}" for address in addresses])
    page.set_viewport_size({"width": 320, "height": 900})
    for address in addresses[:3]:
        page.goto(f"{house.address}/admin/generation/{address}")
        across = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert across <= 0, address
    context.close()
