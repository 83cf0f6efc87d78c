"""A study's steps in the admin: opened, closed, made anew."""

import pytest
from django.test import Client

from generation.models import StimulusSet
from studyserver.studies.design.document import design_hash
from studyserver.studies.models import Study
from tests.studies.admin.reading import act, open_it, page, read_form, said, text_of
from tests.studies.pages.browsing import consent, location

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
    for step in ("close", "duplicate", "jobs", "links"):
        assert client.get(f"/admin/studies/study/{draft.pk}/{step}/").status_code == 405
    assert client.get(f"/admin/studies/study/{draft.pk}/open/").status_code == 200
    assert client.post(f"/admin/studies/study/{draft.pk}/open/").status_code == 200  # it asks first
    assert Study.objects.get().status == Study.Status.DRAFT


def test_a_laboratorys_ids_get_links_that_nobody_can_guess(client: Client, study: Study) -> None:
    address = f"/admin/studies/study/{study.pk}/links/"
    made = client.post(address, {"ids": "7\n\n B-12 \n"})
    assert made["Content-Disposition"] == f'attachment; filename="links-{study.slug}.txt"'
    links = made.content.decode().splitlines()
    assert [link.split("?")[0] for link in links] == [f"http://testserver/s/{study.slug}/"] * 2
    for link, value in zip(links, ("7", "B-12"), strict=True):
        session = consent(Client(), study, f"?{link.split('?')[1]}")
        assert (session.external_id.value, session.external_id.signed) == (value, True)
        assert location(Client().get(link)) == f"/p/{session.code}/"
    assert "Cannot name one person: “[PID]”." in said(client.post(address, {"ids": "7\n[PID]"}, follow=True))
    assert "Write one id in each line." in said(client.post(address, {"ids": " "}, follow=True))


def test_the_studys_page_says_what_is_wrong_with_ids(client: Client, study: Study) -> None:
    text = text_of(client, page(study))
    assert "?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}" in text
    assert "cannot name one person" not in text
    Client().get(f"/s/{study.slug}/?participant=null")
    for _ in range(3):
        consent(Client(), study, "?participant=7")
    text = text_of(client, page(study))
    assert "1 visit came with an id that cannot name one person" in text
    assert "One recruitment id has begun 3 sessions." in text


def test_opening_shows_what_will_be_fixed_and_asks(client: Client, draft: Study) -> None:
    StimulusSet.objects.update(reviewed_at=None)
    text = text_of(client, f"/admin/studies/study/{draft.pk}/open/")
    for told in (
        "Heavy metal", "one-to-one: every image is used exactly once", "Please **read** this", "do-pictures-sound",
        "set set-a, 15 images; any number of participants", "Nobody has looked through the stimulus set “set-a”",
    ):  # fmt: skip
        assert told in text, told
    refused = open_it(client, draft, accept=[])
    assert "Nobody has looked through the stimulus set" in said(refused)
    assert refused.redirect_chain[-1][0].endswith("/open/")
    assert "The study is open." in said(open_it(client, draft))
    assert [(entry.action, entry.by) for entry in draft.log.all()] == [("accepted", "ada"), ("opened", "ada")]
    assert "is open and cannot be opened" in said(client.get(f"/admin/studies/study/{draft.pk}/open/", follow=True))


def test_what_another_changed_after_the_page_was_shown_is_not_opened(client: Client, draft: Study) -> None:
    seen = design_hash(draft)
    Study.objects.update(debrief_text="Other words.")
    assert "was changed after you looked at it" in said(act(client, draft, "open", seen=seen))
    assert Study.objects.get().status == Study.Status.DRAFT


def test_opening_saves_the_form_first(client: Client, draft: Study) -> None:
    fields = read_form(text_of(client, page(draft))) | {"debrief_text": "Newly written.", "_open": "1"}
    response = client.post(page(draft), fields, follow=True)
    assert response.redirect_chain[-1][0] == f"/admin/studies/study/{draft.pk}/open/"
    assert "Newly written." in response.content.decode()
    assert Study.objects.get().debrief_text == "Newly written."
