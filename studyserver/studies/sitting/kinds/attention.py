"""Attention checks among the trials."""

from generation.models import Content
from studyserver.studies.models import Session, Trial
from studyserver.studies.rules import assignment
from studyserver.studies.sitting.material import first_items


def plan_attention(session: Session, *, images: int) -> list[Trial]:
    """The attention checks, of practice material and neutral photographs; none where the study wants none."""
    study = session.study
    if not study.attention_boards:
        return []
    arms, chosen = list(study.arms.order_by("id")), list(study.practice_categories.select_related("dataset"))
    contents = Content.objects.filter(dataset__in={category.dataset_id for category in chosen})
    planned = assignment.plan_attention(
        items=[item for category in chosen for item in first_items(arms, category)],
        contents=list(contents.values_list("pk", flat=True)),
        images=images,
        boards=study.attention_boards,
        trials=study.trials_per_session,
        seed=study.seed,
        number=session.number,
    )
    return [
        Trial(
            session=session,
            index=study.trials_per_session + place,
            kind=Trial.Kind.ATTENTION,
            clip_order=check.clip_order,
            image_order=check.image_order,
            instructed=check.instructed,
            after=check.after,
        )
        for place, check in enumerate(planned, start=1)
    ]
