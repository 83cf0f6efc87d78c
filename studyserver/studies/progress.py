"""Reads of a study: its answers as tidy rows, how far participants are. The ORM only; memory does not grow with n."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from studyserver.studies.models import DamagedLinks, Response, Session, Study, Trial
from studyserver.studies.places import LIVE_FOR
from studyserver.studies.rules import evidence
from studyserver.studies.sitting import CLIENT_ERROR


def last_response_at(study: Study) -> datetime | None:
    """When the last main trial's answer came in."""
    found = Response.objects.filter(trial__session__study=study).aggregate(last=Max("created_at"))["last"]
    return found if found is None or isinstance(found, datetime) else None


def count_flow(study: Study) -> dict[str, dict[str, int]]:
    """By arm name: how many sessions started, and how many of them now are in each state.

    Those that were completed beyond the quota (surplus) are counted apart from the completed ones.
    """
    flow = {arm.name: dict.fromkeys(FLOW, 0) for arm in study.arms.order_by("id")}
    rows = study.sessions.order_by().values_list("arm__name", "state", "surplus").annotate(n=Count("id"))
    for name, state, surplus, n in rows:
        flow[name]["started"] += n
        flow[name]["surplus" if surplus and state == Session.State.COMPLETED else state] += n
    return flow


FLOW = ("started", "completed", "surplus", "withdrawn", "excluded", "working")


@dataclass(frozen=True)
class Reached:
    """How many sessions have come to a step, and how many of those left or went silent right there."""

    step: str
    reached: int
    lost: int


@dataclass(frozen=True)
class Trouble:
    """On how many answered main trials something did not reach its participant; older versions kept no evidence."""

    boards: int
    not_shown: int  # an image failed, or never came into view
    not_played: int  # a clip failed
    declared: int  # listening was only declared
    impossible: int  # times that nobody can have
    failing: int  # sessions in which a script failed


@dataclass(frozen=True)
class Progress:
    """How a study goes, without a word on answers or arms."""

    started: int
    completed: int
    surplus: int  # completed as well, but beyond the quota
    working: int  # seen within LIVE_FOR
    silent: int  # working, but not seen for longer
    withdrawn: int
    excluded: int
    simulated: int
    last_seen: datetime | None
    last_completed: datetime | None
    median_minutes: float | None
    steps: list[Reached]
    trouble: Trouble


def read_progress(study: Study) -> Progress:
    """Counts of sessions by state and step. No arm, no choice, no correctness: fit to be seen while a study is open."""
    live_since = timezone.now() - LIVE_FOR
    screened = study.headphone_check != Study.HeadphoneCheck.OFF
    before = ["Sound check", *(["Headphones"] if screened else []), "Practice"]
    names = [*before, *(f"Trial {i}" for i in range(1, study.trials_per_session + 1)), "Debrief"]
    answered = Count("trials", filter=Q(trials__kind=Trial.Kind.MAIN, trials__state=Trial.State.ANSWERED))
    sessions = study.sessions.order_by().annotate(answered=answered)
    states: Counter[str] = Counter()
    here: Counter[int] = Counter()
    lost: Counter[int] = Counter()
    minutes = []
    for state, step, done, seen, began, ended, surplus in sessions.values_list(
        "state", "step", "answered", "last_seen_at", "consented_at", "completed_at", "surplus"
    ):
        silent = state == Session.State.WORKING and seen < live_since
        beyond = surplus and state == Session.State.COMPLETED
        states["silent" if silent else "surplus" if beyond else state] += 1
        place = _place(step, done, before=len(before), last=len(names) - 1)
        here[place] += 1
        if place < len(names) - 1 and (silent or state == Session.State.WITHDRAWN):
            lost[place] += 1
        if ended is not None:
            minutes.append((ended - began).total_seconds() / 60)
    ends = study.sessions.aggregate(seen=Max("last_seen_at"), completed=Max("completed_at"))
    by_state: dict[str, Any] = {name: states[name] for name in (*Session.State.values, "silent", "surplus")}
    return Progress(
        started=sum(states.values()),
        **by_state,
        simulated=study.sessions.filter(simulated=True).count(),
        last_seen=ends["seen"],
        last_completed=ends["completed"],
        median_minutes=median(minutes) if minutes else None,
        trouble=_find_trouble(study),
        steps=[Reached(name, sum(n for at, n in here.items() if at >= i), lost[i]) for i, name in enumerate(names)],
    )


OFTEN = 3


def find_id_troubles(study: Study) -> list[str]:
    """What seems wrong with the ids that a recruitment service puts into the study's link, in sentences."""
    troubles = []
    damaged = DamagedLinks.objects.filter(study=study).first()
    if damaged:
        troubles.append(
            f"{damaged.times} visit{'s' if damaged.times > 1 else ''} came with an id that cannot name one person, the "
            f"last {damaged.last_at:%Y-%m-%d %H:%M} UTC, and got the page “This link is damaged”. Perhaps the "
            "recruitment service did not fill its placeholder in: follow its link yourself, and look at the address."
        )
    starts = study.external_ids.order_by().values("value").annotate(n=Count("id")).filter(n__gte=OFTEN)
    if most := starts.aggregate(most=Max("n"))["most"]:
        troubles.append(
            f"One recruitment id has begun {most} sessions. Perhaps many people came by the same link; the rule "
            "“more than 1 session of the same participant” leaves the later ones out."
        )
    return troubles


def _find_trouble(study: Study) -> Trouble:
    answered = Trial.objects.filter(session__study=study, kind=Trial.Kind.MAIN, state=Trial.State.ANSWERED)
    found: Counter[str] = Counter()
    for told in answered.exclude(evidence={}).values_list("evidence", flat=True).iterator(chunk_size=2000):
        clips, images = set(told["clips"]), set(told["images"])
        found["boards"] += 1
        found["not_shown"] += not images.isdisjoint({*evidence.FAILED, evidence.MISSED})
        found["not_played"] += not clips.isdisjoint(evidence.FAILED)
        found["declared"] += evidence.DECLARED in clips
        found["impossible"] += told["impossible"] is True
    names = ("boards", "not_shown", "not_played", "declared", "impossible")
    failing = study.sessions.filter(client_events__kind=CLIENT_ERROR).distinct().count()
    return Trouble(**{name: found[name] for name in names}, failing=failing)


def _place(step: str, answered: int, *, before: int, last: int) -> int:
    """Index of the page where a session stands, the sound check being 0; `before` pages come before the first trial."""
    if step == Session.Step.DEBRIEF:
        return last
    if step == Session.Step.TRIALS:
        return min(before + answered, last - 1)
    return {Session.Step.PRACTICE: before - 1, Session.Step.HEADPHONES: 1}.get(Session.Step(step), 0)


def erasure_times(study: Study) -> list[datetime]:
    """When participants withdrew who erased their answers; what was exported before still holds them."""
    gone = study.sessions.filter(state=Session.State.WITHDRAWN, withdrawn_at__isnull=False, trials=None)
    return [moment for moment in gone.values_list("withdrawn_at", flat=True) if moment is not None]
