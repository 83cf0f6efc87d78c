"""Where a session stands: the place that its rows say is next."""

import hashlib
import hmac
from datetime import timedelta
from typing import cast

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.places import Page, Place
from studyserver.studies.sitting.kinds import all_kinds, kind_of
from studyserver.studies.sitting.quota import claim_place, may_have_lapsed

SEEN_EVERY = timedelta(seconds=30)


def find_place(session: Session) -> Place:
    """The page where the session belongs now."""
    if session.state == Session.State.WITHDRAWN:
        return Place("left")
    if session.step == Session.Step.DEBRIEF:
        return Place("debrief")
    if session.study.status != Study.Status.OPEN:
        return Place("closed")
    if session.step != Session.Step.TRIALS:
        return Place(cast(Page, session.step))  # these steps are called as their pages
    trial = find_waiting(session)[0]
    return kind_of(trial).place(trial)


def find_counted(session: Session) -> QuerySet[Trial]:
    """The trials between practice and debrief, as they come; all are answered before a session is complete."""
    before = [kind.name for kind in all_kinds() if not kind.counted]
    # A check comes after the main trial that it names.
    order = (Coalesce("after", "index"), F("after").asc(nulls_first=True), "index")
    return session.trials.exclude(kind__in=before).order_by(*order)


def find_waiting(session: Session) -> QuerySet[Trial]:
    """Those of them that are still to be answered."""
    return find_counted(session).exclude(state=Trial.State.ANSWERED)


def is_due(trial: Trial, place: Place) -> bool:
    """Whether a session at this place waits for the trial's answers."""
    return trial.state != Trial.State.ANSWERED and place == kind_of(trial).place(trial)


def lock_session(session: Session) -> Session:
    """The session as it is now, locked until the transaction ends; who was away for long claims the place anew."""
    locked = Session.objects.select_for_update(of=("self",), no_key=True).select_related("study").get(pk=session.pk)
    if may_have_lapsed(locked):
        claim_place(locked)
    return locked


def reload_trial(trial: Trial, session: Session) -> Trial:
    """The trial as it is now, under the session's lock."""
    fresh = Trial.objects.get(pk=trial.pk)
    fresh.session = session
    return fresh


def seal_id(study: Study, external_id: str) -> str:
    """A mark of a recruitment id that outlives its erasing: it tells nothing without the study's salt."""
    return hmac.new(study.salt.encode(), f"erased:{external_id}".encode(), hashlib.sha256).hexdigest()[:16]


def touch(session: Session) -> None:
    """Note that the participant is there; costs a write at most every half minute."""
    now = timezone.now()
    if may_have_lapsed(session):
        with transaction.atomic():
            lock_session(session)
    elif now - session.last_seen_at > SEEN_EVERY:
        Session.objects.filter(pk=session.pk).update(last_seen_at=now)
