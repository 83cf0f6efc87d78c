"""Asking for a dataset's clips to be levelled; `generation.run.levelling` does it."""

from functools import partial

from django.db import transaction

from generation.jobs.work import find_work
from generation.models import Dataset, LevellingJob


@transaction.atomic
def request_levelling(*, dataset: Dataset, target: float, by: str = "") -> LevellingJob:
    """The job that levels the dataset: the one under way, or a new one."""
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    active = dataset.levellings.filter(state__in=[LevellingJob.State.QUEUED, LevellingJob.State.RUNNING]).first()
    if active is not None:
        return active
    job = LevellingJob.objects.create(dataset=dataset, target=target, by=by)
    transaction.on_commit(partial(find_work("levelling").tell, job))
    return job
