"""Whether an open study may stop by the evidence that its plan asks for. That, and nothing else, leaves this module."""

from math import log
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet

from generation.models import StimulusSet
from studyserver.studies.models import Arm, Response, Session, Study, Trial

if TYPE_CHECKING:
    from analysis.evalues import AnsweredBoard

KEPT_S = 24 * 3600


def may_stop(study: Study) -> bool | None:
    """Whether every arm's e-value has reached 1 / alpha of a plan that lets the study stop early; None without one.

    Shuffled controls, which shall not reach it, are not waited for. Worked out once for each participant who completes.
    """
    plan = study.plan
    if study.status != Study.Status.OPEN or plan is None or not plan.inputs.get("sequential"):
        return None
    done = _completed(study).aggregate(n=Count("id"), last=Max("completed_at"))
    key = f"may-stop/{study.pk}/{study.design_hash}/{done['n']}/{done['last'] and done['last'].timestamp()}"
    enough = log(1 / plan.inputs["alpha"])
    return bool(cache.get_or_set(key, lambda: _suffices(study, enough), KEPT_S))


def _suffices(study: Study, enough: float) -> bool:
    arms = list(study.arms.exclude(stimulus_set__source=StimulusSet.Source.SHUFFLED)) or list(study.arms.all())
    return all(_log_e_value(study, arm) >= enough for arm in arms)


def _completed(study: Study) -> QuerySet[Session]:
    sessions = study.sessions.filter(state=Session.State.COMPLETED, surplus=False)
    return sessions.filter(simulated=study.simulated_only)


def _log_e_value(study: Study, arm: Arm) -> float:
    """Natural log of an arm's e-value over all who completed it; sessions of one recruitment id are one person's."""
    from analysis.evalues import log_e_value

    rows = (
        Response.objects.filter(trial__session__in=_completed(study).filter(arm=arm), trial__kind=Trial.Kind.MAIN)
        .order_by("trial", "clip_position")
        .values_list(
            "trial__session__external_id__value", "trial__session", "trial", "clip__category", "stimulus__category"
        )
    )
    numbers = {pk: i for i, pk in enumerate(study.categories.values_list("pk", flat=True))}
    people: dict[str | int, dict[int, list[tuple[int, int]]]] = {}
    for name, session, trial, heard, chosen in rows:
        person = people.setdefault(name or session, {})
        person.setdefault(trial, []).append((numbers[heard], numbers[chosen]))
    boards = [[_board(pairs, len(numbers)) for pairs in found.values()] for found in people.values()]
    return log_e_value(boards, design=study.design)


def _board(pairs: list[tuple[int, int]], n_images: int) -> "AnsweredBoard":
    from analysis.evalues import AnsweredBoard

    return AnsweredBoard(tuple(heard for heard, _ in pairs), tuple(chosen for _, chosen in pairs), n_images)
