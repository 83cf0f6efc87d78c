"""Flagged stimuli: images that no study shows."""

from collections.abc import Iterable

from django.db import transaction

from generation.errors import StimulusSetError
from generation.models import Stimulus, StimulusSet


def refuse_if_opened(stimulus_set: StimulusSet) -> None:
    """Raise StimulusSetError when an opened study shows this set; to be called inside a transaction."""
    # Locked until the end of the transaction, so that no study opens between this look and the write.
    arms = stimulus_set.arms.select_related("study").select_for_update(of=("self", "study")).order_by("study_id")
    opened = [arm.study for arm in arms if arm.study.status != "draft"]
    if opened:
        raise StimulusSetError(
            f'The study "{opened[0].title}" was opened with the set {stimulus_set.name}: its images are part of a '
            "frozen design and cannot be changed. Make another set for the next study."
        )


def flag_stimuli(*, stimuli: Iterable[Stimulus], flagged: bool = True) -> int:
    """Mark images as never to be shown to participants (or take the mark away); returns how many changed.

    All or none: StimulusSetError when any of their sets is shown by an opened study.
    """
    chosen = {row.pk for row in stimuli}
    with transaction.atomic():
        for stimulus_set in StimulusSet.objects.filter(stimuli__in=chosen).distinct().order_by("pk"):
            refuse_if_opened(stimulus_set)
        return Stimulus.objects.filter(pk__in=chosen).exclude(flagged=flagged).update(flagged=flagged)
