"""Checks before the trials: sound, headphones."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import assignment, headphones
from studyserver.studies.sitting.where import find_place, lock_session

NOTHING_HEARD = "nothing"
UNPLAYABLE = "unplayable"
"""The sample failed or did not arrive; nobody is kept by that."""


@transaction.atomic
def record_sound_check(*, session: Session, found: Mapping[str, Any], page: str = "") -> Place:
    """Store what the sound check found; `found["heard"] == "nothing"` keeps the session there to try again.

    `page` is the key of the page that sends. What it sends again takes the place of what it sent before: nobody knows
    whether that had arrived.
    """
    session = lock_session(session)
    if find_place(session).page == "sound" or is_replaceable(session, "sound", page):
        again = page != "" and page == session.sound_check.get("page")
        attempts = session.sound_check.get("attempts", 0) + (not again)
        session.sound_check = {**found, "attempts": attempts} | ({"page": page} if page else {})
        screened = session.study.headphone_check != Study.HeadphoneCheck.OFF
        following = Session.Step.HEADPHONES if screened else Session.Step.PRACTICE
        session.step = Session.Step.SOUND if found.get("heard") == NOTHING_HEARD else following
        session.save(update_fields=["sound_check", "step", "last_seen_at"])
    return find_place(session)


def is_replaceable(session: Session, name: str, page: str) -> bool:
    """Whether the page of this key ("sound", "headphones") may still change what it sent.

    It may until something was sent from the page after it: that this one was asked for does not say that it was seen.
    A failed screening stays failed once the next attempt is shown, or the way back would be an attempt without end.
    """
    stored = {"sound": session.sound_check, "headphones": session.headphones}.get(name, {})
    if not page or stored.get("page") != page:
        return False
    place = find_place(session).page
    if place == "headphones":
        if name == "sound":
            return not session.headphones.get("attempts") and not session.headphones.get("skipped")
        return not stored.get("shown", False)
    screened = session.study.headphone_check != Study.HeadphoneCheck.OFF
    practised = session.trials.filter(kind=Trial.Kind.PRACTICE, state=Trial.State.ANSWERED).exists()
    return place == "practice" and not practised and (name == "headphones" or not screened)


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


def new_page(session: Session) -> str:
    """A key for a page of the screening that is shown now: which attempt it shows, and that it is this page."""
    return f"{len(session.headphones.get('attempts', [])) + 1}.{secrets.token_urlsafe(12)}"


def find_sounds(session: Session, page: str) -> list[str]:
    """The sounds in the order in which this page has them, or in which the next page shall."""
    order: list[str] = (_before_sending(session, page) or session.headphones)["order"]
    return order


def show_headphones(session: Session) -> None:
    """Note that another attempt is shown: the one before it is final."""
    if session.headphones.get("attempts") and not session.headphones.get("shown"):
        with transaction.atomic():
            session = lock_session(session)
            session.headphones = {**session.headphones, "shown": True}
            session.save(update_fields=["headphones"])


@transaction.atomic
def record_headphones(*, session: Session, answers: Mapping[int, int], page: str = "") -> Place:
    """Store one attempt at the headphone screening: sound (from 1) -> tone said to be the quietest (1 to 3).

    Goes on when it is passed, and where the study only records it. A failed attempt of a study that requires headphones
    keeps the session there, with a new order of the sounds while an attempt is left. `page` (`new_page`): as in
    `record_sound_check`; a page that shows the sounds of an earlier attempt stores nothing. Raises AnswersInvalid.
    """
    session = lock_session(session)
    before = _before_sending(session, page)
    if before is not None:
        if missing := headphones.find_missing(answers):
            raise AnswersInvalid(missing)
        order, earlier = before["order"], before.get("attempts", [])
        correct = headphones.count_right(order, answers)
        given = [answers[position] for position in range(1, len(order) + 1)]
        attempts = [*earlier, {"order": order, "answers": given, "correct": correct}]
        following = draw_headphones(session, attempt=len(attempts) + 1)
        session.headphones = {"order": following, "attempts": attempts} | ({"page": page} if page else {})
        passed = correct >= headphones.PASS or session.study.headphone_check != Study.HeadphoneCheck.REQUIRE
        session.step = Session.Step.PRACTICE if passed else Session.Step.HEADPHONES
        session.save(update_fields=["headphones", "step", "last_seen_at"])
    return find_place(session)


@transaction.atomic
def skip_headphones(*, session: Session, page: str = "") -> Place:
    """Go on without headphones, which is stored; only where the study does not require them."""
    session = lock_session(session)
    before = _before_sending(session, page)
    if before is not None and session.study.headphone_check == Study.HeadphoneCheck.RECORD:
        session.headphones = {**before, "skipped": True} | ({"page": page} if page else {})
        session.step = Session.Step.PRACTICE
        session.save(update_fields=["headphones", "step", "last_seen_at"])
    return find_place(session)


def _before_sending(session: Session, page: str) -> dict[str, Any] | None:
    """The stored screening without what this page has sent before; None where nothing is taken from it."""
    stored = dict(session.headphones)
    attempts = list(stored.get("attempts", []))
    if is_replaceable(session, "headphones", page):
        if not stored.pop("skipped", False):
            stored["order"] = attempts.pop()["order"]
        return stored | {"attempts": attempts}
    due = find_place(session).page == "headphones" and not is_barred(session)
    return stored if due and (not page or page.startswith(f"{len(attempts) + 1}.")) else None
