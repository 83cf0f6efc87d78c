"""Leaving and withdrawing over HTTP."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from studyserver.studies.design.freezing import lifted
from studyserver.studies.models import Response, Study
from tests.studies.pages.browsing import STRAIGHT, finish, location, walk_to_trial

pytestmark = pytest.mark.django_db


def test_leaving_with_the_answers_kept(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    client.get(f"/p/{session.code}/trial/1/")
    client.post(f"/p/{session.code}/trial/1/", STRAIGHT)
    page = client.get(f"/p/{session.code}/leave/").content.decode()
    assert f"http://testserver/p/{session.code}/" in page
    assert location(client.post(f"/p/{session.code}/leave/", {"action": "keep"})) == f"/p/{session.code}/"
    page = client.get(f"/p/{session.code}/", follow=True).content.decode()
    assert "The answers you gave are kept." in page
    assert session.receipt in page
    assert Response.objects.count() == 4


def test_leaving_with_the_answers_erased_asks_for_a_tick(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    address = f"/p/{session.code}/leave/"
    assert client.post(address, {"action": "erase"}).status_code == 422
    assert session.trials.exists()
    client.post(address, {"action": "erase", "sure": "on"})
    assert not session.trials.exists()
    assert "Your answers are erased." in client.get(f"/p/{session.code}/", follow=True).content.decode()
    assert location(client.get(address)) == f"/p/{session.code}/left/"


def test_withdrawing_by_receipt(client: Client, study: Study) -> None:
    session = finish(client, study)
    wrong = client.post("/withdraw/", {"receipt": "AAAA-BBBB-CCCC", "sure": "on"})
    assert "No session has this receipt code" in wrong.content.decode()
    unsure = client.post("/withdraw/", {"receipt": session.receipt})
    assert "Tick the box" in unsure.content.decode()
    assert Response.objects.count() == 8
    typed = session.receipt.lower().replace("-", "")
    done = client.post("/withdraw/", {"receipt": typed, "sure": "on"})
    assert "Your answers are erased" in done.content.decode()
    assert not Response.objects.exists()
    assert location(client.get(f"/p/{session.code}/debrief/")) == f"/p/{session.code}/left/"


def test_withdrawing_too_late_is_refused_with_the_date(client: Client, study: Study) -> None:
    session = finish(client, study)
    with lifted():
        Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=1))
    page = client.post("/withdraw/", {"receipt": session.receipt, "sure": "on"}).content.decode()
    assert "can no longer be erased" in page
    assert "This was possible until" in client.get(f"/p/{session.code}/leave/").content.decode()
    client.post(f"/p/{session.code}/leave/", {"action": "erase", "sure": "on"})
    assert Response.objects.count() == 8
