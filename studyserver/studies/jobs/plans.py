"""Plans: questions to the planner (how many participants, which effect) as rows, answered by somebody else.

The web process loads no statistics, so a Celery worker works a plan out, or a process of its own on this machine. The
same question of the same version is answered once.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from django.db import transaction
from django.utils import timezone

from generation.jobs import find_work
from studyserver.studies.models import Plan, Study

MOST_BOARDS = 5_000
"""Boards of all participants together; the exact laws of more take too long to wait for."""

Worked = dict[str, Any]
"""What `analysis` makes of a plan, by column of its row: document, page and figure."""


@dataclass(frozen=True, kw_only=True)
class PlanInputs:
    """What is asked. `images` None: as many as clips; `theta`, `share`: effects whose power is wanted.

    `sequential`: a study that keeps the plan may stop as soon as its e-value suffices, which its monitor tells.
    """

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
    sequential: bool = False


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
    work = find_work("plan")
    plan, new = Plan.objects.select_for_update().get_or_create(
        inputs_hash=hash_inputs(inputs), defaults={"inputs": asdict(inputs), "by": by}
    )
    if new or work.retry(plan, asked_at=timezone.now()):
        transaction.on_commit(partial(work.tell, plan))
    return plan
