"""The consent page: looking stores nothing, agreeing starts one session."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from studyserver.studies.models import ExternalId, Session, Study
from studyserver.studies.pages.consent import SIMULATED_ENVIRON
from studyserver.studies.progress import find_id_troubles
from studyserver.studies.rules import names_one_person
from studyserver.studies.sitting import sign_id
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
    other = read_hidden(Client().get(f"/s/{study.slug}/"))
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


PARAMETERS = ["PROLIFIC_PID", "participant", "STUDY_ID", "SESSION_ID", "signature"]
PANEL = "PROLIFIC_PID=5f3c1a2b9d8e7f6a5b4c3d2e&STUDY_ID=study-1&SESSION_ID=sub-1"


def test_recruitment_ids_are_stored_apart_and_resume(client: Client, study: Study) -> None:
    session = consent(client, study, f"?{PANEL}")
    ids = ExternalId.objects.values_list("value", "service_study", "service_session").get()
    assert ids == ("5f3c1a2b9d8e7f6a5b4c3d2e", "study-1", "sub-1")
    for browser, query in ((Client(), PANEL), (client, "participant=%205f3c1a2b9d8e7f6a5b4c3d2e%20")):
        assert location(browser.get(f"/s/{study.slug}/?{query}")) == f"/p/{session.code}/"


UNFILLED = ["{{%PROLIFIC_PID%}}", "%7B%7B%25PROLIFIC_PID%25%7D%7D", "${e://Field/PROLIFIC_PID}", "[PID]", "undefined"]
UNFILLED += ["null", "None", "test", "x" * 201, "a\0b", "a\nb"]


@pytest.mark.parametrize("value", UNFILLED)
def test_an_id_that_names_nobody_is_a_damaged_link_for_everybody(study: Study, value: str) -> None:
    first, second = Client(), Client()
    query = urlencode({"PROLIFIC_PID": value})
    for browser in (first, second):
        page = browser.get(f"/s/{study.slug}/?{query}")
        assert (page.status_code, "This link is damaged" in page.content.decode()) == (400, True)
        assert browser.post(f"/s/{study.slug}/?{query}", {"action": "agree"}).status_code == 400
    assert not Session.objects.exists()
    assert find_id_troubles(study)[0].startswith("2 visits came with an id that cannot name one person")


def test_two_ids_in_one_link_name_nobody_and_an_empty_one_is_none(client: Client, study: Study) -> None:
    assert client.get(f"/s/{study.slug}/?PROLIFIC_PID=anna&participant=berta").status_code == 400
    assert client.get(f"/s/{study.slug}/?PROLIFIC_PID=anna&participant=anna").status_code == 200
    consent(client, study, "?PROLIFIC_PID=&STUDY_ID={{%STUDY_ID%}}")
    assert not ExternalId.objects.exists()


def test_the_services_own_ids_are_kept_only_where_they_were_filled_in(client: Client, study: Study) -> None:
    consent(client, study, "?PROLIFIC_PID=anna&STUDY_ID={{%STUDY_ID%}}&SESSION_ID=sub-1")
    assert ExternalId.objects.values_list("service_study", "service_session").get() == ("", "sub-1")


def test_an_id_alone_opens_nobodys_session_and_tells_nothing(client: Client, study: Study) -> None:
    """Whoever knows that somebody is number 7 sees what anybody sees with a number that nobody has."""
    session = consent(client, study, "?participant=7")
    stranger = Client()
    known, unknown = (stranger.get(f"/s/{study.slug}/?participant={n}") for n in (7, 8))
    assert (known.status_code, unknown.status_code) == (200, 200)
    blank = [re.sub(r'value="[^"]*"', "", page.content.decode()) for page in (known, unknown)]
    assert blank[0] == blank[1]
    assert {*known.headers} == {*unknown.headers}
    begun = consent(stranger, study, "?participant=7")
    assert begun != session
    assert begun.id_before == Session.IdBefore.AGAIN
    # In their own browsers both come back.
    assert location(client.get(f"/s/{study.slug}/?participant=7")) == f"/p/{session.code}/"
    assert location(stranger.get(f"/s/{study.slug}/?participant=7")) == f"/p/{begun.code}/"


def test_one_browser_remembers_each_of_its_people(client: Client, study: Study) -> None:
    sessions = [consent(client, study, f"?participant={n}") for n in range(3)]
    for n, session in enumerate(sessions):
        assert location(client.get(f"/s/{study.slug}/?participant={n}")) == f"/p/{session.code}/"


def test_what_a_browser_remembers_cannot_be_forged(client: Client, study: Study) -> None:
    session = consent(client, study, "?participant=7")
    (name,) = set(client.cookies) - {"csrftoken"}
    cookie = client.cookies[name]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/s/{study.slug}/", True, "Lax")
    stranger = Client()
    stranger.cookies[name] = session.code
    assert stranger.get(f"/s/{study.slug}/?participant=7").status_code == 200


def test_a_signed_link_leads_back_from_anywhere_and_a_wrong_one_nowhere(client: Client, study: Study) -> None:
    query = urlencode({"participant": "7", "signature": sign_id(study, "7")})
    consent(Client(), study, "?participant=7")  # somebody who tries numbers
    session = consent(client, study, f"?{query}")
    assert location(Client().get(f"/s/{study.slug}/?{query}")) == f"/p/{session.code}/"
    assert Client().get(f"/s/{study.slug}/?{query.replace('participant=7', 'participant=8')}").status_code == 400


def test_tries_with_ids_are_limited_and_coming_back_is_not(
    client: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(django_settings, "ID_TRIES_PER_ADDRESS", 3)
    house = {"REMOTE_ADDR": "203.0.113.5"}
    consent(client, study, "?participant=7", **house)
    for _ in range(5):
        assert client.get(f"/s/{study.slug}/?participant=7", **house).status_code == 302
    stranger = Client(**house)
    statuses = [stranger.get(f"/s/{study.slug}/?participant={n}").status_code for n in (7, 8, 9)]
    assert statuses == [200, 429, 429]
    assert stranger.get(f"/s/{study.slug}/").status_code == 200


def test_form_without_its_csrf_mark_gets_a_page_that_explains(study: Study) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(f"/s/{study.slug}/", {"action": "agree"})
    assert response.status_code == 403
    assert "Please send that once more" in response.content.decode()


class Links(TestCase):
    """Whatever stands in a study's link, its page answers."""

    study: Study

    @classmethod
    def setUpTestData(cls) -> None:
        cls.study = factories.make_study()

    @settings(max_examples=15)
    @given(st.dictionaries(st.sampled_from(PARAMETERS), st.text(max_size=30), min_size=1))
    def test_it_is_a_page_a_way_on_or_a_damaged_link(self, query: dict[str, str]) -> None:
        address = f"/s/{self.study.slug}/?{urlencode(query)}"
        page = self.client.get(address)
        assert page.status_code in (200, 302, 400)
        if page.status_code == 200:
            begun = self.client.post(address, {**read_hidden(page), "action": "agree"})
            assert begun.status_code == 302
            stored = ExternalId.objects.order_by("-id").values_list("value", flat=True).first()
            assert stored is None or names_one_person(stored)
