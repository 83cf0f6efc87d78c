"""Checks before the trials: sound, headphones."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Session, Study
from studyserver.studies.places import Place
from studyserver.studies.rules import assignment, headphones
from studyserver.studies.sitting.where import find_place, lock_session

NOTHING_HEARD = "nothing"
UNPLAYABLE = "unplayable"
"""The sample failed or did not arrive; nobody is kept by that."""


@transaction.atomic
def record_sound_check(*, session: Session, found: Mapping[str, Any]) -> Place:
    """Store what the sound check found; `found["heard"] == "nothing"` keeps the session there to try again."""
    session = lock_session(session)
    if find_place(session).page == "sound":
        attempts = session.sound_check.get("attempts", 0) + 1
        session.sound_check = {**found, "attempts": attempts}
        if found.get("heard") != NOTHING_HEARD:
            screened = session.study.headphone_check != Study.HeadphoneCheck.OFF
            session.step = Session.Step.HEADPHONES if screened else Session.Step.PRACTICE
        session.save(update_fields=["sound_check", "step", "last_seen_at"])
    return find_place(session)


def draw_headphones(session: Session, *, attempt: int) -> list[str]:
    rng = assignment.rng_for(session.study.seed, session.number, f"headphones/{attempt}")
    return headphones.draw_order(rng)


def is_barred(session: Session) -> bool:
    """Whether the study requires headphones and the session has failed the screening for good."""
    screening = headphones.read_screening(session.headphones)
    return (
        session.study.headphone_check == Study.HeadphoneCheck.REQUIRE
        and screening.result == headphones.FAILED
        and screening.attempts >= headphones.ATTEMPTS
    )


@transaction.atomic
def record_headphones(*, session: Session, answers: Mapping[int, int]) -> Place:
    """Store one attempt at the headphone screening: sound (from 1) -> tone said to be the quietest (1 to 3).

    Goes on when it is passed, and where the study only records it. A failed attempt of a study that requires headphones
    keeps the session there, with a new order of the sounds while an attempt is left. Raises AnswersInvalid.
    """
    session = lock_session(session)
    if find_place(session).page == "headphones" and not is_barred(session):
        if missing := headphones.find_missing(answers):
            raise AnswersInvalid(missing)
        order, before = session.headphones["order"], session.headphones.get("attempts", [])
        correct = headphones.count_right(order, answers)
        given = [answers[position] for position in range(1, len(order) + 1)]
        attempts = [*before, {"order": order, "answers": given, "correct": correct}]
        session.headphones = {"order": draw_headphones(session, attempt=len(attempts) + 1), "attempts": attempts}
        required = session.study.headphone_check == Study.HeadphoneCheck.REQUIRE
        if correct >= headphones.PASS or not required:
            session.step = Session.Step.PRACTICE
        session.save(update_fields=["headphones", "step", "last_seen_at"])
    return find_place(session)


@transaction.atomic
def skip_headphones(*, session: Session) -> Place:
    """Go on without headphones, which is stored; only where the study does not require them."""
    session = lock_session(session)
    may = session.study.headphone_check == Study.HeadphoneCheck.RECORD
    if find_place(session).page == "headphones" and may:
        session.headphones = {**session.headphones, "skipped": True}
        session.step = Session.Step.PRACTICE
        session.save(update_fields=["headphones", "step", "last_seen_at"])
    return find_place(session)
