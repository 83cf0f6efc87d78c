"""Answers to a trial: checked and stored once, as its kind says, and on to the next."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from studyserver.studies.models import Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.sitting.boards import load_shown
from studyserver.studies.sitting.kinds import kind_of
from studyserver.studies.sitting.quota import claim_place
from studyserver.studies.sitting.where import find_place, find_waiting, is_due, lock_session, reload_trial


def show_trial(*, trial: Trial) -> None:
    """Note the first display of a board; from then on the server's clock bounds what can have been heard."""
    now = timezone.now()
    shown = Trial.objects.filter(pk=trial.pk, shown_at=None).update(shown_at=now, state=Trial.State.SHOWN)
    if shown:
        trial.shown_at, trial.state = now, Trial.State.SHOWN
    elif trial.shown_at is None:
        trial.refresh_from_db(fields=["shown_at", "state"])


@transaction.atomic
def record_answers(*, trial: Trial, answers: Any) -> Place:
    """Store a trial's answers, all of them or none, and say where the session is now. The one way into the database.

    `answers` are what the trial's kind reads (for boards `kinds.BoardAnswers`). An answered trial, or one that is not
    due, stores nothing. The last counted trial completes the session. Raises AnswersInvalid when the kind's rules are
    broken, UnknownKind when the row's kind is not registered.
    """
    session = lock_session(trial.session)
    trial = reload_trial(trial, session)
    if is_due(trial, find_place(session)):
        kind, shown = kind_of(trial), load_shown(trial)
        kind.check(trial, shown, answers)
        kind.store(trial, shown, answers)
        trial.state, trial.answered_at, trial.draft = Trial.State.ANSWERED, timezone.now(), {}
        trial.save(update_fields=["state", "answered_at", "draft", "rt_ms", "passed", "listening_declared"])
        session.save(update_fields=["last_seen_at"])
        if session.step == Session.Step.TRIALS and not find_waiting(session).exists():
            _complete(session)
    return find_place(session)


def _complete(session: Session) -> None:
    """All is answered: on to the debrief; an exclusion stays one."""
    session.step, session.completed_at = Session.Step.DEBRIEF, timezone.now()
    if session.state == Session.State.WORKING:
        if session.surplus:  # perhaps the arm has room by now
            claim_place(session)
        session.state = Session.State.COMPLETED
    session.save(update_fields=["step", "state", "completed_at", "last_seen_at"])
