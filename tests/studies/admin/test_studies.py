"""The researchers' admin: a study without code, blind while it is open, and nothing that a rule forbids."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation.models import StimulusSet
from studyserver.studies import tasks
from studyserver.studies.design.lifecycle import close_study, open_study
from studyserver.studies.jobs import files
from studyserver.studies.models import Response, Session, Study, StudyJob
from studyserver.studies.sitting.leaving import withdraw_session
from tests.studies import factories
from tests.studies.sitting import answer, begin, complete, show

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db: None) -> Client:
    user = get_user_model().objects.create_superuser("ada", password="x")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def images(db: None) -> StimulusSet:
    return factories.make_set(factories.make_dataset())


@pytest.fixture
def draft(images: StimulusSet) -> Study:
    return factories.make_study(sets=[images], status=Study.Status.DRAFT)


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return html.unescape(response.content.decode())


def page(study: Study) -> str:
    return f"/admin/studies/study/{study.pk}/change/"


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def act(client: Client, study: Study, step: str, **fields: str) -> Any:
    return client.post(f"/admin/studies/study/{study.pk}/{step}/", fields, follow=True)


# -- from nothing to an open study --------------------------------------------------------------------------------


def read_form(text: str) -> dict[str, Any]:
    """Fields of the study form as a browser would send them back untouched."""
    found: dict[str, Any] = {}
    form = text[text.index('id="study_form"') :]
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if name is None or kind == "submit" or "__prefix__" in name:
            continue
        if kind in ("checkbox", "radio") and " checked" not in tag:
            continue
        found[name] = html.unescape(attributes.get("value", ""))
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        found[name] = html.unescape(value)
    return found


def test_a_study_is_made_and_opened_with_title_categories_and_set_alone(client: Client, images: StimulusSet) -> None:
    fields = read_form(client.get("/admin/studies/study/add/").content.decode())
    assert "generative AI" in fields["consent_text"]
    names = dict(images.dataset.categories.values_list("name", "pk"))
    fields |= {
        "title": "Which image?",
        "slug": "which-image",
        "categories": [str(names[name]) for name in factories.CATEGORIES],
        "practice_categories": [str(names["Romanticism open view"])],
        "arms-0-stimulus_set": str(images.pk),
    }
    response = client.post("/admin/studies/study/add/", fields, follow=True)
    study = Study.objects.get()
    assert response.redirect_chain == [(page(study), 302)]
    assert "Launch checks: all passed" in response.content.decode()
    assert 'href="/s/which-image/preview/"' in response.content.decode()
    assert [arm.name for arm in study.arms.all()] == ["set-a"]
    assert "The study is open" in said(act(client, study, "open"))
    study.refresh_from_db()
    assert (study.status, study.log.get().by) == (Study.Status.OPEN, "ada")


def test_a_taken_address_name_is_said(client: Client, study: Study) -> None:
    form = read_form(text_of(client, "/admin/studies/study/add/")) | {"title": "Again", "slug": study.slug}
    page = client.post("/admin/studies/study/add/", form)
    assert "Another study has this address name; choose one of its own." in page.content.decode()


def test_the_draft_page_lists_what_is_missing_and_opening_says_it_again(client: Client, draft: Study) -> None:
    draft.practice_categories.clear()
    text = text_of(client, page(draft))
    assert "Launch checks: 1 of 12 find something missing" in text
    assert "No practice category is chosen." in text
    assert "No practice category is chosen." in said(act(client, draft, "open"))
    draft.refresh_from_db()
    assert draft.status == Study.Status.DRAFT


def test_an_open_study_takes_new_notes_and_nothing_else(client: Client, draft: Study) -> None:
    study = open_study(study=draft)
    fields = read_form(client.get(page(study)).content.decode())
    assert {name for name in fields if not name.startswith("arms-")} == {"csrfmiddlewaretoken", "notes"}
    assert {name for name in fields if name.startswith("arms-0-")} == {"arms-0-id", "arms-0-study"}
    client.post(page(study), fields | {"notes": "Rain.", "title": "Other", "seed": "1", "consent_text": "No."})
    study.refresh_from_db()
    assert (study.notes, study.title, study.seed) == ("Rain.", "Do pictures sound?", 7)
    assert study.arms.count() == 1


def test_closing_and_duplicating(client: Client, study: Study) -> None:
    assert "Its answers may be seen now." in said(act(client, study, "close"))
    assert "is closed and cannot be closed" in said(act(client, study, "close"))
    response = act(client, study, "duplicate")
    copy = Study.objects.get(version_of=study)
    assert response.redirect_chain == [(page(copy), 302)]
    assert copy.status == Study.Status.DRAFT
    assert "A new version of" in response.content.decode()


def test_only_drafts_can_be_deleted(client: Client, draft: Study, images: StimulusSet) -> None:
    opened = factories.make_study(sets=[images], slug="open")
    assert client.get(f"/admin/studies/study/{opened.pk}/delete/").status_code == 403
    assert client.get(f"/admin/studies/study/{draft.pk}/delete/").status_code == 200
    assert 'value="delete_selected"' not in text_of(client, "/admin/studies/study/")


def test_steps_are_taken_by_post_only(client: Client, draft: Study) -> None:
    for step in ("open", "close", "duplicate", "jobs"):
        assert client.get(f"/admin/studies/study/{draft.pk}/{step}/").status_code == 405
    assert Study.objects.get().status == Study.Status.DRAFT


def test_a_changed_design_is_shown(client: Client, draft: Study) -> None:
    study = open_study(study=draft)
    assert "has changed since it was opened" not in text_of(client, page(study))
    Study.objects.update(debrief_text="Other words.")
    assert "has changed since it was opened" in text_of(client, page(study))


# -- blindness ----------------------------------------------------------------------------------------------------


def test_pages_of_an_open_study_show_no_arm_no_choice_no_correctness(client: Client, images: StimulusSet) -> None:
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[images, control])
    ours = [complete(study) for _ in range(2)]
    answer(unfinished := begin(study))
    show(unfinished)
    texts = [text_of(client, f"/admin/studies/session/{session.pk}/change/") for session in [*ours, unfinished]]
    texts.append(text_of(client, "/admin/studies/session/"))
    texts.append(text_of(client, "/admin/studies/response/"))
    texts.append(text_of(client, f"/admin/studies/study/{study.pk}/progress/"))
    for text in texts:
        for secret in ("arm-1", "arm-2", *factories.CATEGORIES, "/media/", *(s.code for s in ours)):
            assert secret not in text
    assert ">hidden<" in texts[0].replace("\n", "").replace(" ", "")
    assert "0 responses" in texts[-2]


@pytest.mark.parametrize(
    "address",
    [
        "studies/session/?arm__id__exact={arm}",
        "studies/session/?arm={arm}",
        "studies/session/?arm_id={arm}",
        "studies/session/?trials__responses__stimulus={stimulus}",
        "studies/study/?sessions__id__exact={session}",
        "generation/stimulus/?responses__id__exact={response}",
        "generation/stimulus/?responses__isnull=False",
        "generation/stimulusset/?arms__sessions={session}",
        "generation/clip/?listen_events__isnull=False",
    ],
)
def test_no_address_finds_sessions_by_arm_or_images_by_answer(
    client: Client, images: StimulusSet, address: str
) -> None:
    study = factories.make_study(sets=[images, factories.make_shuffled_set(images)])
    session = complete(study)
    response = Response.objects.filter(trial__session=session)[0]
    keys = {"arm": session.arm_id, "session": session.pk, "response": response.pk, "stimulus": response.stimulus_id}
    page = client.get("/admin/" + address.format(**keys), follow=True)
    # Refused (400), or answered with the whole list, as Django does with what it cannot read.
    assert page.status_code == 400 or page.redirect_chain[-1][0].endswith("?e=1")


def test_lists_keep_the_filters_that_they_offer(client: Client, study: Study) -> None:
    session = complete(study)
    close_study(study=study)
    for address in (
        f"studies/session/?study__id__exact={study.pk}&simulated__exact=0&state__exact=completed",
        f"studies/response/?trial__session__study__id__exact={study.pk}&trial__session__simulated__exact=0",
        "studies/study/?status__exact=closed",
        f"generation/stimulus/?set__id__exact={session.arm.stimulus_set_id}&safety=yes",
        f"generation/clip/?category__dataset__id__exact={session.arm.stimulus_set.dataset_id}",
        "generation/stimulusset/?checkpoint__id__exact=1",
    ):
        page = client.get(f"/admin/{address}")
        assert page.status_code == 200, address


def test_pages_of_a_closed_study_show_everything(client: Client, study: Study) -> None:
    session = complete(study)
    close_study(study=study)
    text = text_of(client, f"/admin/studies/session/{session.pk}/change/")
    for shown in ("arm-1", *factories.CATEGORIES, "/media/", "Practice (never analysed)"):
        assert shown in text
    listed = text_of(client, "/admin/studies/response/")
    assert "8 responses" in listed
    assert listed.count('class="thumb"') == listed.count('class="player"') == 8
    assert session.code not in text + listed


def test_counts_of_an_open_study_are_shown(client: Client, study: Study) -> None:
    complete(study)
    begin(study)
    text = text_of(client, page(study))
    assert "<strong>2</strong> started" in text
    assert "<strong>1</strong> completed" in text
    assert "stay hidden until the study is closed" in text
    assert f"http://testserver/s/{study.slug}/" in text


# -- exclusion ----------------------------------------------------------------------------------------------------


def test_a_session_is_excluded_with_a_reason_and_let_in_again(client: Client, study: Study) -> None:
    session = complete(study)
    address = f"/admin/studies/session/{session.pk}"
    assert "needs a reason" in said(client.post(f"{address}/exclude/", {"reason": " "}, follow=True))
    client.post(f"{address}/exclude/", {"reason": "Took part twice."})
    session.refresh_from_db()
    assert (session.state, session.exclusion_reason) == (Session.State.EXCLUDED, "Took part twice.")
    assert "Excluded: Took part twice." in text_of(client, f"{address}/change/")
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


# -- reports ------------------------------------------------------------------------------------------------------


@pytest.fixture
def reported(study: Study, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A closed study with a folder for reports; jobs are written down but not started."""
    settings.REPORTS_ROOT = tmp_path / "reports"
    monkeypatch.setattr(files.StudyFiles, "tell", lambda work, job, **options: None)
    complete(study)
    return close_study(study=study)


