"""Answers to a board: checked, timed, stored once, and on to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from generation.models import Clip, Content, Stimulus
from studyserver.studies.errors import AnswersInvalid, WrongPlace
from studyserver.studies.models import PracticeAnswer, Response, Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import find_match_problems
from studyserver.studies.sitting import boards
from studyserver.studies.sitting.where import COUNTED, find_place, lock_session

CLOCK_TOLERANCE_MS = 1000


@dataclass(frozen=True)
class Timing:
    """How the participant came to the match of one clip; measured by the page, empty without script."""

    choice_ms: int
    n_changes: int = 0


@transaction.atomic
def record_practice(*, trial: Trial, matches: Mapping[int, int], listening_declared: bool = False) -> Place:
    """Store the practice board's answers apart from the study's; the same rules hold as in a trial."""
    session = lock_session(trial.session)
    trial = reload_trial(trial, session)
    if find_place(session).page == "practice" and trial.state != Trial.State.ANSWERED:
        clips, images = boards.load_clips(trial), boards.load_images(trial)
        _check(trial, clips, images, matches, {}, listening_declared, confidence_asked=False)
        _keep_apart(trial, clips, images, matches)
        _close(trial, rt_ms=None, listening_declared=listening_declared)
        session.save(update_fields=["last_seen_at"])
    return find_place(session)


def _keep_apart(
    trial: Trial, clips: Sequence[Clip], images: Sequence[Stimulus | Content], matches: Mapping[int, int]
) -> None:
    """Store the answers of a board that is no part of the data."""
    PracticeAnswer.objects.bulk_create(
        PracticeAnswer(
            trial=trial,
            clip=clip,
            stimulus=image if isinstance(image, Stimulus) else None,
            content=image if isinstance(image, Content) else None,
        )
        for position, clip in enumerate(clips, start=1)
        for image in [images[matches[position] - 1]]
    )


def show_trial(*, trial: Trial) -> None:
    """Note the first display of a board; from then on the server's clock bounds what can have been heard."""
    now = timezone.now()
    shown = Trial.objects.filter(pk=trial.pk, shown_at=None).update(shown_at=now, state=Trial.State.SHOWN)
    if shown:
        trial.shown_at, trial.state = now, Trial.State.SHOWN
    elif trial.shown_at is None:
        trial.refresh_from_db(fields=["shown_at", "state"])


def reload_trial(trial: Trial, session: Session) -> Trial:
    """The trial as it is now, under the session's lock."""
    fresh = Trial.objects.get(pk=trial.pk)
    fresh.session = session
    return fresh


def is_current(trial: Trial, place: Place) -> bool:
    if trial.kind == Trial.Kind.PRACTICE:
        return place.page == "practice" and trial.state != Trial.State.ANSWERED
    return place == Place("trial", trial.index)


@transaction.atomic
def record_answers(
    *,
    trial: Trial,
    matches: Mapping[int, int],
    confidence: Mapping[int, int] | None = None,
    rt_ms: int | None = None,
    timings: Mapping[int, Timing] | None = None,
    listening_declared: bool = False,
) -> Place:
    """Store one main trial's answers, all of them or none, and say where the session is now.

    `matches` and `timings` map clip positions to image positions and to how the match came about; positions count
    from 1. An answered trial, or one that is not due, stores nothing. Raises AnswersInvalid when the design's rules
    are broken: a clip without image, a position that does not exist, an image twice in one-to-one, a clip not heard
    as the study asks (by the server's own log, or declared on a page without script), confidence missing.
    """
    session = lock_session(trial.session)
    trial = reload_trial(trial, session)
    if is_current(trial, find_place(session)):
        clips, images = boards.load_clips(trial), boards.load_images(trial)
        confidence = confidence or {}
        asked = session.study.ask_confidence
        _check(trial, clips, images, matches, confidence, listening_declared, confidence_asked=asked)
        rt_ms, timings = _plausible(trial, rt_ms, timings or {}, len(clips))
        order = {position: rank for rank, position in enumerate(_by_time(timings), start=1)}
        Response.objects.bulk_create(
            Response(
                trial=trial,
                clip=clip,
                stimulus_id=images[matches[position] - 1].pk,
                clip_position=position,
                image_position=matches[position],
                choice_ms=timings[position].choice_ms if timings else None,
                choice_order=order[position] if timings else None,
                n_changes=timings[position].n_changes if timings else None,
                confidence=confidence.get(position) if asked else None,
            )
            for position, clip in enumerate(clips, start=1)
        )
        _close(trial, rt_ms=rt_ms, listening_declared=listening_declared)
        session = _go_on(session)
    return find_place(session)


