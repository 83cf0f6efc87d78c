"""A kind of job that a test adds: one line in the registry and one file, used through the real entry points."""

import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as site
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from studyserver.studies.design import close_study
from studyserver.studies.jobs import archive_of, folder_of
from studyserver.studies.models import Study, StudyJob
from studyserver.studies.tasks import run_study_job
from tests.studies.participants import complete

POEM = """
from studyserver.studies.jobs import StudyFiles

class Poem(StudyFiles):
    name = "poem"

    def make(self, job, folder):
        (folder / "poem.txt").write_text(f"{job.study.title}, {job.study.sessions.count()} times")

WORK = Poem()
"""


@pytest.fixture
def poems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "poem_job.py").write_text(POEM)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(site.JOBS, "poem", "poem_job:WORK")
    monkeypatch.delitem(sys.modules, "poem_job", raising=False)


@pytest.fixture
def told(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Messages that the broker took."""
    settings.JOBS_ON_WORKERS = True
    sent: list[Any] = []
    monkeypatch.setattr(current_app._get_current_object(), "send_task", lambda *a, **options: sent.append(a))
    return sent


def test_a_kind_of_job_is_one_line_and_one_file(
    study: Study,
    poems: None,
    told: list[Any],
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.REPORTS_ROOT = tmp_path / "reports"
    complete(study)
    close_study(study=study)
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ada", password="x"))
    address = f"/admin/studies/study/{study.pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{address}jobs/", {"kind": "poem"}, follow=True)
    assert "The poem is being made" in answer.content.decode()
    job = StudyJob.objects.get()
    assert told == [(run_study_job.name, [job.pk])]
    run_study_job(job.pk)
    page = client.get(f"{address}progress/").content.decode()
    assert 'badge-done">done' in page
    assert f"poem-{job.pk}.zip" in page
    assert (folder_of(job) / "poem.txt").read_text() == f"{study.title}, 1 times"
    with zipfile.ZipFile(archive_of(job)) as archive:
        assert archive.namelist() == [f"poem-{job.pk}/poem.txt"]
    second = StudyJob.objects.create(study=study, kind="poem")
    call_command("run_study_job", str(second.pk), verbosity=0)
    second.refresh_from_db()
    assert second.state == "done"
    assert client.post(f"{address}jobs/", {"kind": "song"}).status_code == 400


def test_the_page_of_a_study_rescues_its_jobs_at_a_bounded_cost(
    study: Study, told: list[Any], django_assert_max_num_queries: Any
) -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ada", password="x"))
    lost = [StudyJob.objects.create(study=study, kind="report", state="running") for _ in range(30)]
    with django_assert_max_num_queries(40):
        page = client.get(f"/admin/studies/study/{study.pk}/progress/").content.decode()
    assert page.count('badge-queued">waiting') == 10
    assert [arguments for _, arguments in told] == [[job.pk] for job in lost[::-1][:10]]
