"""Tidy rows of answers, read in portions."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import Q

from generation.models import Clip, Stimulus
from studyserver.studies.exports.dictionary import TidyRow
from studyserver.studies.models import ListenEvent, Response, Session, Study, Trial
from studyserver.studies.rules import Heard
from studyserver.studies.sitting import boards

SESSIONS_AT_A_TIME = 100

SURPLUS = "surplus: came back after its place was given away and its arm was full"
"""Why sessions beyond the quota are left out of the results, which reports show with them as well."""

GIVEN = ("image_position", "choice_ms", "choice_order", "n_changes", "confidence")
"""Columns that are a response's own; without one there is no such value."""


def publishable_name(salt: str, kind: str, secret: str) -> str:
    """A name that tells nothing without the study's salt: 16 hex digits of HMAC-SHA256(salt, "kind:secret")."""
    return hmac.new(salt.encode(), f"{kind}:{secret}".encode(), hashlib.sha256).hexdigest()[:16]


def participant_name(session: Session) -> str:
    """Publishable name of the participant: of the recruitment service's id where there is one, else of the session."""
    external = getattr(session, "external_id", None)
    if external is not None:
        return publishable_name(session.study.salt, "external", external.value)
    return publishable_name(session.study.salt, "participant", session.code)


def session_name(session: Session) -> str:
    """Publishable name of the session; never its secret code."""
    return publishable_name(session.study.salt, "session", session.code)


def read_tidy_rows(study: Study) -> Iterator[TidyRow]:
    """The rows of a study in order of arrival, trial and clip position.

    A main trial has rows once it was shown: answered ones with the choices, a shown but unfinished one with
    `answered` false and no choice. Practice and erased sessions have none.
    """
    sessions = study.sessions.select_related("arm", "external_id").order_by("number")
    queue = sessions.iterator(chunk_size=SESSIONS_AT_A_TIME)
    while chunk := list(islice(queue, SESSIONS_AT_A_TIME)):
        for session in chunk:
            session.study = study
        yield from _rows_of(chunk)


def _rows_of(sessions: Sequence[Session]) -> Iterator[TidyRow]:
    by_id = {session.pk: session for session in sessions}
    shown = Q(state__in=[Trial.State.SHOWN, Trial.State.ANSWERED], kind=Trial.Kind.MAIN)
    trials = list(Trial.objects.filter(shown, session__in=by_id).order_by("session__number", "index"))
    wanted = [trial.pk for trial in trials]
    responses: dict[tuple[int, int], Response] = {
        (response.trial_id, response.clip_position): response for response in Response.objects.filter(trial__in=wanted)
    }
    events: dict[int, list[ListenEvent]] = defaultdict(list)
    for event in ListenEvent.objects.filter(trial__in=wanted).order_by("id"):
        events[event.trial_id].append(event)
    clips = Clip.objects.select_related("category").in_bulk({pk for trial in trials for pk in trial.clip_order})
    chosen = {response.stimulus_id for response in responses.values()}
    stimuli = Stimulus.objects.select_related("category").in_bulk(chosen)
    for trial in trials:
        trial.session = by_id[trial.session_id]
        order = [clips[pk] for pk in trial.clip_order]
        # Listening that was only declared is known to nobody.
        declared = trial.listening_declared and not events[trial.pk]
        heard = None if declared else boards.hear(trial, order, events[trial.pk])
        for position, clip in enumerate(order, start=1):
            response = responses.get((trial.pk, position))
            stimulus = stimuli[response.stimulus_id] if response else None
            yield _row(trial, clip, position, response, stimulus, heard[position - 1] if heard else None)


def name_trial(trial: Trial) -> dict[str, Any]:
    """The cells that say whose trial a row belongs to, in every table of trials."""
    session, name = trial.session, session_name(trial.session)
    return {
        "study": session.study.slug,
        "arm": session.arm.name,
        "participant": participant_name(session),
        "session": name,
        "simulated": session.simulated,
        "block": f"{name}-{trial.index}",
        "trial_index": trial.index,
    }


def _why_excluded(session: Session) -> str:
    if session.state == Session.State.EXCLUDED:
        return session.exclusion_reason
    return SURPLUS if session.surplus else ""


def _row(
    trial: Trial, clip: Clip, position: int, response: Response | None, stimulus: Stimulus | None, heard: Heard | None
) -> TidyRow:
    session = trial.session
    given: dict[str, Any] = {name: getattr(response, name, None) for name in GIVEN}
    return TidyRow(
        **name_trial(trial),
        design=session.study.design,
        n_clips=len(trial.clip_order),
        n_options=len(trial.image_order),
        clip=clip.sha256,
        clip_category=clip.category.name,
        clip_position=position,
        chosen_stimulus=stimulus.sha256 if stimulus else None,
        chosen_category=stimulus.category.name if stimulus else None,
        correct=stimulus.category_id == clip.category_id if stimulus else None,
        rt_ms=trial.rt_ms if response else None,
        play_count=heard.play_count if heard else None,
        listened_ms=heard.listened_ms if heard else None,
        **given,
        answered=response is not None,
        excluded=session.state == Session.State.EXCLUDED or session.surplus,
        exclusion_reason=_why_excluded(session),
    )
