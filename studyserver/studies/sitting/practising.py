"""Around the practice board: once more, or on to the trials."""

from django.db import transaction

from studyserver.studies.models import PracticeAnswer, Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.sitting.where import find_place, lock_session


@transaction.atomic
def repeat_practice(*, session: Session) -> Place:
    """Take the practice board again, from the start."""
    session = lock_session(session)
    if find_place(session).page == "practice":
        trials = session.trials.filter(kind=Trial.Kind.PRACTICE)
        PracticeAnswer.objects.filter(trial__in=trials).delete()
        for trial in trials:
            trial.state, trial.draft, trial.draft_version = Trial.State.SHOWN, {}, trial.draft_version + 1
            trial.answered_at, trial.acknowledged = None, False
            trial.save(update_fields=["state", "draft", "draft_version", "answered_at", "acknowledged"])
        session.save(update_fields=["last_seen_at"])
    return find_place(session)


@transaction.atomic
def finish_practice(*, session: Session) -> Place:
    """Go on to the first trial, once the practice board (if the study has one) is answered."""
    session = lock_session(session)
    if find_place(session).page == "practice":
        waiting = session.trials.filter(kind=Trial.Kind.PRACTICE).exclude(state=Trial.State.ANSWERED)
        if not waiting.exists():
            session.step = Session.Step.TRIALS
        session.save(update_fields=["step", "last_seen_at"])
    return find_place(session)
