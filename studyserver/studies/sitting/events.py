"""Events and drafts of a board.

What a session may report is bounded in number and in bytes, so that nobody fills the disk; what comes beyond is not
kept, and one event says so. Listening has a bound of its own, which no flood of other events uses up.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from studyserver.studies.errors import DraftConflict, WrongPlace
from studyserver.studies.models import ClientEvent, ListenEvent, Session, Trial
from studyserver.studies.rules import measure_ms, read_clock
from studyserver.studies.sitting.where import find_place, is_due, lock_session, reload_trial, touch

MAX_LISTENING = 5_000  # a stretch is reported every four seconds: five hours of music
MAX_EVENTS = 5_000
MAX_BYTES = 500_000

LISTEN_KINDS = {"play", "heard", "ended"}
FULL = "events_full"
"""Kind of the event that says that no more of this session is kept."""

CLIENT_ERROR = "client_error"
LONGEST_MESSAGE = 200
ADDRESS = re.compile(r"\w+://\S+|\S+@\S+|\S*/p/\S+|[\w-]{20,}")
"""What in an error's message may name a person or a session: addresses, and words as long as a code."""


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
    full = False
    if trial is not None and (heard := [event for event in events if event.kind in LISTEN_KINDS]):
        full |= _keep_listening(trial, heard)
    if others := [event for event in events if event.kind not in LISTEN_KINDS]:
        full |= _keep_others(session, trial, others)
    if full:
        last = ClientEvent(session=session, trial=trial, key=FULL, kind=FULL, at_ms=events[-1].at_ms)
        ClientEvent.objects.bulk_create([last], ignore_conflicts=True)
    touch(session)


def _keep_listening(trial: Trial, events: Sequence[Event]) -> bool:
    """Store what there is room for; returns whether that was not all."""
    kept = ListenEvent.objects.filter(trial__session=trial.session)
    since = measure_ms(trial.shown_clock, read_clock())
    rows = [
        ListenEvent(
            trial=trial, key=event.key, clip_position=event.clip, kind=event.kind,
            from_ms=event.from_ms, to_ms=event.to_ms, at_ms=event.at_ms, since_ms=since,
        )
        for event in _drop_known(events, kept.filter(trial=trial).values_list("key", flat=True))
    ]  # fmt: skip
    room = max(0, MAX_LISTENING - kept.count())
    ListenEvent.objects.bulk_create(rows[:room], ignore_conflicts=True)
    return len(rows) > room


def _keep_others(session: Session, trial: Trial | None, events: Sequence[Event]) -> bool:
    """Store what there is room for; returns whether that was not all."""
    kept = session.client_events.exclude(kind=FULL)
    room, left = MAX_EVENTS - kept.count(), MAX_BYTES - session.event_bytes
    rows: list[ClientEvent] = []
    full = False
    for event in _drop_known(events, kept.values_list("key", flat=True)):
        data = _tidy_error(event.data or {}) if event.kind == CLIENT_ERROR else dict(event.data or {})
        size = len(json.dumps(data))
        if len(rows) >= room or size > left:
            full = True
            break
        left -= size
        rows.append(
            ClientEvent(session=session, trial=trial, key=event.key, kind=event.kind, data=data, at_ms=event.at_ms)
        )
    ClientEvent.objects.bulk_create(rows, ignore_conflicts=True)
    Session.objects.filter(pk=session.pk).update(event_bytes=MAX_BYTES - left)
    return full


def _drop_known(events: Sequence[Event], keys: Any) -> Iterator[Event]:
    """Each event once, without those that are stored: what is sent again uses up nothing."""
    seen = set(keys.filter(key__in=[event.key for event in events]))
    for event in events:
        if event.key not in seen:
            seen.add(event.key)
            yield event


def _tidy_error(data: Mapping[str, Any]) -> dict[str, Any]:
    """An error of a page in few words that name nobody."""
    message = "".join(sign if sign.isprintable() else " " for sign in str(data.get("message", "")))
    line = data.get("line")
    return {
        "message": ADDRESS.sub("…", message)[:LONGEST_MESSAGE],
        "source": re.sub(r"[^\w.-]", "", str(data.get("source", "")).rpartition("/")[2])[:40],
        "line": line if isinstance(line, int) and not isinstance(line, bool) else None,
    }
