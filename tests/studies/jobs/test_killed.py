"""SIGKILL of real workers, their children and the broker: each job ends by itself, and its files are whole."""

import os
import shutil
import signal
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.generation.workers import LEASE_S, Site, wait_for
from tests.studies.server import Server

pytestmark = pytest.mark.slow
MINUTE_S = 60
KINDS = ("export", "plan", "report")
NAMED = {"export": "responses.csv", "report": "report.html"}

PREPARE = """
from django.contrib.auth import get_user_model
from studyserver.studies.design import close_study
from studyserver.studies.models import Study
from tests.studies.participants import complete
study = Study.objects.get()
complete(study)
close_study(study=study)
get_user_model().objects.create_superuser("ada", password="x")
"""
# What a researcher does; `participants`: of the plan, so that each question is a new one.
ASK = """
from studyserver.studies.jobs import PlanInputs, request_job, request_plan
from studyserver.studies.models import Study
for kind in ("export", "report"):
    request_job(study=Study.objects.get(), kind=kind)
request_plan(inputs=PlanInputs(participants={participants}))
"""
# The pages that show jobs, and nothing else: no worker, no beat.
LOOK = """
from django.contrib.auth import get_user_model
from django.test import Client
from studyserver.studies.models import Plan, Study
client = Client(SERVER_NAME="localhost")
client.force_login(get_user_model().objects.get())
pages = [f"/admin/studies/study/{Study.objects.get().pk}/progress/"]
pages += [f"/admin/studies/study/planner/{plan.pk}/result/" for plan in Plan.objects.all()]
assert {client.get(page).status_code for page in pages} == {200}
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a closed study that one participant completed."""
    server = Server(tmp_path_factory.mktemp("prepared"))
    server.make_studies(**{"do-pictures-sound": {}})
    server.run(PREPARE)
    return server.data


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    with Site(shutil.copytree(prepared, tmp_path / "data"), tmp_path) as site:
        (tmp_path / "held").mkdir()
        yield site


def states(site: Site) -> list[tuple[Any, ...]]:
    """(kind, state, error, attempts, number) of all jobs."""
    query = """
        select kind, state, error, attempts, id from studies_studyjob
        union all select 'plan', state, error, attempts, id from studies_plan
    """
    with closing(sqlite3.connect(site.data / "db.sqlite3", timeout=20)) as database:
        return sorted(database.execute(query).fetchall())


def are_over(site: Site) -> bool:
    return all(state not in ("queued", "running") for _, state, *_ in states(site))


def start_held(site: Site) -> dict[str, int]:
    """A worker that holds one job of each kind at its end; returns the process that has it."""
    site.victim = site.start_worker("victim", queues="celery", concurrency=3, hold_in=site.folder / "held")
    site.run(ASK.format(participants=12))
    files = [site.folder / "held" / kind for kind in KINDS]
    wait_for(lambda: all(file.exists() and file.read_text() for file in files), "Work at three jobs")
    assert [state for _, state, *_ in states(site)] == ["running"] * 3
    return {file.name: int(file.read_text()) for file in files}


def await_end(site: Site, *, looking: bool = False) -> float:
    """Until all jobs are over, by themselves or because somebody looks at the pages; returns the seconds."""
    begun = time.monotonic()

    def over() -> bool:
        if looking and not are_over(site):
            site.run(LOOK)
        return are_over(site)

    wait_for(over, "The end of all jobs")
    return time.monotonic() - begun


def check_done(site: Site, *, count: int = 3, attempts: int) -> None:
    found = states(site)
    assert [(state, error) for _, state, error, *_ in found] == [("done", "")] * count, found
    assert min(tries for *_, tries, _ in found) >= attempts
    root = site.data / "reports" / "do-pictures-sound"
    made = {f"{kind}-{number}" for kind, *_, number in found if kind != "plan"}
    # What attempts left lying about goes right after the end is written down.
    kept = made | {f"{name}.zip" for name in made}
    wait_for(lambda: {path.name for path in root.iterdir()} == kept, "Only what was made")
    for name in made:
        assert (root / name / NAMED[name.partition("-")[0]]).stat().st_size > 0
        with zipfile.ZipFile(root / f"{name}.zip") as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == sum(path.is_file() for path in (root / name).rglob("*"))
    with closing(sqlite3.connect(site.data / "db.sqlite3", timeout=20)) as database:
        assert all(page for (page,) in database.execute("select page from studies_plan"))


def test_a_workers_children_are_killed_and_it_does_the_jobs_again(site: Site) -> None:
    for child in start_held(site).values():
        os.kill(child, signal.SIGKILL)
    assert await_end(site) < LEASE_S + MINUTE_S
    assert site.victim.poll() is None
    check_done(site, attempts=2)


def test_a_worker_is_killed_and_another_one_that_is_idle_does_its_jobs(site: Site) -> None:
    start_held(site)
    site.start_worker("survivor", queues="celery", concurrency=2)
    wait_for(lambda: "ready." in site.said("survivor"), "The start of the survivor")
    site.kill(site.victim)
    assert await_end(site) < LEASE_S + MINUTE_S
    check_done(site, attempts=2)


def test_the_only_worker_is_killed_and_the_page_has_its_jobs_done(site: Site) -> None:
    start_held(site)
    site.kill(site.victim)
    assert await_end(site, looking=True) < LEASE_S + MINUTE_S
    check_done(site, attempts=2)


def test_the_broker_is_killed_and_nothing_is_lost(site: Site) -> None:
    start_held(site)
    site.kill(site.broker)
    (site.folder / "held" / "go").touch()
    assert await_end(site) < LEASE_S + MINUTE_S
    check_done(site, attempts=1)
    # Asked for while there is none: a process of the server's own, at once.
    site.run(ASK.format(participants=13))
    assert await_end(site) < LEASE_S + MINUTE_S
    check_done(site, count=6, attempts=1)


def test_messages_are_lost_with_the_broker_and_the_page_notices(site: Site) -> None:
    site.run(ASK.format(participants=12))
    assert [(state, attempts) for _, state, _, attempts, _ in states(site)] == [("queued", 0)] * 3
    site.kill(site.broker)
    assert await_end(site, looking=True) < LEASE_S + MINUTE_S
    check_done(site, attempts=1)
