"""Leaving and withdrawing over HTTP."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from studyserver.studies.design.freezing import lifted
from studyserver.studies.models import Response, Study
from tests.studies import factories
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


@pytest.mark.parametrize(
    ("moment", "granted"),
    [
        (datetime(2026, 11, 30, 12, tzinfo=UTC), True),
        (datetime(2026, 12, 2, 1, tzinfo=UTC), True),  # 1 December, 17:00 in Los Angeles
        (datetime(2026, 12, 2, 11, 59, tzinfo=UTC), True),  # 1 December, 23:59 on Baker Island
        (datetime(2026, 12, 2, 12, tzinfo=UTC), False),
        (datetime(2026, 12, 3, 12, tzinfo=UTC), False),
    ],
)
def test_the_last_day_ends_when_it_is_over_everywhere(
    client: Client, study: Study, monkeypatch: pytest.MonkeyPatch, moment: datetime, granted: bool
) -> None:
    session = finish(client, study)
    factories.change(study, withdraw_until=date(2026, 12, 1))
    monkeypatch.setattr(timezone, "now", lambda: moment)
    debrief = client.get(f"/p/{session.code}/debrief/").content.decode()
    assert ("until 1 December 2026 (anywhere on Earth)" in debrief) == granted
    page = client.post("/withdraw/", {"receipt": session.receipt, "sure": "on"}).content.decode()
    assert ("Your answers are erased" in page) == granted
    assert ("until 1 December 2026 (anywhere on Earth)" in page) != granted
    assert Response.objects.exists() != granted


def test_a_study_closed_after_the_last_day_promises_no_erasing(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    factories.change(study, status=Study.Status.CLOSED, withdraw_until=timezone.localdate() - timedelta(days=2))
    page = client.get(f"/p/{session.code}/closed/").content.decode()
    assert "The last day for erasing answers is over." in page
    assert "/withdraw/" not in page


def test_withdrawing_too_late_is_refused_with_the_date(client: Client, study: Study) -> None:
    session = finish(client, study)
    with lifted():
        Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=2))
    page = client.post("/withdraw/", {"receipt": session.receipt, "sure": "on"}).content.decode()
    assert "can no longer be erased" in page
    assert "This was possible until" in client.get(f"/p/{session.code}/leave/").content.decode()
    client.post(f"/p/{session.code}/leave/", {"action": "erase", "sure": "on"})
    assert Response.objects.count() == 8
