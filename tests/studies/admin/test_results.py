"""Exports and reports in the admin: asked for, served, deleted."""

from pathlib import Path

import pytest
from django.test import Client

from studyserver.studies import tasks
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.jobs import files
from studyserver.studies.models import Session, Study, StudyJob, Trial
from studyserver.studies.sitting.leaving import withdraw_session
from tests.studies.admin.reading import act, page, said, text_of
from tests.studies.participants import begin, complete

pytestmark = pytest.mark.django_db


def test_counts_of_an_open_study_are_shown(client: Client, study: Study) -> None:
    complete(study)
    begin(study)
    text = text_of(client, page(study))
    assert "<strong>2</strong> started" in text
    assert "<strong>1</strong> completed" in text
    assert "stay hidden until the study is closed" in text
    assert f"http://testserver/s/{study.slug}/" in text
    assert "<strong>1</strong> at it now" in text
    close_study(study=study)
    text = text_of(client, page(study))
    assert "<strong>1</strong> at it when it closed" in text
    assert "at it now" not in text


def test_what_did_not_reach_people_is_counted_while_a_study_is_open(client: Client, study: Study) -> None:
    session = complete(study)
    kept = {"clips": ["heard", "stalled"], "images": ["unplayable", "shown"], "impossible": True}
    Trial.objects.filter(index=1, kind="main").update(evidence=kept, browser="Safari")
    text = " ".join(text_of(client, page(study)).split())
    assert "Of 2 boards answered: images not shown on 1, clips not played on 1, listening only declared on 1" in text
    text = text_of(client, f"/admin/studies/session/{session.pk}/change/")
    assert "in Safari" in text
    assert "Clips: heard, stalled. Images: unplayable, shown. Answered in times that nobody can have." in text


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
