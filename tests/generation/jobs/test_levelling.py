"""Levelling a dataset from the admin: asked for in a row, done by a process of its own, told on the dataset's page."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from generation.datasets import import_dataset
from generation.jobs import background, request_levelling
from generation.models import Clip, LevellingJob, StimulusSet
from studyserver.studies.design import lifted
from studyserver.studies.models import Arm, Study
from tests.generation.media_files import write_folder

pytestmark = pytest.mark.django_db
ACTION = {"action": "level_chosen"}
LIST = "admin:generation_dataset_changelist"


@pytest.fixture
def dataset(tmp_path):
    return import_dataset(path=write_folder(tmp_path, {"Jazz": (3, 3)}), name="art").dataset


@pytest.fixture
def started(monkeypatch):
    commands = []
    monkeypatch.setattr(background, "start_command", lambda *command, when_dead: commands.append(command))
    return commands


def page(client, dataset):
    return client.get(reverse("admin:generation_dataset_change", args=[dataset.pk])).content.decode()


def test_levelling_is_asked_for_done_and_told(
    admin_client, dataset, started, django_capture_on_commit_callbacks, capsys
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(reverse(LIST), ACTION | {"_selected_action": [dataset.pk]}, follow=True)
    assert "The clips of art are being levelled to -20 LUFS;" in answer.content.decode()
    job = LevellingJob.objects.get()
    assert started == [("run_levelling_job", str(job.pk))]
    assert request_levelling(dataset=dataset, target=-30) == job  # one at a time
    assert "levelling to -20 LUFS: waiting" in page(admin_client, dataset)
    call_command("run_levelling_job", str(job.pk))
    assert capsys.readouterr().out == "Levelled 3 clips of art to -20 LUFS.\n"
    assert [clip.heard_loudness for clip in Clip.objects.all()] == [pytest.approx(-20, abs=0.1)] * 3
    assert "-20 LUFS: Levelled 3 clips of art to -20 LUFS." in page(admin_client, dataset)
    assert request_levelling(dataset=dataset, target=-30) != job


def test_what_an_opened_study_plays_is_not_levelled_and_the_reason_is_said(admin_client, dataset, started):
    study = Study.objects.create(slug="s", title="Heard", status=Study.Status.OPEN)
    with lifted():
        Arm.objects.create(study=study, name="a", stimulus_set=StimulusSet.objects.create(name="set", dataset=dataset))
    answer = admin_client.post(reverse(LIST), ACTION | {"_selected_action": [dataset.pk]}, follow=True)
    assert "was opened with clips of art" in answer.content.decode()
    assert not LevellingJob.objects.exists()
    # It may be opened after it was asked for, too.
    job = request_levelling(dataset=dataset, target=-20)
    with pytest.raises(CommandError, match='The study "Heard" was opened with clips of art'):
        call_command("run_levelling_job", str(job.pk))
    job.refresh_from_db()
    assert job.state == LevellingJob.State.FAILED
    assert "was opened with clips of art" in page(admin_client, dataset)


def test_a_job_that_is_not_there_is_named():
    with pytest.raises(CommandError, match=r"There is no levelling job 7\."):
        call_command("run_levelling_job", "7")
