"""The kind of job that works a plan out."""

from typing import Any

from django.db.models import QuerySet

from generation.jobs import Work
from studyserver.studies.errors import StudyError
from studyserver.studies.jobs.plans import PlanInputs
from studyserver.studies.models import Plan


class Planning(Work):
    """Rows of `Plan`; what is worked out is stored in them."""

    name = "plan"
    task = "studyserver.studies.tasks.run_plan"
    command = "run_plan"
    refusals = (StudyError,)

    def rows(self) -> QuerySet:
        return Plan.objects.all()

    def do(self, job: Plan) -> dict[str, Any]:
        from studyserver.studies.jobs.planning import compute_plan  # noqa: PLC0415 -- slow import

        return compute_plan(PlanInputs(**job.inputs))


WORK = Planning()
