"""Tidy rows of answers, read in portions."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from django.db.models import Q

from generation.models import Clip, Stimulus
from studyserver.studies.exports.dictionary import Column, columns_of
from studyserver.studies.models import ListenEvent, Response, Session, Study, Trial
from studyserver.studies.rules import Heard, Report, summarise
from studyserver.studies.sitting import durations_ms

SESSIONS_AT_A_TIME = 100


@dataclass(frozen=True, kw_only=True)
class TidyRow:
    """One clip of a shown main trial. None: there is no such value."""

    study: Annotated[str, Column("slug", "The study's address name.")]
    arm: Annotated[str, Column("slug", "Arm (condition) of the participant: which stimulus set was shown.")]
    participant: Annotated[
        str,
        Column(
            "16 hex digits",
            "Publishable pseudonym: keyed hash (HMAC-SHA256, secret of the study) of the recruitment service's "
            "id, or of the session where there is none. The same person in another study has another name.",
        ),
    ]
    session: Annotated[str, Column("16 hex digits", "Publishable name of the sitting; not its secret address.")]
    simulated: Annotated[bool, Column("0, 1", "1: answered by a program, not by a person.")]
    block: Annotated[str, Column("session-trial", "One board answered by one participant; the unit of chance.")]
    trial_index: Annotated[int, Column("1 to trials per participant", "Place of the trial in the sitting.")]
    design: Annotated[
        str,
        Column(
            "one_to_one, free",
            "one_to_one: every image is used exactly once; free: an image may be chosen for several clips. "
            "Decides the chance law.",
        ),
    ]
    n_clips: Annotated[int, Column("2 or more", "Clips on the board.", unit="clips")]
    n_options: Annotated[int, Column("2 or more", "Images on the board.", unit="images")]
    clip: Annotated[str, Column("64 hex digits", "sha256 of the clip's file.")]
    clip_category: Annotated[str, Column("a category", "Category of the clip (heard).")]
    clip_position: Annotated[int, Column("1 to n_clips", "Place of the clip on the board, first is 1.")]
    chosen_stimulus: Annotated[
        str | None, Column("64 hex digits", "sha256 of the chosen image's file.", empty="not answered")
    ]
    chosen_category: Annotated[
        str | None,
        Column(
            "a category",
            "Category that the chosen image counts as; in a shuffled control the shuffled one.",
            empty="not answered",
        ),
    ]
    image_position: Annotated[
        int | None, Column("1 to n_options", "Place of the chosen image, first is 1.", empty="not answered")
    ]
    correct: Annotated[
        bool | None, Column("0, 1", "1: clip_category and chosen_category are the same.", empty="not answered")
    ]
    rt_ms: Annotated[
        int | None,
        Column(
            "0 or more",
            "From all media ready to submitting the board, by the page's clock; equal on all rows of a block.",
            unit="ms",
            empty="not answered; no script; not plausible",
        ),
    ]
    choice_ms: Annotated[
        int | None,
        Column(
            "0 to rt_ms",
            "From all media ready to the last assignment of this clip.",
            unit="ms",
            empty="not answered; no script; not plausible",
        ),
    ]
    choice_order: Annotated[
        int | None,
        Column("1 to n_clips", "Rank of choice_ms in the block.", empty="not answered; no script; not plausible"),
    ]
    n_changes: Annotated[
        int | None,
        Column(
            "0 or more",
            "How often this clip's image was changed or taken away before submitting.",
            unit="changes",
            empty="not answered; no script; not plausible",
        ),
    ]
    play_count: Annotated[
        int | None,
        Column(
            "0 or more",
            "How often the clip was started from its beginning; going on after a pause does not count.",
            unit="plays",
            empty="listening declared without script",
        ),
    ]
    listened_ms: Annotated[
        int | None,
        Column(
            "0 to the clip's length",
            "How much of the clip was heard; a part heard twice counts once.",
            unit="ms",
            empty="listening declared without script",
        ),
    ]
    confidence: Annotated[
        int | None, Column("1 (unsure) to 7 (sure)", "Confidence of the match.", empty="not asked; not answered")
    ]
    answered: Annotated[bool, Column("0, 1", "0: the board was shown but not submitted.")]
    excluded: Annotated[bool, Column("0, 1", "1: a researcher excluded the session; reports show both ways.")]
    exclusion_reason: Annotated[str, Column("free text", "Why, in the researcher's words.", empty="not excluded")]


COLUMNS = columns_of(TidyRow)


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
        heard = hear(trial, order, events[trial.pk])
        for position, clip in enumerate(order, start=1):
            response = responses.get((trial.pk, position))
            stimulus = stimuli[response.stimulus_id] if response else None
            yield _row(trial, clip, position, response, stimulus, heard[position - 1] if heard else None)


def hear(trial: Trial, clips: Sequence[Clip], events: Sequence[ListenEvent]) -> list[Heard] | None:
    """What was heard of each clip; None when listening was only declared, so that nobody knows."""
    if trial.listening_declared and not events:
        return None
    shown_at = trial.shown_at
    if shown_at is None:
        return [Heard() for _ in clips]
    reports = [
        Report(e.clip_position, e.kind, e.from_ms, e.to_ms, int((e.created_at - shown_at).total_seconds() * 1000))
        for e in events
    ]
    return summarise(reports, durations_ms=durations_ms(clips), plausible_only=not trial.session.simulated)


def _row(
    trial: Trial, clip: Clip, position: int, response: Response | None, stimulus: Stimulus | None, heard: Heard | None
) -> TidyRow:
    session, study = trial.session, trial.session.study
    name = session_name(session)
    return TidyRow(
        study=study.slug,
        arm=session.arm.name,
        participant=participant_name(session),
        session=name,
        simulated=session.simulated,
        block=f"{name}-{trial.index}",
        trial_index=trial.index,
        design=study.design,
        n_clips=len(trial.clip_order),
        n_options=len(trial.image_order),
        clip=clip.sha256,
        clip_category=clip.category.name,
        clip_position=position,
        chosen_stimulus=stimulus.sha256 if stimulus else None,
        chosen_category=stimulus.category.name if stimulus else None,
        image_position=response.image_position if response else None,
        correct=stimulus.category_id == clip.category_id if stimulus else None,
        rt_ms=trial.rt_ms if response else None,
        choice_ms=response.choice_ms if response else None,
        choice_order=response.choice_order if response else None,
        n_changes=response.n_changes if response else None,
        play_count=heard.play_count if heard else None,
        listened_ms=heard.listened_ms if heard else None,
        confidence=response.confidence if response else None,
        answered=response is not None,
        excluded=session.state == Session.State.EXCLUDED,
        exclusion_reason=session.exclusion_reason if session.state == Session.State.EXCLUDED else "",
    )
