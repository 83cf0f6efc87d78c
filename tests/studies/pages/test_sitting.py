"""The participants' pages over HTTP: the walk through, what they say, and what they never give away."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import Category, Clip, StimulusSet
from generation.run.sources import SOURCES
from studyserver.studies.design.freezing import lifted
from studyserver.studies.models import PracticeAnswer, Response, Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules.matching import letter
from studyserver.studies.sitting.events import save_draft
from studyserver.studies.sitting.where import find_place
from tests.studies import factories
from tests.studies.pages.browsing import LISTENED, STRAIGHT, consent, finish, location, walk_to_trial
from tests.studies.participants import answer
from tests.studies.screened import asked, make_study, past_practice, said, start

pytestmark = pytest.mark.django_db


def test_whole_study_from_consent_to_receipt(client: Client, study: Study) -> None:
    with lifted():
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
    # Of 576 pairs of guessed boards 81 have no match, 547 (less than 95 %) up to 4, 563 up to 5.
    assert "Guessing alone gives 2 on average, and mostly between 0 and 5." in page
    assert page.count('<details class="round" open>') == 2
    assert "Nobody can find them without it" in page
    assert Response.objects.count() == 8


def test_resume_link_leads_to_the_page_that_is_due(client: Client, study: Study) -> None:
    session = consent(client, study)
    seen = []
    base = f"/p/{session.code}/"
    steps = [
        ("sound/", {"heard": "clearly", "device": "speakers"}),
        ("practice/", {"clip-1": "1", "clip-2": "2"} | LISTENED),
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


def test_unknown_codes_and_slugs_are_not_found(client: Client, study: Study) -> None:
    for address in ("/s/nothing/", "/p/nothing/", "/p/nothing/trial/1/", "/p/nothing/leave/", "/nothing/"):
        response = client.get(address)
        assert response.status_code == 404
        assert "There is no such page" in response.content.decode()


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


def test_sample_that_was_not_played_was_not_heard_and_without_script_it_is_declared(
    client: Client, study: Study
) -> None:
    session = consent(client, study)
    address = f"/p/{session.code}/sound/"
    response = client.post(address, {"heard": "clearly", "device": "other", "plays": "0"})
    assert response.status_code == 422
    assert "Play the sample first, then say whether you heard it." in response.content.decode()
    # Who has played it need not do so again because something else is missing.
    assert 'name="plays" value="2"' in client.post(address, {"heard": "clearly", "plays": "2"}).content.decode()
    client.post(address, {"heard": "clearly", "device": "other", "plays": ""})
    session.refresh_from_db()
    assert session.sound_check == {"heard": "clearly", "device": "other", "declared": True, "attempts": 1}


def test_a_sample_that_fails_keeps_nobody(client: Client, study: Study) -> None:
    session = consent(client, study)
    response = client.post(f"/p/{session.code}/sound/", {"without": "on", "device": "nonsense"})
    assert location(response) == f"/p/{session.code}/practice/"
    session.refresh_from_db()
    assert session.sound_check == {"heard": "unplayable", "attempts": 1}


def test_a_study_that_requires_script_takes_no_plain_form_and_says_so(client: Client, study: Study) -> None:
    factories.change(study, script_required=True)
    session = consent(client, study)
    client.post(f"/p/{session.code}/sound/", {"heard": "clearly", "device": "headphones"})
    address = f"/p/{session.code}/practice/"
    page = client.get(address, headers={"User-Agent": "Mozilla/5.0 Gecko/20100101 Firefox/128.0"}).content.decode()
    assert "<noscript>" in page
    assert "listening_declared" not in page
    refused = client.post(address, {"clip-1": "1"} | LISTENED)
    assert refused.status_code == 422
    assert "This study needs JavaScript. Switch it on for this page" in refused.content.decode()
    trial = session.trials.get(index=0)
    assert (trial.state, trial.browser) == ("shown", "Firefox")
    assert PracticeAnswer.objects.count() == 0


def test_practice_with_images_of_one_clip_gives_no_verdict(client: Client) -> None:
    study = factories.make_study(sets=[factories.make_set(factories.make_dataset(clips=1))])
    session = consent(client, study)
    base = f"/p/{session.code}/"
    client.post(base + "sound/", {"heard": "clearly", "device": "headphones"})
    page = client.get(base + "practice/").content.decode()
    assert (page.count('class="clip"'), page.count('class="frame"')) == (1, 2)
    assert "It has one clip and 2 images." in page
    client.post(base + "practice/", {"clip-1": "2"} | LISTENED)
    page = client.get(base + "practice/").content.decode()
    assert "There is no right or wrong here. In the study itself there are more clips" in page
    assert "Your choice: image B" in page
    assert "made from this clip" not in page.lower()
    client.post(base + "practice/", {"action": "repeat"})
    assert 'class="board"' in client.get(base + "practice/").content.decode()
    client.post(base + "practice/", {"clip-1": "1"} | LISTENED)
    assert location(client.post(base + "practice/", {"action": "start"})) == f"{base}trial/1/"
    assert PracticeAnswer.objects.count() == 1


def test_practice_with_one_category_is_the_task_with_two_of_its_train_clips(client: Client, study: Study) -> None:
    category = study.practice_categories.get()
    train = list(category.clips.order_by("pk")[1:3])
    with lifted():
        Clip.objects.filter(pk__in=[clip.pk for clip in train]).update(split="train")
    session = consent(client, study)
    base = f"/p/{session.code}/"
    client.post(base + "sound/", {"heard": "clearly", "device": "headphones"})
    page = client.get(base + "practice/").content.decode()
    assert (page.count('class="clip"'), page.count('class="frame"')) == (2, 2)
    assert "It has 2 clips and 2 images, one for each clip; afterwards you are told" in page
    assert sorted(session.trials.get(index=0).clip_order) == [clip.pk for clip in train]
    assert client.post(base + "practice/", {"clip-1": "1", "clip-2": "1"} | LISTENED).status_code == 422
    verdicts = []
    for images in ("12", "21"):
        client.post(base + "practice/", {f"clip-{i}": image for i, image in enumerate(images, start=1)} | LISTENED)
        page = client.get(base + "practice/").content.decode()
        verdicts.append(("Both matches are the ones" in page, page.count("Made from this clip: image")))
        client.post(base + "practice/", {"action": "repeat"})
    assert sorted(verdicts) == [(False, 2), (True, 0)]


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
    with lifted():
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


def test_no_cookie_but_the_csrf_mark_and_the_way_back(client: Client, study: Study) -> None:
    finish(client, study)
    client.get("/withdraw/")
    assert set(client.cookies) == {"csrftoken", "paragone-sitting"}


def test_last_step_comes_first_and_nobody_is_told_to_close_the_page_before_it(client: Client, study: Study) -> None:
    session = finish(client, study)
    page = client.get(f"/p/{session.code}/debrief/").content.decode()
    assert "You can close this page whenever you like." in page
    assert "finishing.js" not in page
    factories.change(study, completion_url="https://example.org/done?cc=ABC")
    page = client.get(f"/p/{session.code}/debrief/").content.decode()
    assert "close this page" not in page
    assert page.index("Finish: confirm that you took part") < page.index("Your receipt code")
    # Without script it is a plain link, and the countdown is not there.
    assert re.search(r'<a [^>]*id="finish" href="https://example.org/done\?cc=ABC" rel="noopener noreferrer">', page)
    assert re.search(r'<div class="[^"]*" id="countdown" hidden>', page)


def test_session_pages_are_never_cached(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    assert "no-store" in client.get(f"/p/{session.code}/trial/1/")["Cache-Control"]
    assert "no-store" in client.get(f"/s/{study.slug}/")["Cache-Control"]


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


def test_debrief_says_how_images_of_an_added_source_came_about(
    client: Client, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = 'ImageSource("by hand.", caption="drawn for this clip", ending="a painter had drawn to go with it")'
    (tmp_path / "painter.py").write_text(f"from generation.run.sources import ImageSource\nPAINTER = {words}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(SOURCES, "painter", "painter:PAINTER")
    with lifted():
        StimulusSet.objects.update(source="painter")
    session = finish(client, study)
    page = client.get(f"/p/{session.code}/debrief/").content.decode()
    assert "drawn for this clip" in page
    assert "a painter had drawn to go with it" in page


def test_study_closed_in_the_meantime_tells_and_keeps(client: Client, study: Study) -> None:
    session = walk_to_trial(client, study)
    client.get(f"/p/{session.code}/trial/1/")
    client.post(f"/p/{session.code}/trial/1/", STRAIGHT)
    Study.objects.update(status=Study.Status.CLOSED)
    response = client.post(f"/p/{session.code}/trial/2/", STRAIGHT, follow=True)
    assert "The rounds that you finished are saved" in response.content.decode()
    assert Response.objects.count() == 4


def test_addresses_are_the_documented_ones() -> None:
    assert reverse("studies:consent", args=["a"]) == "/s/a/"
    assert reverse("studies:trial", args=["c", 2]) == "/p/c/trial/2/"
    assert reverse("studies:withdraw") == "/withdraw/"


def test_the_pages_without_script(db: None) -> None:
    study = make_study()
    session = start(study)
    client, address = Client(), f"/p/{session.code}/headphones/"
    text = client.get(address).content.decode()
    assert text.count("<audio") == 6
    assert "go on without" in text
    keys = {f"tone-{i}": str(key) for i, key in said(session).items()}
    refused = client.post(address, {name: value for name, value in keys.items() if name != "tone-3"})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "Say which tone of sound 3 is the quietest." in text
    assert text.count(" checked") == 5
    assert client.post(address, keys).headers["Location"] == f"/p/{session.code}/practice/"
    past_practice(session)
    answer(session)
    while find_place(session) != Place("trial", 4):
        answer(session)
    check = session.trials.get(index=4)
    address = f"/p/{session.code}/trial/4/"
    text = html.unescape(client.get(address).content.decode())
    assert f'image <span class="instructed">{letter(asked(check))}</span>' in text
    assert "<h1>A check: please do as this round says</h1>" in text
    assert "Round 2 of 4" in text or "Round 3 of 4" in text
    assert 'data-rule="none"' in text
    assert "listening_declared" not in text
    for secret in (*factories.CATEGORIES, *factories.PRACTICE, "arm-1", "attention"):
        assert secret not in text
    assert client.post(address).status_code == 422
    client.post(address, {"clip-1": str(asked(check))})
    check.refresh_from_db()
    assert check.passed is True


def test_who_cannot_go_on_is_told_so_and_may_erase(db: None) -> None:
    session = start(make_study(headphone_check="require"))
    client, address = Client(), f"/p/{session.code}/headphones/"
    assert "go on without" not in client.get(address).content.decode()
    fail = {f"tone-{i}": str(key) for i, key in said(session, 0).items()}
    assert "You can try once more." in client.post(address, fail, follow=True).content.decode()
    fail = {f"tone-{i}": str(key) for i, key in said(session, 0).items()}
    text = client.post(address, fail, follow=True).content.decode()
    assert "This study needs headphones" in text
    assert "<form" not in text
    client.post(f"/p/{session.code}/leave/", {"action": "erase", "sure": "on"})
    session.refresh_from_db()
    assert (session.state, session.headphones) == (Session.State.WITHDRAWN, {})
