"""The study's link opened again in the same browser."""

import pytest
from django.test import Client

from studyserver.studies.models import Session, Study
from studyserver.studies.pages.consent import SIMULATED_ENVIRON
from studyserver.studies.pages.returning import COOKIE
from tests.studies import factories
from tests.studies.pages.browsing import consent, finish, location, read_hidden

pytestmark = pytest.mark.django_db


def open_link(client: Client, study: Study, query: str = "") -> str:
    return client.get(f"/s/{study.slug}/{query}").content.decode()


def send(client: Client, study: Study, action: str) -> str:
    return location(client.post(f"/s/{study.slug}/", {"action": action}))


def test_the_cookie_is_signed_and_reaches_the_study_alone(client: Client, study: Study) -> None:
    session = consent(client, study)
    cookie = client.cookies[COOKIE]
    assert cookie.value.startswith(f"{session.code}:")
    kept = {name: cookie[name] for name in ("path", "httponly", "samesite", "max-age")}
    assert kept == {"path": f"/s/{study.slug}/", "httponly": True, "samesite": "Lax", "max-age": 180 * 24 * 3600}


def test_who_opens_the_link_again_goes_on_or_sees_that_it_is_done(client: Client, study: Study) -> None:
    session = consent(client, study)
    page = open_link(client, study)
    assert "Welcome back" in page
    assert f'href="/p/{session.code}/"' in page
    assert "I agree and take part" in open_link(Client(), study)
    # The consent form of another tab leads to the same session.
    assert send(client, study, "agree") == f"/p/{session.code}/"
    assert Session.objects.count() == 1


def test_who_is_through_is_told_so_and_finds_the_receipt(client: Client, study: Study) -> None:
    session = finish(client, study)
    page = open_link(client, study)
    assert "You have taken part" in page
    assert "Look at your receipt" in page
    Study.objects.update(status=Study.Status.CLOSED)
    page = open_link(client, study)
    assert "You have taken part" in page
    assert "I am somebody else" not in page
    assert f'href="/p/{session.code}/"' in page


@pytest.mark.parametrize(
    ("change", "says"), [({"status": "closed"}, "was closed in the meantime"), ({}, "You have left the study")]
)
def test_what_was_left_or_closed_is_said(client: Client, study: Study, change: dict[str, str], says: str) -> None:
    session = consent(client, study)
    Study.objects.update(**change) if change else client.post(f"/p/{session.code}/leave/", {"action": "keep"})
    assert says in open_link(client, study)


def test_somebody_else_at_the_device_starts_anew(client: Client, study: Study) -> None:
    first = finish(client, study)
    assert send(client, study, "anew") == f"/s/{study.slug}/"
    assert "I agree and take part" in open_link(client, study)
    second = consent(client, study)
    assert second != first
    assert f"/p/{second.code}/" in open_link(client, study)


def test_an_id_in_the_link_rules_over_the_cookie(client: Client, study: Study) -> None:
    first = consent(client, study)
    assert "I agree and take part" in open_link(client, study, "?PROLIFIC_PID=5f0c1d2e3a4b5c6d7e8f9a0b")
    second = consent(client, study, "?PROLIFIC_PID=5f0c1d2e3a4b5c6d7e8f9a0b")
    assert second != first
    assert f"/p/{second.code}/" in open_link(client, study)


@pytest.mark.parametrize("way", ["page", "receipt"])
def test_erasing_removes_the_cookie(client: Client, study: Study, way: str) -> None:
    session = finish(client, study)
    if way == "page":
        client.post(f"/p/{session.code}/leave/", {"action": "erase", "sure": "on"})
    else:
        client.post("/withdraw/", {"receipt": session.receipt, "sure": "on"})
    assert client.cookies[COOKIE].value == ""
    assert "I agree and take part" in open_link(client, study)


def test_cookies_that_are_forged_or_of_another_study_or_of_erased_answers_count_nothing(study: Study) -> None:
    other = factories.make_study(sets=[study.arms.get().stimulus_set], slug="other")
    theirs, forged, old = Client(), Client(), Client()
    theirs.cookies[COOKIE] = (consent(theirs, other), theirs.cookies[COOKIE].value)[1]
    forged.cookies[COOKIE] = f"{Session.objects.get().code}:forged"
    session = consent(old, study)
    Client().post(f"/p/{session.code}/leave/", {"action": "erase", "sure": "on"})
    for client in (theirs, forged, old):
        assert "I agree and take part" in open_link(client, study)


def test_a_program_gets_no_cookie(client: Client) -> None:
    study = factories.make_study(simulated_only=True)
    inside = {SIMULATED_ENVIRON: True}
    page = client.get(f"/s/{study.slug}/", **inside)  # type: ignore[arg-type]
    client.post(f"/s/{study.slug}/", {**read_hidden(page), "action": "agree"}, **inside)  # type: ignore[arg-type]
    assert Session.objects.get().simulated
    assert COOKIE not in client.cookies
