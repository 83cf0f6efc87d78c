"""Progress tells how people fare and nothing of their answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studyserver.studies.design.lifecycle import exclude_session
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.progress import Trouble, count_flow, read_progress
from studyserver.studies.sitting.events import Event, record_events
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.start import start_session
from tests.studies.participants import answer, begin, complete

pytestmark = pytest.mark.django_db


def test_flow_counts_every_session_once(study: Study) -> None:
    complete(study)
    begin(study)
    withdraw_session(session=begin(study), erase=True)
    exclude_session(session=complete(study), reason="Test run.")
    counts = {"started": 4, "completed": 1, "surplus": 0, "withdrawn": 1, "excluded": 1, "working": 1}
    assert count_flow(study) == {"arm-1": counts}


def test_progress_of_an_untouched_study_is_all_zero(study: Study) -> None:
    progress = read_progress(study)
    assert (progress.started, progress.last_seen, progress.median_minutes) == (0, None, None)
    assert [step.reached for step in progress.steps] == [0, 0, 0, 0, 0]


def test_progress_counts_steps_and_where_people_were_lost(study: Study) -> None:
    start_session(study=study)
    complete(study)
    silent = begin(study)
    answer(silent)
    Session.objects.filter(pk=silent.pk).update(last_seen_at=timezone.now() - timedelta(hours=2))
    left = begin(study)
    withdraw_session(session=left, erase=False)
    progress = read_progress(study)
    assert (progress.started, progress.completed, progress.working) == (4, 1, 1)
    assert (progress.silent, progress.withdrawn, progress.excluded) == (1, 1, 0)
    assert [(step.step, step.reached, step.lost) for step in progress.steps] == [
        ("Sound check", 4, 0),
        ("Practice", 3, 0),
        ("Trial 1", 3, 1),
        ("Trial 2", 2, 1),
        ("Debrief", 1, 0),
    ]
    assert progress.median_minutes is not None


def test_the_monitor_counts_boards_on_which_something_did_not_reach_people(study: Study) -> None:
    complete(study)
    record_events(session=begin(study), events=[Event("e1", "client_error", data={"message": "no"})])
    Trial.objects.filter(index=1, kind="main", state="answered").update(
        evidence={"clips": ["heard", "stalled"], "images": ["shown", "missed"], "impossible": True}
    )
    Trial.objects.filter(index=2, kind="main", state="answered").update(
        evidence={"clips": ["declared"] * 4, "images": ["declared"] * 4, "impossible": False}
    )
    assert read_progress(study).trouble == Trouble(
        boards=2, not_shown=1, not_played=1, declared=1, impossible=1, failing=1
    )
