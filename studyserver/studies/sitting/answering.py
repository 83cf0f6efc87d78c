"""Answers to a trial: checked and stored once, as its kind says, and on to the next."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from studyserver.studies.models import Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import read_clock
from studyserver.studies.sitting.boards import Shown, elapsed_ms, load_shown, load_signs, weigh
from studyserver.studies.sitting.kinds import Kind, kind_of
from studyserver.studies.sitting.quota import claim_place
from studyserver.studies.sitting.where import find_place, find_waiting, is_due, lock_session, reload_trial


@dataclass(frozen=True)
class Sending:
    """Which sending of which page: `key` is drawn by the page, `number` counts what it sent of a trial (1, 2 ...)."""

    key: str = ""
    number: int = 0


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
def record_answers(*, trial: Trial, answers: Any, sending: Sending = Sending()) -> Place:
    """Store a trial's answers, all of them or none, and say where the session is now. The one way into the database.

    `answers` are what the trial's kind reads (for boards `kinds.BoardAnswers`). An answered trial, or one that is not
    due, stores nothing; only a page that never learned that its answers had arrived may send newer ones in their place,
    and none once the next page was shown. The last counted trial completes the session. Raises AnswersInvalid when the
    kind's rules are broken, UnknownKind when the row's kind is not registered.
    """
    session = lock_session(trial.session)
    trial = reload_trial(trial, session)
    place = find_place(session)
    takes_more = place.page not in ("left", "closed")
    if is_due(trial, place) or (takes_more and is_newer(trial, sending) and not is_acknowledged(trial)):
        kind, shown = kind_of(trial), load_shown(trial)
        kind.check(trial, shown, answers)
        if trial.state == Trial.State.ANSWERED:
            kind.take_back(trial)
        trial.took_ms = elapsed_ms(trial)
        kind.store(trial, shown, answers)
        trial.state, trial.answered_at, trial.draft = Trial.State.ANSWERED, timezone.now(), {}
        trial.answers_key, trial.answers_number = sending.key, sending.number
        trial.evidence = _weigh(kind, trial, shown, answers)
        own = ["rt_ms", "passed", "listening_declared"]
        stored = ["state", "answered_at", "took_ms", "draft", "evidence", "answers_key", "answers_number"]
        trial.save(update_fields=[*stored, *own])
        session.save(update_fields=["last_seen_at"])
        if session.step == Session.Step.TRIALS and not find_waiting(session).exists():
            _complete(session)
    return find_place(session)


def is_newer(trial: Trial, sending: Sending) -> bool:
    """Whether the page whose answers are stored sends what it has changed since."""
    return sending.key != "" and sending.key == trial.answers_key and sending.number > trial.answers_number


def is_acknowledged(trial: Trial) -> bool:
    """Whether the page after an answered trial was shown: its answers are never altered any more."""
    return trial.acknowledged or find_waiting(trial.session).filter(shown_at__isnull=False).exists()


def is_kept(trial: Trial, sending: Sending) -> bool:
    """Whether other answers than those of this sending are the stored ones; its page must then say so."""
    other = sending != Sending(trial.answers_key, trial.answers_number)
    return trial.state == Trial.State.ANSWERED and sending.key != "" and other


def acknowledge(session: Session) -> None:
    """A page without a trial of its own is shown: the answers before it are final."""
    session.trials.filter(state=Trial.State.ANSWERED, acknowledged=False).update(acknowledged=True)


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
        if session.surplus:  # perhaps the arm has room by now
            claim_place(session)
        session.state = Session.State.COMPLETED
    session.save(update_fields=["step", "state", "completed_at", "last_seen_at"])
