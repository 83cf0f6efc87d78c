"""Leaving: answers kept or erased, receipts, the last day."""

from datetime import timedelta

import pytest
from django.db.models import Model
from django.utils import timezone

from studyserver.studies.design.freezing import lifted
from studyserver.studies.errors import WithdrawalTooLate, WrongPlace
from studyserver.studies.models import (
    ClientEvent,
    ExternalId,
    ListenEvent,
    PracticeAnswer,
    Response,
    Session,
    Study,
    Trial,
)
from studyserver.studies.places import Place
from studyserver.studies.sitting.events import Event, record_events, save_draft
from studyserver.studies.sitting.leaving import find_by_receipt, is_erased, withdraw_session
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import find_place
from tests.studies.participants import send
from tests.studies.sitting.steps import STRAIGHT, answer, current_trial, hear, shown_earlier, to_trials

pytestmark = pytest.mark.django_db


def count_traces(session: Session) -> dict[str, int]:
    """Rows that hold anything of the participant."""
    rows: dict[str, type[Model]] = {
        "trial__session": Response,
        "trial__session_id": PracticeAnswer,
        "trial__session__pk": ListenEvent,
        "session": ClientEvent,
        "session_id": ExternalId,
        "session__pk": Trial,
    }
    return {model.__name__: model._default_manager.filter(**{path: session.pk}).count() for path, model in rows.items()}


def test_erasing_leaves_the_bare_row(study: Study) -> None:
    session = to_trials(start_session(study=study, external_id="p-1"))
    trial = shown_earlier(current_trial(session))
    for position in STRAIGHT:
        hear(trial, position, 900)
    record_events(session=session, trial=trial, events=[Event("k2", "assign")])
    answer(session)
    save_draft(trial=current_trial(session), version=0, draft={"matches": {"1": 2}})
    assert all(count_traces(session).values())
    for _ in range(2):
        withdraw_session(session=session, erase=True)
        assert not any(count_traces(session).values())
        session.refresh_from_db()
        assert (session.state, session.sound_check) == (Session.State.WITHDRAWN, {})
        assert is_erased(session)
    assert find_place(session) == Place("left")


def test_keeping_ends_the_session_with_its_answers_and_can_be_followed_by_erasing(study: Study) -> None:
    session = to_trials(start_session(study=study))
    answer(session)
    trial = current_trial(session)
    withdraw_session(session=session, erase=False)
    assert Response.objects.count() == 4
    assert send(trial, STRAIGHT, listening_declared=True) == Place("left")
    with pytest.raises(WrongPlace):
        record_events(session=session, trial=trial, events=[Event("k", "heard", clip=1)])
    session.refresh_from_db()
    assert not is_erased(session)
    withdraw_session(session=session, erase=True)
    assert not Response.objects.exists()


def test_completed_session_cannot_leave_with_its_answers_kept(study: Study) -> None:
    session = to_trials(start_session(study=study))
    answer(session)
    answer(session)
    withdraw_session(session=session, erase=False)
    session.refresh_from_db()
    assert session.state == Session.State.COMPLETED


def test_erasing_ends_with_the_studys_last_day(study: Study) -> None:
    done = to_trials(start_session(study=study))
    answer(done)
    answer(done)
    working = start_session(study=study)
    with lifted():
        Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=2))
    done, working = Session.objects.order_by("number")
    with pytest.raises(WithdrawalTooLate):
        withdraw_session(session=done, erase=True)
    assert Response.objects.count() == 8
    # Somebody who is still taking part may always leave without a trace.
    withdraw_session(session=working, erase=True)
    with lifted():
        Study.objects.update(withdraw_until=None)
    withdraw_session(session=done, erase=True)
    assert not Response.objects.exists()


def test_receipt_is_found_however_it_is_typed(study: Study) -> None:
    session = start_session(study=study)
    for typed in (session.receipt, session.receipt.lower(), f" {session.receipt.replace('-', ' ')} "):
        assert find_by_receipt(typed) == session
    assert find_by_receipt("ABCD-EFGH-JKMN") is None
