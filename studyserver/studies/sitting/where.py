"""Where a session stands: the place that its rows say is next."""

from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.places import Place

LIVE_FOR = timedelta(hours=1)
"""A working session that was not seen for longer gives its place in the quota back; its participant may still go on."""

SEEN_EVERY = timedelta(seconds=30)

COUNTED = (Trial.Kind.MAIN, Trial.Kind.ATTENTION)
"""Boards between practice and debrief; all of them are answered before a session is complete."""


def find_place(session: Session) -> Place:
    """The page where the session belongs now."""
    if session.state == Session.State.WITHDRAWN:
        return Place("left")
    if session.step == Session.Step.DEBRIEF:
        return Place("debrief")
    if session.study.status != Study.Status.OPEN:
        return Place("closed")
    if session.step == Session.Step.SOUND:
        return Place("sound")
    if session.step == Session.Step.HEADPHONES:
        return Place("headphones")
    if session.step == Session.Step.PRACTICE:
        return Place("practice")
    trials = session.trials.filter(kind__in=COUNTED).exclude(state=Trial.State.ANSWERED)
    return Place("trial", trials.order_by(*IN_ORDER).values_list("index", flat=True)[0])


# A check comes after the main trial that it names.
IN_ORDER = (Coalesce("after", "index"), F("after").asc(nulls_first=True))


def find_round(trial: Trial) -> tuple[int, int]:
    """Which board of a session this is, and of how many: main trials and attention checks, as they come."""
    study = trial.session.study
    if not study.attention_boards:
        return trial.index, study.trials_per_session
    indices = list(trial.session.trials.filter(kind__in=COUNTED).order_by(*IN_ORDER).values_list("index", flat=True))
    return indices.index(trial.index) + 1, len(indices)


def lock_session(session: Session) -> Session:
    """The session as it is now, locked until the transaction ends."""
    return Session.objects.select_for_update(of=("self",), no_key=True).select_related("study").get(pk=session.pk)


def touch(session: Session) -> None:
    """Note that the participant is there; costs a write at most every half minute."""
    now = timezone.now()
    if now - session.last_seen_at > SEEN_EVERY:
        Session.objects.filter(pk=session.pk).update(last_seen_at=now)


def holds_place() -> Q:
    """Sessions that count against a quota: completed, or working and seen within LIVE_FOR."""
    live = Q(state=Session.State.WORKING, last_seen_at__gte=timezone.now() - LIVE_FOR)
    return Q(state=Session.State.COMPLETED) | live
