"""The researchers' admin: a study without code, blind while it is open, and nothing that a rule forbids."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation.models import StimulusSet
from studyserver.studies.design.document import design_hash
from studyserver.studies.design.freezing import lifted
from studyserver.studies.design.launch.checks import CHECKS
from studyserver.studies.design.lifecycle import close_study, open_study
from studyserver.studies.models import Session, Study, StudyJob
from tests.studies import factories
from tests.studies.admin.reading import act, page, said, text_of
from tests.studies.participants import begin, complete

pytestmark = pytest.mark.django_db


def test_the_draft_page_lists_what_is_missing_and_opening_says_it_again(client: Client, draft: Study) -> None:
    draft.practice_categories.clear()
    text = text_of(client, page(draft))
    assert f"Launch checks: 1 of {len(CHECKS)} finds something missing" in text
    assert "No practice category is chosen." in text
    text = text_of(client, f"/admin/studies/study/{draft.pk}/open/")
    assert "No practice category is chosen." in text
    assert "Open the study now" not in text
    assert "No practice category is chosen." in said(act(client, draft, "open", seen=design_hash(draft)))
    draft.refresh_from_db()
    assert draft.status == Study.Status.DRAFT


def test_only_drafts_can_be_deleted(client: Client, draft: Study, images: StimulusSet) -> None:
    opened = factories.make_study(sets=[images], slug="open")
    assert client.get(f"/admin/studies/study/{opened.pk}/delete/").status_code == 403
    assert client.get(f"/admin/studies/study/{draft.pk}/delete/").status_code == 200
    assert 'value="delete_selected"' not in text_of(client, "/admin/studies/study/")


def test_a_changed_design_is_shown(client: Client, draft: Study) -> None:
    study = open_study(study=draft)
    assert "has changed since it was opened" not in text_of(client, page(study))
    with lifted():
        Study.objects.update(debrief_text="Other words.")
    assert "has changed since it was opened" in text_of(client, page(study))


def test_staff_without_permission_sees_and_does_nothing(study: Study) -> None:
    user = get_user_model().objects.create_user("bob", password="x", is_staff=True)
    client = Client()
    client.force_login(user)
    for address in (page(study), f"/admin/studies/study/{study.pk}/progress/", "/admin/studies/session/"):
        assert client.get(address).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_study", "view_session"]))
    assert client.get(page(study)).status_code == 200
    assert "Close the study" not in text_of(client, page(study))
    for step in ("open", "close", "duplicate", "jobs"):
        assert client.post(f"/admin/studies/study/{study.pk}/{step}/").status_code == 403
    session = begin(study)
    assert client.post(f"/admin/studies/session/{session.pk}/exclude/", {"reason": "x"}).status_code == 403
    study.refresh_from_db()
    assert study.status == Study.Status.OPEN


@pytest.mark.parametrize("address", ["study/", "session/", "response/"])
def test_lists_cost_the_same_queries_for_one_row_and_for_three(
    client: Client, images: StimulusSet, address: str
) -> None:
    text_of(client, f"/admin/studies/{address}")  # what is read once in a process, such as content types
    counts = []
    for n in (1, 3):
        while Study.objects.count() < n:
            study = factories.make_study(sets=[images], slug=f"study-{Study.objects.count()}")
            complete(study)
            close_study(study=study)
        with CaptureQueriesContext(connection) as queries:
            text_of(client, f"/admin/studies/{address}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_study_page_costs_the_same_for_few_and_many_sessions_and_jobs(client: Client, reported: Study) -> None:
    text_of(client, page(reported))  # what is read once in a process, such as content types
    counts = []
    for n in (1, 3):
        while reported.jobs.count() < n:
            StudyJob.objects.create(study=reported, kind="export", state="done")
        while reported.sessions.count() < n:
            arm, number = reported.arms.get(), reported.sessions.count() + 1
            Session.objects.create(study=reported, arm=arm, number=number, consent_version="0")
        with CaptureQueriesContext(connection) as queries:
            text_of(client, page(reported))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_no_page_carries_an_inline_script_or_style(client: Client, study: Study) -> None:
    session = complete(study)
    Session.objects.update(completed_at=timezone.now())
    addresses = ["", "studies/", "studies/study/", "studies/study/add/", "studies/session/", "studies/response/"]
    addresses += [f"studies/session/{session.pk}/change/", f"studies/study/{study.pk}/change/"]
    for _ in range(2):
        for address in addresses:
            text = client.get(f"/admin/{address}").content.decode()
            assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
            assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []
        if study.status == Study.Status.OPEN:
            study = close_study(study=study)


def test_the_seed_of_an_open_study_is_on_no_page(client: Client, study: Study) -> None:
    """With a session's number it tells the arm."""
    with lifted():
        Study.objects.filter(pk=study.pk).update(seed=918273645)
    assert "918273645" not in text_of(client, page(study))
    close_study(study=study)
    assert "918273645" in text_of(client, page(study))