def test_a_report_is_asked_for_built_and_served_to_staff_alone(client: Client, reported: Study) -> None:
    assert "appears below" in said(act(client, reported, "jobs", kind="report"))
    job = reported.jobs.get()
    assert "waiting" in text_of(client, page(reported))
    tasks.run_study_job(job.pk)
    address = f"/admin/studies/study/{reported.pk}/files/report-{job.pk}/report.html"
    assert address in text_of(client, page(reported))
    response = client.get(address)
    assert b"".join(response.streaming_content) == (files.folder_of(job) / "report.html").read_bytes()  # type: ignore[attr-defined]
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "sandbox" in response["Content-Security-Policy"]
    archive = client.get(f"/admin/studies/study/{reported.pk}/files/report-{job.pk}.zip")
    assert archive["Content-Disposition"] == f'attachment; filename="report-{job.pk}.zip"'
    archive.close()
    assert Client().get(address)["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("name", ["../secret-key", "..%2fsecret-key", "report-9/report.html", "", "report-1"])
def test_no_file_outside_the_studys_folder_is_served(
    client: Client, reported: Study, name: str, tmp_path: Path
) -> None:
    (tmp_path / "reports" / reported.slug / "report-1").mkdir(parents=True)
    (tmp_path / "reports" / "secret-key").write_text("secret")
    response = client.get(f"/admin/studies/study/{reported.pk}/files/{name}")
    assert response.status_code in (301, 302, 404)
    assert b"secret" not in response.content.replace(b"secret-key", b"")


def test_a_report_of_the_command_line_is_linked(client: Client, reported: Study, tmp_path: Path) -> None:
    assert "built on the command line" not in text_of(client, page(reported))
    folder = tmp_path / "reports" / reported.slug
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>Report</p>")
    assert f"/admin/studies/study/{reported.pk}/files/report.html" in text_of(client, page(reported))


def test_an_early_look_must_be_owned_up_to(client: Client, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.StudyFiles, "tell", lambda work, job, **options: None)
    assert "its answers stay hidden" in said(act(client, study, "jobs", kind="report"))
    assert study.jobs.count() == 0
    act(client, study, "jobs", kind="report", interim="on")
    assert (study.jobs.get().interim, study.log.get().action) == (True, "looked early")
    assert act(client, study, "jobs", kind="other").status_code == 400


def test_files_that_hold_erased_answers_are_pointed_out_and_can_be_deleted(client: Client, reported: Study) -> None:
    job = StudyJob.objects.create(study=reported, kind="export")
    tasks.run_study_job(job.pk)
    assert "erased their answers since" not in text_of(client, page(reported))
    withdraw_session(session=Session.objects.get(), erase=True)
    assert "1 participant erased their answers since" in text_of(client, page(reported))
    assert "files are deleted" in said(act(client, reported, f"jobs/{job.pk}/delete"))
    assert not files.folder_of(job).exists()


# -- who may what, and how much it costs --------------------------------------------------------------------------


def test_staff_without_permission_sees_and_does_nothing(study: Study) -> None:
    user = get_user_model().objects.create_user("bob", password="x", is_staff=True)
    client = Client()
    client.force_login(user)
    for address in (page(study), f"/admin/studies/study/{study.pk}/progress/", "/admin/studies/session/"):
        assert client.get(address).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_study", "view_session"]))
    assert client.get(page(study)).status_code == 200
    assert "Close the study" not in text_of(client, page(study))
    for step in ("close", "duplicate", "jobs"):
        assert client.post(f"/admin/studies/study/{study.pk}/{step}/").status_code == 403
    session = begin(study)
    assert client.post(f"/admin/studies/session/{session.pk}/exclude/", {"reason": "x"}).status_code == 403
    study.refresh_from_db()
    assert study.status == Study.Status.OPEN


@pytest.mark.parametrize("address", ["study/", "session/", "response/"])
def test_lists_cost_the_same_queries_for_one_row_and_for_three(
    client: Client, images: StimulusSet, address: str
) -> None:
    text_of(client, f"/admin/studies/{address}")  # what is read once in a process, such as content types
    counts = []
    for n in (1, 3):
        while Study.objects.count() < n:
            study = factories.make_study(sets=[images], slug=f"study-{Study.objects.count()}")
            complete(study)
            close_study(study=study)
        with CaptureQueriesContext(connection) as queries:
            text_of(client, f"/admin/studies/{address}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_study_page_costs_the_same_for_few_and_many_sessions_and_jobs(client: Client, reported: Study) -> None:
    text_of(client, page(reported))  # what is read once in a process, such as content types
    counts = []
    for n in (1, 3):
        while reported.jobs.count() < n:
            StudyJob.objects.create(study=reported, kind="export", state="done")
        while reported.sessions.count() < n:
            arm, number = reported.arms.get(), reported.sessions.count() + 1
            Session.objects.create(study=reported, arm=arm, number=number, consent_version="0")
        with CaptureQueriesContext(connection) as queries:
            text_of(client, page(reported))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_no_page_carries_an_inline_script_or_style(client: Client, study: Study) -> None:
    session = complete(study)
    Session.objects.update(completed_at=timezone.now())
    addresses = ["", "studies/", "studies/study/", "studies/study/add/", "studies/session/", "studies/response/"]
    addresses += [f"studies/session/{session.pk}/change/", f"studies/study/{study.pk}/change/"]
    for _ in range(2):
        for address in addresses:
            text = client.get(f"/admin/{address}").content.decode()
            assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
            assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []
        if study.status == Study.Status.OPEN:
            study = close_study(study=study)
