"""The participants' pages over HTTP: the walk through, what they say, and what they never give away."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.models import Category, Clip, StimulusSet
from studyserver.studies.models import ExternalId, PracticeAnswer, Response, Session, Study, Trial
from studyserver.studies.pages.consent import SIMULATED_ENVIRON
from studyserver.studies.sitting.events import save_draft
from tests.studies import factories

pytestmark = pytest.mark.django_db

LISTENED = {"listening_declared": "on"}
STRAIGHT = {f"clip-{i}": str(i) for i in (1, 2, 3, 4)} | LISTENED


def read_hidden(response: Any) -> dict[str, str]:
    """The hidden fields of a page's form, as a browser would send them."""
    html = response.content.decode()
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', html))


def consent(client: Client, study: Study, query: str = "", **extra: Any) -> Session:
    """Read the consent page and agree."""
    address = f"/s/{study.slug}/{query}"
    page = client.get(address, **extra)
    response = client.post(address, {**read_hidden(page), "action": "agree"}, **extra)
    assert response.status_code == 302, response.content.decode()
    return Session.objects.get(code=response["Location"].split("/")[2])


def walk_to_trial(client: Client, study: Study) -> Session:
    """Consent, sound check and practice."""
    session = consent(client, study)
    base = f"/p/{session.code}/"
    client.post(base + "sound/", {"heard": "clearly", "device": "headphones"})
    page = client.get(base + "practice/")
    names = sorted(set(re.findall(r'name="(clip-\d+)"', page.content.decode())))
    client.post(base + "practice/", {name: str(i) for i, name in enumerate(names, start=1)} | LISTENED)
    client.post(base + "practice/", {"action": "start"})
    return session


def location(response: Any) -> str:
    return urlsplit(response["Location"]).path


# -- the walk -----------------------------------------------------------------------------------------------------


def test_whole_study_from_consent_to_receipt(client: Client, study: Study) -> None:
    study.completion_url = "https://example.org/done?cc=ABC"
    study.save()
    session = walk_to_trial(client, study)
    base = f"/p/{session.code}/"
    for index in (1, 2):
        html = client.get(f"{base}trial/{index}/").content.decode()
        assert f"Round {index} of 2" in html
        assert "example.org/done" not in html
        response = client.post(f"{base}trial/{index}/", STRAIGHT)
        assert location(response) == (f"{base}trial/2/" if index == 1 else f"{base}debrief/")
    page = client.get(f"{base}debrief/").content.decode()
    session.refresh_from_db()
    assert session.state == Session.State.COMPLETED
    assert session.receipt in page
    assert 'href="https://example.org/done?cc=ABC"' in page
    hits = sum(
        response.stimulus.clip_id == response.clip_id for response in Response.objects.select_related("stimulus")
    )
    assert f"You gave {hits} of 8 clips the image that a computer model had made from it." in page
    assert Response.objects.count() == 8


def test_resume_link_leads_to_the_page_that_is_due(client: Client, study: Study) -> None:
    session = consent(client, study)
    seen = []
    base = f"/p/{session.code}/"
    steps = [
        ("sound/", {"heard": "clearly", "device": "speakers"}),
        ("practice/", {"clip-1": "1"} | LISTENED),
        ("practice/", {"action": "start"}),
        ("trial/1/", STRAIGHT),
        ("trial/2/", STRAIGHT),
    ]
    for page, data in steps:
        seen.append(location(Client().get(base)).removeprefix(base))
        client.get(base + page)
        client.post(base + page, data)
    seen.append(location(Client().get(base)).removeprefix(base))
    assert seen == ["sound/", "practice/", "practice/", "trial/1/", "trial/2/", "debrief/"]


