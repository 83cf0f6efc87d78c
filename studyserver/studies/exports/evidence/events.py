"""events.csv: what participants' pages reported, event by event, with what was offered and agreed to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from typing import Any

from generation.models import Clip, Stimulus
from studyserver.studies.exports.answers import name_trial, participant_name, session_name
from studyserver.studies.exports.dictionary import columns_of, described
from studyserver.studies.models import ClientEvent, ListenEvent, Session, Study, Trial
from studyserver.studies.sitting import boards, is_erased
from studyserver.studies.sitting.kinds import all_kinds

TOLD = ("what", "state", "reason", "name", "code", "plays", "message", "source", "line", "problems")
"""What of an event's data leaves the house; the rest is for those who look into the database."""
LONGEST_DETAIL = 400
OUTSIDE = "not of a clip"


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One event. None: there is no such value."""

    study: str = described("slug", "The study's address name.")
    arm: str = described("slug", "Arm (condition) of the participant.")
    participant: str = described("16 hex digits", "Publishable pseudonym, as in responses.csv.")
    session: str = described("16 hex digits", "Publishable name of the sitting, as in responses.csv.")
    simulated: bool = described("0, 1", "1: a program, not a person.")
    block: str | None = described("session-trial", "The board; main trials as in responses.csv.", empty="on no board")
    trial_index: int | None = described("1 or more", "Number of the trial.", empty="on no board")
    event: str = described(
        "a name",
        "consent: agreed to the consent text of this sha256. offered: a clip or image of the board, as shown. "
        "media_ready: all loaded, or gone on without. image_shown: an image came into view. play, heard, ended: a "
        "clip was started, a stretch of it was played, its end was reached. assign, clear: a clip was given an image, "
        "or lost it; together the way to the answer. enlarge: an image was looked at large. hidden, visible: the page "
        "left the screen or came back. media_error: a clip or image failed or stalled. refused: what was sent in was "
        "not complete. client_error: a script failed. sample_played, sample_error: at the sound check. events_full: "
        "no more is kept of this session.",
    )
    at_ms: int | None = described(
        "0 or more", "From all media ready to the event, by the page's clock.", unit="ms", empty="consent, offered"
    )
    clip: int | None = described("1 or more", "Place of the clip on the board.", empty=OUTSIDE)
    image: int | None = described("1 or more", "Place of the image on the board.", empty="not of an image")
    from_ms: int | None = described(
        "0 or more", "Where in the clip it began.", unit="ms", empty="not play, heard or ended"
    )
    to_ms: int | None = described(
        "0 or more", "Where in the clip it ended.", unit="ms", empty="not play, heard or ended"
    )
    file: str | None = described("64 hex digits", "sha256 of the file that was offered.", empty="not offered")
    detail: str | None = described("name=value; ...", "More on it.", empty="no more to say")


EVENT_COLUMNS = columns_of(EventRow)


def read_event_rows(study: Study) -> Iterator[EventRow]:
    """The events of a study by arrival, trial and the page's clock; practice and erased sessions have none.

    One session at a time, and its events one by one: memory does not grow with the study.
    """
    before = [kind.name for kind in all_kinds() if not kind.counted]
    sessions = study.sessions.select_related("arm", "external_id").order_by("number")
    for session in sessions.iterator(chunk_size=100):
        session.study = study
        if is_erased(session):
            continue
        nowhere: dict[str, Any] = dict.fromkeys(("block", "trial_index"))
        shared = _name_session(session) | nowhere
        yield _row(shared, "consent", detail={"sha256": session.consent_version})
        for event in session.client_events.filter(trial=None).order_by("id").iterator():
            yield _of_page(shared, event, session)
        for trial in session.trials.exclude(kind__in=before).exclude(shown_at=None).order_by("index"):
            trial.session = session
            yield from _rows_of(trial)


def _name_session(session: Session) -> dict[str, Any]:
    return {
        "study": session.study.slug,
        "arm": session.arm.name,
        "participant": participant_name(session),
        "session": session_name(session),
        "simulated": session.simulated,
    }


def _rows_of(trial: Trial) -> Iterator[EventRow]:
    shared = name_trial(trial)
    clips = Clip.objects.in_bulk(trial.clip_order)
    images = boards.find_images(Stimulus.objects.all(), boards.image_keys(trial))
    for position, pk in enumerate(trial.clip_order, start=1):
        yield _row(shared, "offered", clip=position, file=clips[pk].sha256)
    for position, key in enumerate(boards.image_keys(trial), start=1):
        yield _row(shared, "offered", image=position, file=images[key].sha256)
    heard: Iterator[ListenEvent | ClientEvent] = trial.listen_events.order_by("id").iterator()
    others: Iterator[ListenEvent | ClientEvent] = trial.client_events.order_by("id").iterator()
    for event in merge(heard, others, key=lambda event: event.at_ms):
        if isinstance(event, ListenEvent):
            stretch: dict[str, Any] = {name: getattr(event, name) for name in ("at_ms", "from_ms", "to_ms")}
            yield _row(shared, event.kind, clip=event.clip_position, **stretch)
        else:
            yield _of_page(shared, event, trial.session)


def _of_page(shared: Mapping[str, Any], event: ClientEvent, session: Session) -> EventRow:
    places: dict[str, Any] = {name: event.data[name] for name in ("clip", "image") if _is_whole(event.data.get(name))}
    told = {name: _say(event.data[name], session) for name in TOLD if event.data.get(name) not in (None, "")}
    return _row(shared, event.kind, at_ms=event.at_ms, detail=told, **places)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _say(value: Any, session: Session) -> str:
    """A value in printable signs; the session's secret address never leaves."""
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "".join(sign if sign.isprintable() else " " for sign in words).replace(session.code, "…")


def _row(shared: Mapping[str, Any], event: str, *, detail: Mapping[str, str] | None = None, **cells: Any) -> EventRow:
    empty: dict[str, Any] = dict.fromkeys(("at_ms", "clip", "image", "from_ms", "to_ms", "file"))
    told = "; ".join(f"{name}={value}" for name, value in (detail or {}).items())[:LONGEST_DETAIL]
    return EventRow(**{**shared, **empty, **cells}, event=event, detail=told or None)