@transaction.atomic
def record_attention(*, trial: Trial, matches: Mapping[int, int], rt_ms: int | None = None) -> Place:
    """Store an attention check and whether it was passed; no listening is asked for, and nothing of it is analysed."""
    session = lock_session(trial.session)
    trial = reload_trial(trial, session)
    if is_current(trial, find_place(session)):
        clips, images = boards.load_clips(trial), boards.load_images(trial)
        _check(trial, clips, images, matches, {}, False, confidence_asked=False)
        _keep_apart(trial, clips, images, matches)
        trial.passed = matches[1] == trial.instructed
        trial.save(update_fields=["passed"])
        rt_ms, _ = _plausible(trial, rt_ms, {}, len(clips))
        _close(trial, rt_ms=rt_ms, listening_declared=False)
        session = _go_on(session)
    return find_place(session)


def _go_on(session: Session) -> Session:
    """After a board: the session is complete when no other waits."""
    session.save(update_fields=["last_seen_at"])
    return session if _is_waiting(session) else complete_session(session=session)


def _close(trial: Trial, *, rt_ms: int | None, listening_declared: bool) -> None:
    trial.state = Trial.State.ANSWERED
    trial.answered_at = timezone.now()
    trial.rt_ms = rt_ms
    trial.listening_declared = listening_declared and not trial.listen_events.exists()
    trial.draft = {}
    trial.save(update_fields=["state", "answered_at", "rt_ms", "listening_declared", "draft"])


def _check(
    trial: Trial,
    clips: Sequence[Clip],
    images: Sequence[Stimulus | Content],
    matches: Mapping[int, int],
    confidence: Mapping[int, int],
    listening_declared: bool,
    *,
    confidence_asked: bool,
) -> None:
    """Raise AnswersInvalid unless the board may be stored."""
    study = trial.session.study
    problems = find_match_problems(
        matches, n_clips=len(clips), n_images=len(images), one_to_one=study.design == Study.Design.ONE_TO_ONE
    )
    # The declaration stands for a log only where there is none: a page with script keeps one.
    if not (listening_declared and not trial.listen_events.exists()):
        heard = boards.load_heard(trial, clips, simulated=trial.session.simulated)
        fulfilled = boards.judge_listening(trial, study, clips, heard)
        rule = boards.rule_of(trial, study)
        problems += [f"Clip {i} {UNHEARD[rule]}" for i, ok in enumerate(fulfilled, 1) if not ok]
    if confidence_asked:
        rated = [confidence.get(position) for position in range(1, len(clips) + 1)]
        problems += [
            f"Say how sure you are of clip {position} (1 to 7)."
            for position, value in enumerate(rated, start=1)
            if value is None or not 1 <= value <= 7
        ]
    if problems:
        raise AnswersInvalid(problems)


UNHEARD: Mapping[str, str] = {
    Study.ListeningRule.NONE: "has not been heard.",
    Study.ListeningRule.START: "has not been played yet.",
    Study.ListeningRule.SECONDS: "has not been heard for long enough yet.",
    Study.ListeningRule.END: "has not been heard to its end yet.",
}


def _plausible(
    trial: Trial, rt_ms: int | None, timings: Mapping[int, Timing], n_clips: int
) -> tuple[int | None, Mapping[int, Timing]]:
    """Timings as sent, or none: of a board that was not wholly timed, or longer than the server's own clock says."""
    if rt_ms is None or trial.shown_at is None:
        return None, {}
    if not trial.session.simulated and rt_ms > _elapsed_ms(trial.shown_at) + CLOCK_TOLERANCE_MS:
        return None, {}
    complete = set(timings) == set(range(1, n_clips + 1))
    if complete and all(0 <= timing.choice_ms <= rt_ms for timing in timings.values()):
        return rt_ms, timings
    return rt_ms, {}


def _elapsed_ms(since: datetime) -> float:
    return (timezone.now() - since).total_seconds() * 1000


def _by_time(timings: Mapping[int, Timing]) -> list[int]:
    """Clip positions in the order of their last assignment."""
    return sorted(timings, key=lambda position: (timings[position].choice_ms, position))


def _is_waiting(session: Session) -> bool:
    """Whether a main trial or an attention check is still to be answered."""
    return session.trials.filter(kind__in=COUNTED).exclude(state=Trial.State.ANSWERED).exists()


@transaction.atomic
def complete_session(*, session: Session) -> Session:
    """Mark the session completed; an exclusion stays one. Raises WrongPlace while a trial is unanswered."""
    session = lock_session(session)
    if session.step == Session.Step.TRIALS:
        if _is_waiting(session):
            raise WrongPlace(find_place(session))
        session.step = Session.Step.DEBRIEF
        session.completed_at = timezone.now()
        if session.state == Session.State.WORKING:
            session.state = Session.State.COMPLETED
        session.save(update_fields=["step", "state", "completed_at", "last_seen_at"])
    return session
