"""Who may see and do what: role by address."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.jobs import files, request_job
from studyserver.studies.models import FileDownload, Study, StudyJob
from tests.studies.admin.reading import page, text_of
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db

LOGIN, FINE, NO = 302, 200, 403
RIGHTS: dict[str, list[str]] = {
    "nobody": [],
    "viewer": ["view_study"],
    "watcher": ["view_study", "view_session"],
    "reader": ["view_study", "view_session", "view_response"],
    "assistant": ["view_study", "change_study", "view_session"],
    "researcher": ["view_study", "change_study", "add_study", "view_session", "view_response"],
}


def enter(role: str) -> Client:
    """The browser of somebody in this role; a stranger has no account."""
    client = Client()
    if role != "stranger":
        user = get_user_model().objects.create_user(role, password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS[role]))
        client.force_login(user)
    return client


# What each role gets, in the order of ROLES.
ROLES = ["stranger", *RIGHTS]
LOOKING = {
    "/admin/studies/study/": (LOGIN, NO, FINE, FINE, FINE, FINE, FINE),
    "/admin/studies/study/{study}/change/": (LOGIN, NO, FINE, FINE, FINE, FINE, FINE),
    "/admin/studies/study/{study}/progress/": (LOGIN, NO, FINE, FINE, FINE, FINE, FINE),
    "/admin/studies/study/planner/": (LOGIN, NO, FINE, FINE, FINE, FINE, FINE),
    "/admin/studies/study/add/": (LOGIN, NO, NO, NO, NO, NO, FINE),
    "/s/{slug}/preview/": (LOGIN, NO, FINE, FINE, FINE, FINE, FINE),
    "/s/{slug}/preview/?page=trial": (LOGIN, NO, FINE, FINE, FINE, FINE, FINE),
    "/admin/studies/session/": (LOGIN, NO, NO, FINE, FINE, FINE, FINE),
    "/admin/studies/session/{session}/change/": (LOGIN, NO, NO, FINE, FINE, FINE, FINE),
    "/admin/studies/response/": (LOGIN, NO, NO, NO, FINE, NO, FINE),
    "/admin/auth/user/": (LOGIN, NO, NO, NO, NO, NO, NO),
}
OPEN_FILES = {  # asked for by the researcher, who has looked
    "report-{job}/report.html": (LOGIN, NO, NO, NO, NO, NO, FINE),
    "report-{job}.zip": (LOGIN, NO, NO, NO, NO, NO, FINE),
    "report.html": (LOGIN, NO, NO, NO, NO, NO, NO),  # of the command line: nobody in the admin has looked
    ".report-{job}.1/report.html": (LOGIN, NO, NO, NO, NO, NO, NO),
}
CLOSED_FILES = dict.fromkeys(list(OPEN_FILES)[:3], (LOGIN, NO, NO, NO, FINE, NO, FINE))
DOING = {  # with nothing in the form that would be done
    "/admin/studies/study/{study}/jobs/": (LOGIN, NO, NO, NO, NO, NO, 400),
    "/admin/studies/study/{study}/links/": (LOGIN, NO, NO, NO, NO, LOGIN, LOGIN),
    "/admin/studies/study/{study}/jobs/999/delete/": (LOGIN, NO, NO, NO, NO, 404, 404),
    "/admin/studies/session/{session}/exclude/": (LOGIN, NO, NO, NO, NO, LOGIN, LOGIN),
    "/admin/studies/study/{study}/plan/": (LOGIN, NO, NO, NO, NO, LOGIN, LOGIN),
}


@pytest.fixture
def watched(study: Study, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An open study with somebody's answers, files of a researcher's early look and of the command line."""
    settings.REPORTS_ROOT = tmp_path
    monkeypatch.setattr(files.StudyFiles, "tell", lambda work, job, **options: None)
    session = complete(study)
    job = request_job(study=study, kind="report", interim=True, by="researcher")
    StudyJob.objects.update(state=StudyJob.State.DONE)
    for name in OPEN_FILES:
        path = tmp_path / study.slug / name.format(job=job.pk)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<p>Report</p>")
    return {"study": study.pk, "slug": study.slug, "session": session.pk, "job": job.pk}


def statuses(addresses: dict[str, Any], ask: Callable[[str], Any], known: dict[str, Any]) -> dict[str, int]:
    found = {}
    for address in addresses:
        found[address] = read_whole(ask(address.format(**known)))
    return found


def read_whole(response: Any) -> int:
    """The status of an answer whose file, if it is one, was read to its end, as a browser does."""
    if response.streaming:
        b"".join(response.streaming_content)
    return int(response.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_it_may(role: str, watched: dict[str, Any]) -> None:
    client, place = enter(role), ROLES.index(role)
    found = statuses(LOOKING, client.get, watched) | statuses(DOING, client.post, watched)
    assert found == {address: expected[place] for address, expected in (LOOKING | DOING).items()}
    base = f"/admin/studies/study/{watched['study']}/files/"
    get = lambda name: client.get(base + name)  # noqa: E731
    assert statuses(OPEN_FILES, get, watched) == {name: of[place] for name, of in OPEN_FILES.items()}
    close_study(study=Study.objects.get())
    assert statuses(CLOSED_FILES, get, watched) == {name: of[place] for name, of in CLOSED_FILES.items()}


def test_every_download_is_written_down(watched: dict[str, Any]) -> None:
    client = enter("researcher")
    study = Study.objects.get()
    name = f"report-{watched['job']}.zip"
    address = f"/admin/studies/study/{study.pk}/files/{name}"
    assert read_whole(client.get(address)) == FINE
    assert client.get(address.replace("report-", "report-9")).status_code == 403
    close_study(study=study)
    assert read_whole(client.get(address)) == FINE
    taken = FileDownload.objects.order_by("id").values_list("study", "name", "by", "study_status")
    assert list(taken) == [(study.pk, name, "researcher", "open"), (study.pk, name, "researcher", "closed")]
    assert "Who took files" in text_of(client, page(study))


def test_who_has_not_looked_is_told_whose_files_these_are(watched: dict[str, Any]) -> None:
    study = Study.objects.get()
    text = text_of(enter("reader"), page(study))
    assert "For researcher alone until the study is closed" in text
    assert f"files/report-{watched['job']}" not in text
    assert "For those who may see answers" in text_of(enter("viewer"), page(study))
    assert f"files/report-{watched['job']}" in text_of(enter("researcher"), page(study))
