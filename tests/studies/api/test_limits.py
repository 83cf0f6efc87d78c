"""How much one session may ask of the API and send to it, whoever it is."""

import json
from typing import Any

import pytest
from django.test import Client

from studyserver.studies.models import ClientEvent, Study, Tally
from studyserver.studies.pages import throttle
from studyserver.studies.sitting.start import start_session
from tests.studies import factories
from tests.studies.participants import begin

pytestmark = pytest.mark.django_db


class Clock:
    now = 60_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock at the start of a minute, to be moved."""
    monkeypatch.setattr(throttle, "time", found := Clock())
    return found


def report(client: Client, code: str, *, data: str = "", key: str = "key-00001") -> Any:
    body = {"events": [{"key": key, "kind": "hidden", "data": {"text": data}}]}
    return client.post(f"/api/p/{code}/events/", json.dumps(body), content_type="application/json")


def test_calls_of_a_session_are_limited_and_others_are_not(
    client: Client, study: Study, settings: Any, clock: Clock
) -> None:
    settings.API_CALLS_PER_SESSION = 3
    session, other = begin(study), start_session(study=study)
    for call in (lambda: client.get(f"/api/p/{session.code}/trial/1/"), lambda: report(client, session.code)):
        assert call().status_code == 200
    assert client.get(f"/api/p/{session.code}/trial/99/").status_code == 409
    clock.now += 15
    refused = report(client, session.code, key="key-00002")
    assert (refused.status_code, refused["Retry-After"], refused.json()) == (429, "45", {"code": "too_often"})
    assert report(client, other.code).status_code == 200
    clock.now += 45
    assert report(client, session.code, key="key-00002").status_code == 200
    assert ClientEvent.objects.filter(session=session).count() == 2


def test_bytes_of_a_session_are_limited_before_they_are_read(client: Client, study: Study, settings: Any) -> None:
    settings.API_BYTES_PER_SESSION = 3000
    session = start_session(study=study)
    statuses = [report(client, session.code, data="x" * 1000, key=f"key-0000{i}").status_code for i in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert ClientEvent.objects.count() == 2
    told = {"content-length": "9" * 5000}
    assert client.post(f"/api/p/{session.code}/events/", b"{", "application/json", headers=told).status_code == 400


def test_programs_of_the_house_and_codes_that_nobody_has_are_not_counted(client: Client, settings: Any) -> None:
    settings.API_CALLS_PER_SESSION = 1
    session = start_session(study=factories.make_study(simulated_only=True), simulated=True)
    for _ in range(3):
        assert report(client, session.code).status_code == 200
        assert report(client, "nobody").status_code == 404
    assert not Tally.objects.exists()


def test_no_limit(client: Client, study: Study, settings: Any) -> None:
    settings.API_CALLS_PER_SESSION = settings.API_BYTES_PER_SESSION = 0
    session = start_session(study=study)
    assert {report(client, session.code).status_code for _ in range(3)} == {200}
    assert not Tally.objects.exists()
