"""Sessions in the admin: found, excluded with a reason, never changed."""

import pytest
from django.test import Client

from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.models import Session, Study
from tests.studies.admin.reading import said, text_of
from tests.studies.participants import begin, complete

pytestmark = pytest.mark.django_db


def test_a_session_is_excluded_with_a_reason_and_let_in_again(client: Client, study: Study) -> None:
    session = complete(study)
    address = f"/admin/studies/session/{session.pk}"
    assert "needs a reason" in said(client.post(f"{address}/exclude/", {"reason": " "}, follow=True))
    client.post(f"{address}/exclude/", {"reason": "Took part twice."})
    session.refresh_from_db()
    assert (session.state, session.exclusion_reason) == (Session.State.EXCLUDED, "Took part twice.")
    assert "Excluded: <bdi>Took part twice.</bdi>" in text_of(client, f"{address}/change/")
    client.post(f"{address}/readmit/")
    session.refresh_from_db()
    assert session.state == Session.State.COMPLETED
    assert [entry.by for entry in study.log.all()] == ["ada", "ada"]


def test_nobody_changes_or_deletes_what_participants_did(client: Client, study: Study) -> None:
    session = complete(study)
    close_study(study=study)
    before = list(Session.objects.values())
    client.post(f"/admin/studies/session/{session.pk}/change/", {"state": "excluded", "number": "9"})
    for address in (f"session/{session.pk}/delete/", "session/add/", "response/add/"):
        assert client.get(f"/admin/studies/{address}").status_code == 403
    assert list(Session.objects.values()) == before


def test_a_session_is_found_by_its_receipt(client: Client, study: Study) -> None:
    first, second = complete(study), complete(study)
    text = text_of(client, f"/admin/studies/session/?q={second.receipt}")
    assert f"/admin/studies/session/{second.pk}/change/" in text
    assert f"/admin/studies/session/{first.pk}/change/" not in text


def test_nobody_is_at_work_in_a_closed_study(client: Client, study: Study) -> None:
    session = begin(study)
    places = ("/admin/studies/session/", f"/admin/studies/session/{session.pk}/change/")
    assert not any(">unfinished<" in text_of(client, place) for place in places)
    close_study(study=study)
    assert all(">unfinished<" in text_of(client, place) for place in places)
