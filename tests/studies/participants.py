"""Participants in a few lines, through the domain functions, for tests of what comes after them."""

from collections.abc import Callable, Mapping
from typing import Any

from generation.models import Stimulus
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.sitting.answering import record_answers, show_trial
from studyserver.studies.sitting.events import Event, record_events
from studyserver.studies.sitting.kinds import BoardAnswers, Timing
from studyserver.studies.sitting.practising import finish_practice
from studyserver.studies.sitting.screening import record_sound_check
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import find_place

Choose = Callable[[str], str]


def own(category: str) -> str:
    """Every clip gets the image that counts as its own."""
    return category


def swap(first: str, second: str) -> Choose:
    """Two categories are taken for each other."""
    return lambda category: {first: second, second: first}.get(category, category)


def send(trial: Trial, matches: Mapping[int, int], **fields: Any) -> Place:
    """Send a board's answers in."""
    return record_answers(trial=trial, answers=BoardAnswers(matches, **fields))


def begin(study: Study, **fields: Any) -> Session:
    """A session at its first trial."""
    session = start_session(study=study, **fields)
    record_sound_check(session=session, found={"heard": "clearly", "device": "headphones"})
    for trial in session.trials.filter(kind=Trial.Kind.PRACTICE):
        show_trial(trial=trial)
        matches = {i: i for i in range(1, len(trial.clip_order) + 1)}
        send(trial, matches, listening_declared=True)
    finish_practice(session=session)
    session.refresh_from_db()
    return session


def match(trial: Trial, choose: Choose = own) -> dict[int, int]:
    """Image position for each clip position."""
    images = Stimulus.objects.select_related("category").in_bulk(trial.image_order)
    place = {images[pk].category.name: i for i, pk in enumerate(trial.image_order, start=1)}
    clips = trial.session.study.categories.model.objects.filter(clips__in=trial.clip_order)
    heard = dict(clips.values_list("clips__id", "name"))
    return {i: place[choose(heard[pk])] for i, pk in enumerate(trial.clip_order, start=1)}


def show(session: Session) -> Trial:
    """The trial that is due, on the screen."""
    trial = session.trials.get(index=find_place(session).index or 0)
    show_trial(trial=trial)
    return trial


def hear(trial: Trial, milliseconds: int = 1000) -> None:
    """Play every clip of a trial once from the start."""
    for position in range(1, len(trial.clip_order) + 1):
        record_events(
            session=trial.session,
            trial=trial,
            events=[
                Event(f"play-{position}-{trial.pk}", "play", clip=position),
                Event(f"heard-{position}-{trial.pk}", "heard", clip=position, to_ms=milliseconds),
            ],
        )


def answer(session: Session, choose: Choose = own, *, timed: bool = True, **fields: Any) -> Trial:
    """Answer the trial that is due; simulated sessions are heard and timed, others declare to have listened."""
    trial = show(session)
    if session.simulated:
        hear(trial)
        if timed:
            k = len(trial.clip_order)
            fields = {"rt_ms": 9000, "timings": {i: Timing(1000 * (k - i), i) for i in range(1, k + 1)}} | fields
    else:
        fields = {"listening_declared": True} | fields
    send(trial, match(trial, choose), **fields)
    session.refresh_from_db()
    return trial


def complete(study: Study, choose: Choose = own, **fields: Any) -> Session:
    """A participant from consent to debrief."""
    session = begin(study, **fields)
    for _ in range(study.trials_per_session):
        answer(session, choose)
    return session
