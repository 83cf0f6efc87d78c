"""Reviewed sets: somebody has looked at every image before participants do."""

from django.db import transaction
from django.utils import timezone

from generation.errors import StimulusSetError
from generation.models import StimulusSet


@transaction.atomic
def review_set(*, stimulus_set: StimulusSet, by: str, warning: str = "", seen: int | None = None) -> StimulusSet:
    """Say that somebody has looked at all images of a set.

    Parameters
    ----------
    stimulus_set : a set that is complete
    by : who looked
    warning : what participants should be warned of; empty: nothing
    seen : how many images there were to be seen (None: as many as there are)

    Raises
    ------
    StimulusSetError
        when the set is not complete, or holds other images than were seen
    """
    row = StimulusSet.objects.select_for_update().get(pk=stimulus_set.pk)
    count = row.stimuli.count()
    if row.status != StimulusSet.Status.READY or not count:
        stands = row.get_status_display() if count else "empty"
        raise StimulusSetError(f"The set {row.name} is {stands}; look through it when it is complete.")
    if seen is not None and seen != count:
        raise StimulusSetError(
            f"The set {row.name} holds {count} images now, not the {seen} that you were shown. Look through it again."
        )
    row.reviewed_by, row.reviewed_at, row.content_warning = by, timezone.now(), warning.strip()
    row.save(update_fields=["reviewed_by", "reviewed_at", "content_warning"])
    return row