@pytest.mark.parametrize(
    "page", ["sound/", "practice/", "trial/1/", "trial/2/", "trial/9/", "debrief/", "closed/", "left/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_page_that_is_not_due_sends_back_and_stores_nothing(
    client: Client, study: Study, page: str, method: str
) -> None:
    session = walk_to_trial(client, study)
    client.get(f"/p/{session.code}/trial/1/")
    if page == "trial/1/":
        client.post(f"/p/{session.code}/trial/1/", STRAIGHT)
    due = "trial/2/" if page == "trial/1/" else "trial/1/"
    before = Response.objects.count(), PracticeAnswer.objects.count()
    response = getattr(client, method)(f"/p/{session.code}/{page}", STRAIGHT)
    assert location(response) == f"/p/{session.code}/{due}"
    assert (Response.objects.count(), PracticeAnswer.objects.count()) == before


def test_another_device_goes_on_at_the_same_trial(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    address = f"/p/{session.code}/trial/1/"
    trial = session.trials.get(index=1)
    client.get(address)
    save_draft(trial=trial, version=0, draft={"matches": {"2": 4}, "choices": {}})
    page = Client().get(address).content.decode()
    assert re.search(r'name="clip-2" value="4" checked', page)
    assert page.count(" checked>") == 2  # the draft's match, and the keyboard setting
    first_src = re.findall(r'src="(/media/[^"]+)"', client.get(address).content.decode())
    assert re.findall(r'src="(/media/[^"]+)"', page) == first_src
    assert Client().post(address, STRAIGHT).status_code == 302
    assert Response.objects.count() == 4


# -- consent ------------------------------------------------------------------------------------------------------


def test_looking_at_the_consent_page_stores_nothing(client: Client, study: Study) -> None:
    page = client.get(f"/s/{study.slug}/").content.decode()
    assert "<strong>read</strong>" in page
    response = client.post(f"/s/{study.slug}/", {"action": "decline"})
    assert "nothing was stored" in response.content.decode()
    assert not Session.objects.exists()


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


def test_unknown_codes_and_slugs_are_not_found(client: Client, study: Study) -> None:
    for address in ("/s/nothing/", "/p/nothing/", "/p/nothing/trial/1/", "/p/nothing/leave/", "/nothing/"):
        response = client.get(address)
        assert response.status_code == 404
        assert "There is no such page" in response.content.decode()


# -- preview ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Study.Status.DRAFT, Study.Status.OPEN])
def test_preview_shows_every_page_to_researchers_and_stores_nothing(admin_client: Client, status: str) -> None:
    study = factories.make_study(status=status, ask_confidence=True)
    address = f"/s/{study.slug}/preview/"
    says = ["Please <strong>read</strong>", "Sound check", "Try it out", "Round 1 of 2", "Your answers are saved"]
    for text in says:
        html = admin_client.get(address).content.decode()
        assert text in html
        assert "Preview: nothing is stored." in html
        assert "/api/" not in html
        response = admin_client.post(address, {"action": "agree", "clip-1": "1"})
        address = response["Location"]
    assert address == f"/s/{study.slug}/preview/?page=consent"
    assert not Session.objects.exists()
    assert not Trial.objects.exists()
    assert admin_client.get(f"/s/{study.slug}/preview/?page=other").status_code == 404


def test_preview_says_what_is_missing_and_is_not_for_participants(client: Client, admin_client: Client) -> None:
    study = factories.make_study(status=Study.Status.DRAFT)
    study.arms.all().delete()
    page = admin_client.get(f"/s/{study.slug}/preview/?page=trial").content.decode()
    assert "The study has no arm, so there is nothing to show." in page
    assert location(Client().get(f"/s/{study.slug}/preview/")) == "/admin/login/"


# -- sound check and practice -------------------------------------------------------------------------------------


def test_sound_check_asks_and_helps(client: Client, study: Study) -> None:
    session = consent(client, study)
    address = f"/p/{session.code}/sound/"
    response = client.post(address, {})
    assert response.status_code == 422
    assert "Say whether you heard the sound." in response.content.decode()
    client.post(address, {"heard": "nothing", "device": "other"})
    assert "You heard nothing." in client.get(address).content.decode()
    client.post(address, {"heard": "faintly", "device": "speakers", "plays": "3"})
    session.refresh_from_db()
    assert session.sound_check == {"heard": "faintly", "device": "speakers", "plays": 3, "attempts": 2}


def test_practice_with_one_category_gives_no_verdict(client: Client, study: Study) -> None:
    session = consent(client, study)
    base = f"/p/{session.code}/"
    client.post(base + "sound/", {"heard": "clearly", "device": "headphones"})
    page = client.get(base + "practice/").content.decode()
    assert (page.count('class="clip"'), page.count('class="frame"')) == (1, 2)
    client.post(base + "practice/", {"clip-1": "2"} | LISTENED)
    page = client.get(base + "practice/").content.decode()
    assert "There is no right or wrong here." in page
    assert "Your choice: image B" in page
    assert "made from this clip" not in page.lower()
    client.post(base + "practice/", {"action": "repeat"})
    assert 'class="board"' in client.get(base + "practice/").content.decode()
    client.post(base + "practice/", {"clip-1": "1"} | LISTENED)
    assert location(client.post(base + "practice/", {"action": "start"})) == f"{base}trial/1/"
    assert PracticeAnswer.objects.count() == 1


def test_practice_with_two_categories_gives_feedback(client: Client) -> None:
    study = factories.make_study(categories=factories.CATEGORIES[:2], practice=factories.CATEGORIES[2:])
    session = consent(client, study)
    base = f"/p/{session.code}/"
    client.post(base + "sound/", {"heard": "clearly", "device": "headphones"})
    client.get(base + "practice/")
    trial = session.trials.get(index=0)
    own = {
        i: StimulusSet.objects.get().stimuli.get(pk=image["stimulus"]).clip_id
        for i, image in enumerate(trial.image_order, 1)
    }
    right = {f"clip-{i}": str(next(k for k, v in own.items() if v == pk)) for i, pk in enumerate(trial.clip_order, 1)}
    wrong = {"clip-1": right["clip-2"], "clip-2": right["clip-1"]}
    client.post(base + "practice/", wrong | LISTENED)
    page = client.get(base + "practice/").content.decode()
    assert page.count("Made from this clip: image") == 2
    client.post(base + "practice/", {"action": "repeat"})
    client.post(base + "practice/", right | LISTENED)
    assert "Both matches are the ones" in client.get(base + "practice/").content.decode()


def test_study_without_practice_shows_its_instruction_and_starts(client: Client) -> None:
    session = consent(client, factories.make_study(practice=()))
    base = f"/p/{session.code}/"
    client.post(base + "sound/", {"heard": "clearly", "device": "headphones"})
    page = client.get(base + "practice/").content.decode()
    assert "Match each clip with the image" in page
    assert 'class="board"' not in page
    assert location(client.post(base + "practice/", {"action": "start"})) == f"{base}trial/1/"


# -- trials -------------------------------------------------------------------------------------------------------


def test_incomplete_board_comes_back_with_what_is_missing_and_what_was_chosen(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    address = f"/p/{session.code}/trial/1/"
    client.get(address)
    response = client.post(address, {"clip-1": "3", "clip-2": "3", "clip-3": "x"})
    page = response.content.decode()
    assert response.status_code == 422
    for problem in (
        "Clip 4 has no image yet.",
        "The image chosen for clip 3 is not on this board.",
        "Image C is matched with clips 1 and 2; each image goes with one clip only.",
        "Clip 1 has not been heard for long enough yet.",
    ):
        assert f"<li>{problem}</li>" in page
    assert re.search(r'name="clip-1" value="3" checked', page)
    assert not Response.objects.exists()


@pytest.mark.parametrize("trials", [1, 5])
def test_pages_cost_the_same_queries_however_long_the_study_is(
    client: Client, django_assert_max_num_queries: Any, trials: int
) -> None:
    study = factories.make_study(trials_per_session=trials)
    session = walk_to_trial(client, study)
    for index in range(1, trials + 1):
        with django_assert_max_num_queries(8):
            client.get(f"/p/{session.code}/trial/{index}/")
        with django_assert_max_num_queries(24):
            client.post(f"/p/{session.code}/trial/{index}/", STRAIGHT)
    with django_assert_max_num_queries(8):
        assert client.get(f"/p/{session.code}/debrief/").status_code == 200


def test_nothing_on_the_trial_page_gives_the_answer_away(client: Client, study: Study) -> None:
    """No category, arm, set, title or id; the page with clips of other categories differs in its files only."""
    study.arms.update(name="secret-arm")
    StimulusSet.objects.update(name="secret-set")
    session = walk_to_trial(client, study)
    trial = session.trials.get(index=1)
    html = client.get(f"/p/{session.code}/trial/1/").content.decode()
    secrets = ["secret", "provenance", "seed", *Category.objects.values_list("name", flat=True)]
    secrets += list(Category.objects.values_list("slug", flat=True))
    secrets += [clip.title for clip in study.categories.get(order=0).clips.all()]
    for secret in secrets:
        assert secret.lower() not in html.lower()
    blank = re.sub(r"/media/[0-9a-f]{64}\.(wav|png)", r"/media/FILE.\1", html)
    numbers = {
        int(n)
        for n in re.findall(
            r"\d+", re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", blank).replace(session.code, "")
        )
    }
    ids = {*trial.clip_order, *trial.image_order, trial.pk, session.pk} - set(range(0, 30))
    assert not numbers & ids


def test_pages_ask_no_other_host_and_carry_no_inline_code(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    base = f"/p/{session.code}/"
    for address in (f"/s/{study.slug}/", f"{base}trial/1/", f"{base}leave/", "/withdraw/", "/"):
        response = client.get(address)
        html = response.content.decode()
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', html.replace("http://testserver", ""))
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", html)
        assert "max-age=0" in response.headers.get("Cache-Control", "max-age=0")


def test_no_cookie_but_the_csrf_mark(client: Client, study: Study) -> None:
    finish(client, study)
    client.get("/withdraw/")
    assert set(client.cookies) == {"csrftoken"}


def test_session_pages_are_never_cached(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    assert "no-store" in client.get(f"/p/{session.code}/trial/1/")["Cache-Control"]
    assert "no-store" in client.get(f"/s/{study.slug}/")["Cache-Control"]


# -- the end ------------------------------------------------------------------------------------------------------


def finish(client: Client, study: Study) -> Session:
    session = walk_to_trial(client, study)
    for index in (1, 2):
        client.get(f"/p/{session.code}/trial/{index}/")
        client.post(f"/p/{session.code}/trial/{index}/", STRAIGHT)
    return session


def test_debrief_of_a_shuffled_control_tells_the_true_origin(client: Client) -> None:
    dataset = factories.make_dataset()
    control = factories.make_shuffled_set(factories.make_set(dataset))
    practice = factories.make_set(dataset, "practice", categories=factories.PRACTICE)
    study = factories.make_study(sets=[control, practice], quotas=[None, 0], trials_per_session=3)
    session = walk_to_trial(client, study)
    n_true = 0
    for trial in session.trials.filter(kind=Trial.Kind.MAIN):
        images = [control.stimuli.get(pk=pk) for pk in trial.image_order]
        clips = [Clip.objects.get(pk=pk).sha256 for pk in trial.clip_order]
        answers = {
            f"clip-{i}": str(next(j for j, image in enumerate(images, 1) if image.provenance["source_clip"] == sha))
            for i, sha in enumerate(clips, 1)
        }
        client.get(f"/p/{session.code}/trial/{trial.index}/")
        client.post(f"/p/{session.code}/trial/{trial.index}/", answers | LISTENED)
        n_true += 4
    page = client.get(f"/p/{session.code}/debrief/").content.decode()
    assert f"You gave {n_true} of {n_true} clips" in page


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
    Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=1))
    page = client.post("/withdraw/", {"receipt": session.receipt, "sure": "on"}).content.decode()
    assert "can no longer be erased" in page
    assert "This was possible until" in client.get(f"/p/{session.code}/leave/").content.decode()
    client.post(f"/p/{session.code}/leave/", {"action": "erase", "sure": "on"})
    assert Response.objects.count() == 8


def test_study_closed_in_the_meantime_tells_and_keeps(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    client.get(f"/p/{session.code}/trial/1/")
    client.post(f"/p/{session.code}/trial/1/", STRAIGHT)
    Study.objects.update(status=Study.Status.CLOSED)
    response = client.post(f"/p/{session.code}/trial/2/", STRAIGHT, follow=True)
    assert "The rounds that you finished are saved" in response.content.decode()
    assert Response.objects.count() == 4


def test_form_without_its_csrf_mark_gets_a_page_that_explains(study: Study) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(f"/s/{study.slug}/", {"action": "agree"})
    assert response.status_code == 403
    assert "Please send that once more" in response.content.decode()


def test_addresses_are_the_documented_ones() -> None:
    assert reverse("studies:consent", args=["a"]) == "/s/a/"
    assert reverse("studies:trial", args=["c", 2]) == "/p/c/trial/2/"
    assert reverse("studies:withdraw") == "/withdraw/"
