"""Studies with attention checks and the headphone screening, and who goes through them."""

from typing import Any

from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.rules.headphones import right_answer
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.practising import finish_practice
from studyserver.studies.sitting.screening import record_headphones, record_sound_check
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import find_place
from tests.studies import factories
from tests.studies.participants import answer, send

RULES = [{"rule": "attention", "threshold": 0}, {"rule": "headphones", "threshold": 5}]


def make_study(**fields: Any) -> Study:
    defaults: dict[str, Any] = {"attention_boards": 1, "headphone_check": "record", "trials_per_session": 3}
    return factories.make_study(**(defaults | fields))


def start(study: Study, **fields: Any) -> Session:
    """A session at the headphone screening."""
    session = start_session(study=study, **fields)
    record_sound_check(session=session, found={"heard": "clearly", "device": "headphones"})
    session.refresh_from_db()
    return session


def said(session: Session, right: int = 6) -> dict[int, int]:
    """Answers to the screening of which so many are right."""
    session.refresh_from_db()
    order = session.headphones["order"]
    keys = [right_answer(sound) for sound in order]
    return {i: key if i <= right else key % 3 + 1 for i, key in enumerate(keys, start=1)}


def at_trials(study: Study, **fields: Any) -> Session:
    """A session at its first board, screened with all right."""
    session = start(study, **fields)
    record_headphones(session=session, answers=said(session))
    return past_practice(session)


def past_practice(session: Session) -> Session:
    for trial in session.trials.filter(kind=Trial.Kind.PRACTICE):
        show_trial(trial=trial)
        matches = {i: i for i in range(1, len(trial.clip_order) + 1)}
        send(trial, matches, listening_declared=True)
    finish_practice(session=session)
    session.refresh_from_db()
    return session


def go_through(session: Session, *, attentive: bool = True) -> list[str]:
    """Answer every board that comes; returns their kinds in order."""
    kinds = []
    while (place := find_place(session)).page == "trial":
        trial = session.trials.get(index=place.index or 0)
        kinds.append(str(trial.kind))
        if trial.kind == Trial.Kind.MAIN:
            answer(session)
        else:
            show_trial(trial=trial)
            send(trial, {1: asked(trial) if attentive else asked(trial) % 4 + 1})
        session.refresh_from_db()
    return kinds


def asked(trial: Trial) -> int:
    assert trial.instructed is not None
    return trial.instructed
