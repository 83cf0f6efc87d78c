"""Leaving and withdrawing: what is erased and what a receipt finds."""

from django.db import transaction
from django.utils import timezone

from studyserver.studies.errors import WithdrawalTooLate
from studyserver.studies.models import ExternalId, Session, Study, StudyLogEntry, Trial
from studyserver.studies.rules import is_over, tell_day
from studyserver.studies.sitting.where import lock_session, seal_id


def can_erase(session: Session) -> bool:
    """Whether the participant may still erase: while working, and until the study's last day is over everywhere."""
    study = session.study
    if study.withdraw_until is None or not is_over(study.withdraw_until, timezone.now()):
        return True
    return session.state == Session.State.WORKING and study.status == Study.Status.OPEN


@transaction.atomic
def withdraw_session(*, session: Session, erase: bool) -> Session:
    """Leave the study for good, keeping the answers given so far or erasing them.

    Erasing removes trials, responses, practice answers, attention checks, listening, events, drafts, the sound check,
    the headphone screening, the external ids and why a researcher left the session out; the row stays as a tombstone,
    with a sealed mark of the id.
    It can follow later on keeping. A completed session can only be erased.
    Raises WithdrawalTooLate when the study's last day of withdrawal has passed.
    """
    session = lock_session(session)
    if erase:
        if is_erased(session):
            return session
        if (until := session.study.withdraw_until) and not can_erase(session):
            raise WithdrawalTooLate(f"Answers could be erased until {tell_day(until)}.")
        session.trials.all().delete()
        session.client_events.all().delete()
        _forget_id(session)
        session.sound_check, session.headphones = {}, {}
        session.exclusion_reason, session.event_bytes = "", 0
        about = StudyLogEntry.objects.filter(study=session.study, detail__startswith=f"session {session.number}: ")
        about.update(detail=f"session {session.number} (reason erased with the answers)")
    elif session.state != Session.State.WORKING:
        return session
    else:
        session.trials.exclude(state=Trial.State.ANSWERED).update(draft={})
    session.state = Session.State.WITHDRAWN
    # The time of erasing: files exported before it still hold the answers.
    session.withdrawn_at = timezone.now()
    changed = ["state", "withdrawn_at", "sound_check", "headphones", "exclusion_reason", "event_bytes", "erased_id"]
    changed.append("last_seen_at")
    session.save(update_fields=changed)
    return session


def _forget_id(session: Session) -> None:
    """Erase the recruitment service's ids; a sealed mark stays, which tells whether the same id begins anew."""
    known = ExternalId.objects.filter(session=session)
    for value in known.values_list("value", flat=True):
        session.erased_id = seal_id(session.study, value)
    known.delete()


def find_by_receipt(receipt: str) -> Session | None:
    """The session of a receipt code, however it was typed."""
    signs = "".join(sign for sign in receipt.upper() if sign.isalnum())
    code = "-".join(signs[start : start + 4] for start in range(0, len(signs), 4))
    return Session.objects.select_related("study").filter(receipt=code).first()


def is_erased(session: Session) -> bool:
    """Whether the session is a tombstone: withdrawn, and nothing left of its answers."""
    return session.state == Session.State.WITHDRAWN and not session.trials.exists()
