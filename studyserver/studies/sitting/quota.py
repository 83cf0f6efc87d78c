"""Places in the arms of a study: who holds one, for how long, and who came back too late.

A place is provisional until a board is answered (practice counts): it is held for PLACE_HELD_S after its participant
was last seen. From then on it is firm, held for LIVE_FOR, and for ever once the session is complete. All of it follows
from the rows and the clock; nobody has to sweep. Whoever was away for longer takes the place again while the arm has
room, and otherwise goes on as surplus: with everything a participant gets, but against no quota.

Places are given under the lock of the study's row, so that no arm ever holds more than its quota. Simulated sessions
have places of their own: they never take one of a person.
"""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.places import LIVE_FOR
from studyserver.studies.rules import ArmLoad

SURE = 0.9
"""Part of the time within which a session is sure to hold its place while its own request is being answered; others
count it for the whole time."""


def held_for() -> timedelta:
    """How long a provisional place is held after its participant was last seen."""
    return timedelta(seconds=settings.PLACE_HELD_S)


def holds_place() -> Q:
    """Sessions that count against a quota: completed, or at it and seen lately; surplus ones never do."""
    now = timezone.now()
    answered = Exists(Trial.objects.filter(session=OuterRef("pk"), state=Trial.State.ANSWERED))
    lately = Q(last_seen_at__gte=now - held_for()) | Q(answered, last_seen_at__gte=now - LIVE_FOR)
    return Q(surplus=False) & (Q(state=Session.State.COMPLETED) | Q(lately, state=Session.State.WORKING))


def count_taken(study: Study, *, simulated: bool = False) -> list[ArmLoad]:
    """Places taken in each arm, by people or by simulated participants."""
    holders = study.sessions.filter(holds_place(), simulated=simulated)
    counts = Counter(holders.values_list("arm", flat=True))
    arms = study.arms.order_by("id").values_list("id", "quota")
    return [ArmLoad(arm=pk, taken=counts[pk], quota=quota) for pk, quota in arms]


def is_full(study: Study, *, simulated: bool = False) -> bool:
    """Whether every arm has reached its quota."""
    return all(load.is_full for load in count_taken(study, simulated=simulated))


def may_have_lapsed(session: Session) -> bool:
    """Whether a person at work was away for so long that the place may have gone to somebody else."""
    if session.simulated or session.state != Session.State.WORKING or session.study.status != Study.Status.OPEN:
        return False
    away = timezone.now() - session.last_seen_at
    if away <= SURE * held_for():
        return False
    firm = session.trials.filter(state=Trial.State.ANSWERED).exists()
    return away > SURE * (max(LIVE_FOR, held_for()) if firm else held_for())


def claim_place(session: Session) -> None:
    """Hold a place of the arm (again), or be surplus where it is full. The session's row must be locked."""
    Study.objects.select_for_update(no_key=True).get(pk=session.study_id)
    others = Session.objects.filter(holds_place(), arm=session.arm_id, simulated=session.simulated)
    taken = others.exclude(pk=session.pk).count()
    session.surplus = ArmLoad(session.arm_id, taken, session.arm.quota).is_full
    session.save(update_fields=["surplus", "last_seen_at"])
