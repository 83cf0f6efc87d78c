"""Single steps of a participant, through the domain functions."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from studyserver.studies.models import Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.events import Event, record_events
from studyserver.studies.sitting.practising import finish_practice
from studyserver.studies.sitting.screening import record_sound_check
from studyserver.studies.sitting.where import find_place
from tests.studies.participants import send

STRAIGHT = {1: 1, 2: 2, 3: 3, 4: 4}


def to_trials(session: Session) -> Session:
    """Walk a fresh session to its first trial."""
    record_sound_check(session=session, found={"heard": "clearly"})
    for trial in session.trials.filter(kind=Trial.Kind.PRACTICE):
        show_trial(trial=trial)
        matches = {i: i for i in range(1, len(trial.clip_order) + 1)}
        send(trial, matches, listening_declared=True)
    finish_practice(session=session)
    session.refresh_from_db()
    return session


def current_trial(session: Session) -> Trial:
    trial = session.trials.get(index=find_place(session).index or 0)
    show_trial(trial=trial)
    return trial


def answer(session: Session, **fields: Any) -> Place:
    """Answer the trial that is due."""
    options: dict[str, Any] = {"matches": STRAIGHT, "listening_declared": True} | fields
    return send(current_trial(session), **options)


def hear(trial: Trial, position: int, milliseconds: int, *, key: str | None = None) -> None:
    event = Event(key or f"{position}-{milliseconds}", "heard", clip=position, from_ms=0, to_ms=milliseconds)
    record_events(session=trial.session, trial=trial, events=[event])


def shown_earlier(trial: Trial, seconds: float = 60) -> Trial:
    """As if the board had been on the screen for a while."""
    trial.shown_at = timezone.now() - timedelta(seconds=seconds)
    boot, _, ms = trial.shown_clock.partition(":")
    trial.shown_clock = f"{boot}:{int(ms) - round(1000 * seconds)}" if boot else ""
    trial.save(update_fields=["shown_at", "shown_clock"])
    return trial
