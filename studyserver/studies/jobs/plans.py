"""Plans: questions to the planner (how many participants, which effect) as rows, answered by somebody else.

The web process loads no statistics, so a Celery worker works a plan out, or a process of its own on this machine. The
same question of the same version is answered once.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from generation.jobs import start_command
from studyserver.studies.errors import StudyError
from studyserver.studies.jobs.files import GIVEN_UP_AFTER
from studyserver.studies.models import Plan, Study

logger = logging.getLogger(__name__)

TASK = "studyserver.studies.tasks.run_plan"
MOST_BOARDS = 5_000
"""Boards of all participants together; the exact laws of more take too long to wait for."""


@dataclass(frozen=True, kw_only=True)
class PlanInputs:
    """What is asked. `images` None: as many as clips; `theta`, `share`: effects whose power is wanted."""

    k: int = 4
    images: int | None = None
    design: str = Study.Design.ONE_TO_ONE
    participants: int = 12
    trials: int = 1
    arms: int = 1
    alpha: float = 0.05
    correction: str = "holm"
    target: float = 0.8
    theta: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class Worked:
    """What `analysis` makes of a plan: its document, its page and its figure."""

    document: dict[str, Any]
    page: str
    figure: str


def inputs_of(study: Study) -> PlanInputs:
    """The question that a study's design asks, with the smallest of its arms' quotas as participants."""
    quotas = [quota for quota in study.arms.values_list("quota", flat=True) if quota]
    return PlanInputs(
        k=max(2, study.categories.count()),
        design=study.design,
        trials=study.trials_per_session,
        arms=max(1, study.arms.count()),
        participants=min(quotas, default=PlanInputs.participants),
    )


def hash_inputs(inputs: PlanInputs) -> str:
    """sha256 of the question and of the version that answers it."""
    asked = json.dumps([version("paragone"), asdict(inputs)], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


@transaction.atomic
def request_plan(*, inputs: PlanInputs, by: str = "") -> Plan:
    """The plan of this question: the one that is there, or a new one that is being worked out."""
    plan, new = Plan.objects.select_for_update().get_or_create(
        inputs_hash=hash_inputs(inputs), defaults={"inputs": asdict(inputs), "by": by}
    )
    lost = plan.state != Plan.State.DONE and plan.asked_at < timezone.now() - GIVEN_UP_AFTER
    if not new and (plan.state == Plan.State.FAILED or lost):
        plan.state, plan.error, plan.asked_at = Plan.State.QUEUED, "", timezone.now()
        plan.save(update_fields=["state", "error", "asked_at"])
        new = True
    if new:
        transaction.on_commit(partial(start_plan, plan))
    return plan


def start_plan(plan: Plan) -> None:
    """Hand the plan to a worker, or to a process of its own; a failure to do so is written into the row."""
    try:
        if settings.JOBS_ON_WORKERS:
            current_app.send_task(TASK, [plan.pk], retry=False)
        else:
            start_command("run_plan", str(plan.pk), when_dead=partial(note_death, plan.pk))
    except Exception as error:
        logger.exception("Plan %s could not be started", plan.pk)
        fail_plan(plan, f"It could not be started ({error}). Is the broker running?")


def note_death(plan_id: int, status: int) -> None:
    """Write down that the plan's process died without a word."""
    plan = Plan.objects.get(pk=plan_id)
    if plan.finished_at is None:
        fail_plan(plan, f"Its process ended with status {status}. Try it on the command line to see why.")


def perform_plan(plan: Plan, *, compute: Callable[[PlanInputs], Worked]) -> None:
    """Work the plan out and store what came of it. One that is done already is left alone."""
    if plan.state == Plan.State.DONE:
        return
    plan.state, plan.finished_at = Plan.State.RUNNING, None
    plan.save(update_fields=["state", "finished_at"])
    try:
        worked = compute(PlanInputs(**plan.inputs))
    except StudyError as error:
        fail_plan(plan, str(error))
        return
    except BaseException as error:
        fail_plan(plan, f"Stopped by an unforeseen error: {type(error).__name__}: {error}")
        raise
    plan.document, plan.page, plan.figure = worked.document, worked.page, worked.figure
    plan.state, plan.error, plan.finished_at = Plan.State.DONE, "", timezone.now()
    plan.save()


def fail_plan(plan: Plan, error: str) -> None:
    """Write down why there is no answer."""
    plan.state, plan.error, plan.finished_at = Plan.State.FAILED, error, timezone.now()
    plan.save(update_fields=["state", "error", "finished_at"])
