"""The consent page: looking stores nothing, agreeing starts one session."""

from typing import Any

import pytest
from django.test import Client

from studyserver.studies.models import ExternalId, Session, Study
from studyserver.studies.pages.consent import SIMULATED_ENVIRON
from tests.studies import factories
from tests.studies.pages.browsing import consent, location, read_hidden

pytestmark = pytest.mark.django_db


def test_looking_at_the_consent_page_stores_nothing(client: Client, study: Study) -> None:
    page = client.get(f"/s/{study.slug}/").content.decode()
    assert "<strong>read</strong>" in page
    response = client.post(f"/s/{study.slug}/", {"action": "decline"})
    assert "nothing was stored" in response.content.decode()
    assert not Session.objects.exists()


def test_what_some_may_not_want_to_see_stands_above_the_consent_text(client: Client, study: Study) -> None:
    assert "Before you read on" not in client.get(f"/s/{study.slug}/").content.decode()
    factories.change(study, content_warning="Some pictures show *blood*.")
    page = client.get(f"/s/{study.slug}/").content.decode()
    assert page.index("Some pictures show <em>blood</em>.") < page.index("<strong>read</strong>")


def test_consent_form_sent_twice_starts_one_session(client: Client, study: Study) -> None:
    hidden = read_hidden(client.get(f"/s/{study.slug}/"))
    answers = [client.post(f"/s/{study.slug}/", {**hidden, "action": "agree"}) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Session.objects.count() == 1
    other = read_hidden(client.get(f"/s/{study.slug}/"))
    assert other["ticket"] != hidden["ticket"]


@pytest.mark.parametrize("field", ["ticket", "consent_version"])
def test_consent_to_another_text_or_with_a_forged_ticket_is_asked_again(
    client: Client, study: Study, field: str
) -> None:
    hidden = read_hidden(client.get(f"/s/{study.slug}/"))
    response = client.post(f"/s/{study.slug}/", {**hidden, field: "forged", "action": "agree"})
    assert "Please read and agree once more" in response.content.decode()
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"status": "draft"}, "has not started yet"),
        ({"status": "closed"}, "is closed"),
        ({"simulated_only": True}, "is not for people"),
        ({"quotas": [0]}, "has all the participants it needs"),
    ],
)
def test_study_that_takes_no_people_says_so_politely(client: Client, fields: dict[str, Any], says: str) -> None:
    study = factories.make_study(**fields)
    for response in (client.get(f"/s/{study.slug}/"), client.post(f"/s/{study.slug}/", {"action": "agree"})):
        assert response.status_code == 200
        assert says in response.content.decode()
    assert not Session.objects.exists()


def test_only_the_servers_own_environment_marks_a_simulated_participant(client: Client) -> None:
    study = factories.make_study(simulated_only=True)
    inside: dict[str, Any] = {SIMULATED_ENVIRON: True}
    assert consent(client, study, **inside).simulated
    outside: dict[str, Any] = {f"HTTP_{SIMULATED_ENVIRON}": True}
    refused = client.get(f"/s/{study.slug}/", headers={SIMULATED_ENVIRON: "True"}, **outside)
    assert "is not for people" in refused.content.decode()


def test_recruitment_id_is_stored_apart_and_resumes(client: Client, study: Study) -> None:
    session = consent(client, study, "?PROLIFIC_PID=abc123&STUDY_ID=x")
    assert ExternalId.objects.get().value == "abc123"
    for query in ("?PROLIFIC_PID=abc123", "?participant=abc123"):
        assert location(Client().get(f"/s/{study.slug}/{query}")) == f"/p/{session.code}/"
    for damaged in ("x" * 201, "a%00b", "a%0Ab"):
        assert Client().get(f"/s/{study.slug}/?participant={damaged}").status_code == 400


def test_form_without_its_csrf_mark_gets_a_page_that_explains(study: Study) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(f"/s/{study.slug}/", {"action": "agree"})
    assert response.status_code == 403
    assert "Please send that once more" in response.content.decode()
