"""Answers to a trial: checked and stored once, as its kind says, and on to the next."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from studyserver.studies.models import Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import read_clock
from studyserver.studies.sitting.boards import Shown, elapsed_ms, load_shown, load_signs, weigh
from studyserver.studies.sitting.kinds import Kind, kind_of
from studyserver.studies.sitting.where import find_place, find_waiting, is_due, lock_session, reload_trial


def show_trial(*, trial: Trial, browser: str = "") -> None:
    """Note the first display of a board; from then on the server's clock bounds what can have been heard.

    `browser`: the family of the browser that shows it; the last one counts.
    """
    first = {"shown_at": timezone.now(), "shown_clock": read_clock(), "state": Trial.State.SHOWN, "browser": browser}
    if Trial.objects.filter(pk=trial.pk, shown_at=None).update(**first):
        for name, value in first.items():
            setattr(trial, name, value)
    elif trial.shown_at is None:
        trial.refresh_from_db(fields=list(first))
    if browser not in ("", trial.browser) and trial.state != Trial.State.ANSWERED:
        Trial.objects.filter(pk=trial.pk).update(browser=browser)
        trial.browser = browser


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
        trial.took_ms = elapsed_ms(trial)
        kind.store(trial, shown, answers)
        trial.state, trial.answered_at, trial.draft = Trial.State.ANSWERED, timezone.now(), {}
        trial.evidence = _weigh(kind, trial, shown, answers)
        own = ["rt_ms", "passed", "listening_declared"]
        trial.save(update_fields=["state", "answered_at", "took_ms", "draft", "evidence", *own])
        session.save(update_fields=["last_seen_at"])
        if session.step == Session.Step.TRIALS and not find_waiting(session).exists():
            _complete(session)
    return find_place(session)


def _weigh(kind: Kind[Any], trial: Trial, shown: Shown, answers: Any) -> dict[str, Any]:
    """What the board's events say of it; nothing is added to them any more."""
    return weigh(
        trial,
        shown.clips,
        list(trial.listen_events.order_by("id")),
        load_signs(trial),
        rule=kind.listening_rule(trial.session.study),
        claimed_ms=kind.read_duration(answers),
    )


def _complete(session: Session) -> None:
    """All is answered: on to the debrief; an exclusion stays one."""
    session.step, session.completed_at = Session.Step.DEBRIEF, timezone.now()
    if session.state == Session.State.WORKING:
        session.state = Session.State.COMPLETED
    session.save(update_fields=["step", "state", "completed_at", "last_seen_at"])
