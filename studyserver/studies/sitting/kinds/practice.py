"""Practice: a board with feedback, once more if wanted."""

from django.db import transaction

from generation.models import Content
from studyserver.studies.models import PracticeAnswer, Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import assignment
from studyserver.studies.sitting.material import find_photographs, first_items
from studyserver.studies.sitting.where import find_place, lock_session


def plan_practice(session: Session) -> list[Trial]:
    """The practice board, from the first arm that has images of each practice category; none without categories."""
    study = session.study
    chosen = list(study.practice_categories.select_related("dataset"))
    if not chosen:
        return []
    arms = list(study.arms.order_by("id"))
    items = {category.pk: first_items(arms, category) for category in chosen}
    contents = list(Content.objects.filter(dataset=chosen[0].dataset_id)) if len(chosen) == 1 else []
    planned = assignment.plan_practice(
        items=items,
        contents=[content.pk for content in contents],
        seed=study.seed,
        number=session.number,
        avoid=find_photographs(items, contents),
    )
    return [
        Trial(
            session=session,
            index=0,
            kind=Trial.Kind.PRACTICE,
            clip_order=planned.clip_order,
            image_order=planned.image_order,
        )
    ]


@transaction.atomic
def repeat_practice(*, session: Session) -> Place:
    """Take the practice board again, from the start."""
    session = lock_session(session)
    if find_place(session).page == "practice":
        trials = session.trials.filter(kind=Trial.Kind.PRACTICE)
        PracticeAnswer.objects.filter(trial__in=trials).delete()
        for trial in trials:
            trial.state, trial.draft, trial.draft_version = Trial.State.SHOWN, {}, trial.draft_version + 1
            trial.answered_at = None
            trial.save(update_fields=["state", "draft", "draft_version", "answered_at"])
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
