"""A study's steps in the admin: opened, closed, made anew."""

import pytest
from django.test import Client

from studyserver.studies.models import Study
from tests.studies.admin.reading import act, page, said

pytestmark = pytest.mark.django_db


def test_closing_and_duplicating(client: Client, study: Study) -> None:
    assert "Its answers may be seen now." in said(act(client, study, "close"))
    assert "is closed and cannot be closed" in said(act(client, study, "close"))
    response = act(client, study, "duplicate")
    copy = Study.objects.get(version_of=study)
    assert response.redirect_chain == [(page(copy), 302)]
    assert copy.status == Study.Status.DRAFT
    assert "A new version of" in response.content.decode()


def test_steps_are_taken_by_post_only(client: Client, draft: Study) -> None:
    for step in ("open", "close", "duplicate", "jobs"):
        assert client.get(f"/admin/studies/study/{draft.pk}/{step}/").status_code == 405
    assert Study.objects.get().status == Study.Status.DRAFT
