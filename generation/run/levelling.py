"""The kind of job that levels a dataset's clips."""

from typing import Any

from django.db.models import QuerySet

from generation.datasets import level_clips
from generation.jobs import Work
from generation.models import LevellingJob


class LevellingWork(Work):
    """Rows of `LevellingJob`. Done twice it does the same: a clip that has its level is passed over."""

    name = "levelling"
    task = "generation.tasks.run_levelling"
    command = "run_levelling_job"

    def rows(self) -> QuerySet:
        return LevellingJob.objects.select_related("dataset")

    def do(self, job: LevellingJob) -> dict[str, Any]:
        done = level_clips(dataset=job.dataset, target=job.target)
        return {"told": "\n".join([done.describe(job.dataset.name, job.target), *done.notices])}


WORK = LevellingWork()
