"""Events and drafts of a board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from studyserver.studies.errors import DraftConflict, WrongPlace
from studyserver.studies.models import ClientEvent, ListenEvent, Session, Trial
from studyserver.studies.sitting.where import find_place, is_due, lock_session, reload_trial, touch

MAX_EVENTS = 20_000

LISTEN_KINDS = {"play", "heard", "ended"}


@transaction.atomic
def save_draft(*, trial: Trial, version: int, draft: Mapping[str, Any]) -> int:
    """Keep unsubmitted matches and return their new version.

    `version` is the one that the page started from. The same draft again (its acknowledgement was lost) is answered
    with the stored version; another one raises DraftConflict with what is stored. Raises WrongPlace when the trial
    is not due.
    """
    session = lock_session(trial.session)
    trial = reload_trial(trial, session)
    place = find_place(session)
    if not is_due(trial, place):
        raise WrongPlace(place)
    if version != trial.draft_version:
        if trial.draft == draft:
            return trial.draft_version
        raise DraftConflict(version=trial.draft_version, draft=trial.draft)
    trial.draft = dict(draft)
    trial.draft_version += 1
    trial.save(update_fields=["draft", "draft_version"])
    touch(session)
    return trial.draft_version


@dataclass(frozen=True)
class Event:
    """One report of a page. `key` is drawn by the page; a repeated key is stored once."""

    key: str
    kind: str
    at_ms: int = 0
    clip: int = 0
    from_ms: int = 0
    to_ms: int = 0
    data: Mapping[str, Any] | None = None


@transaction.atomic
def record_events(*, session: Session, events: Sequence[Event], trial: Trial | None = None) -> None:
    """Append what a page reports: listening (kinds "play", "heard", "ended", of a trial) and anything else.

    Events of an answered trial are not stored any more: what was acknowledged with the answers stays as it was.
    Raises WrongPlace when the trial is not due or the session takes nothing any more.
    """
    session = lock_session(session)
    place = find_place(session)
    if place.page in ("left", "closed"):
        raise WrongPlace(place)
    if trial is not None:
        trial = reload_trial(trial, session)
        if not is_due(trial, place) or trial.shown_at is None:
            raise WrongPlace(place)
        heard = [
            ListenEvent(
                trial=trial, key=event.key, clip_position=event.clip, kind=event.kind,
                from_ms=event.from_ms, to_ms=event.to_ms, at_ms=event.at_ms,
            )
            for event in events
            if event.kind in LISTEN_KINDS
        ]  # fmt: skip
        room = MAX_EVENTS - ListenEvent.objects.filter(trial__session=session).count()
        ListenEvent.objects.bulk_create(heard[: max(0, room)], ignore_conflicts=True)
    others = [
        ClientEvent(
            session=session, trial=trial, key=event.key, kind=event.kind, data=dict(event.data or {}), at_ms=event.at_ms
        )
        for event in events
        if event.kind not in LISTEN_KINDS
    ]
    room = MAX_EVENTS - session.client_events.count()
    ClientEvent.objects.bulk_create(others[: max(0, room)], ignore_conflicts=True)
    touch(session)
