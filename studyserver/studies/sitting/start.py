"""Starting a session: consent, quota, arm, boards drawn."""

import hashlib

from django.db import transaction
from django.db.models import Max

from studyserver.studies.errors import MaterialMissing, StudyFull, StudyNotOpen
from studyserver.studies.models import Arm, ExternalId, Session, Study, Trial
from studyserver.studies.rules import assignment
from studyserver.studies.sitting.kinds import all_kinds
from studyserver.studies.sitting.quota import count_taken
from studyserver.studies.sitting.screening import draw_headphones


def hash_consent(study: Study) -> str:
    """sha256 of the consent text, as stored with every session."""
    return hashlib.sha256(study.consent_text.encode()).hexdigest()


def check_open(study: Study, *, simulated: bool = False) -> None:
    """Raise StudyNotOpen unless new participants (of this kind) may start."""
    if study.status == Study.Status.DRAFT:
        raise StudyNotOpen("This study has not started yet.", reason="draft")
    if study.status == Study.Status.CLOSED:
        raise StudyNotOpen("This study is closed.", reason="closed")
    if study.simulated_only and not simulated:
        raise StudyNotOpen("This study takes simulated participants only.", reason="simulated")


def find_session(*, study: Study, external_id: str) -> Session | None:
    """The session that a recruitment service's id started in this study."""
    if not external_id:
        return None
    return Session.objects.filter(study=study, external_id__value=external_id).first()


@transaction.atomic
def start_session(
    *,
    study: Study,
    consent_version: str | None = None,
    code: str | None = None,
    external_id: str = "",
    simulated: bool = False,
) -> Session:
    """Begin a session after consent, or find the one that this consent or this external id has begun.

    `consent_version` is the hash of the text agreed to (default: the present one). `code` is the address drawn for
    the consent form, so that sending the form twice starts one session. Raises StudyNotOpen, StudyFull,
    MaterialMissing.
    """
    study = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if code and (known := Session.objects.filter(study=study, code=code).first()):
        return known
    if known := find_session(study=study, external_id=external_id):
        return known
    check_open(study, simulated=simulated)
    number = (study.sessions.aggregate(last=Max("number"))["last"] or 0) + 1
    arm = _choose_arm(study, number, simulated=simulated)
    version = consent_version or hash_consent(study)
    session = Session(study=study, arm=arm, number=number, consent_version=version, simulated=simulated)
    if code:
        session.code = code
    if study.headphone_check != Study.HeadphoneCheck.OFF:
        session.headphones = {"order": draw_headphones(session, attempt=1)}
    session.save()
    Trial.objects.bulk_create(_plan(session))
    if external_id:
        ExternalId.objects.create(study=study, session=session, value=external_id)
    return session


def draw_preview(study: Study) -> list[Trial]:
    """Boards as a first participant of the first arm might see them; nothing is stored. Raises MaterialMissing."""
    arm = study.arms.order_by("id").first()
    if arm is None:
        raise MaterialMissing("The study has no arm, so there is nothing to show.")
    return _plan(Session(study=study, arm=arm, number=0))


def _choose_arm(study: Study, number: int, *, simulated: bool) -> Arm:
    loads = count_taken(study, simulated=simulated)
    chosen = assignment.choose_arm(loads, rng=assignment.rng_for(study.seed, number, "arm"))
    if chosen is None:
        raise StudyFull("This study has all the participants it needs.", reason="full")
    return study.arms.get(pk=chosen)


def _plan(session: Session) -> list[Trial]:
    """All trials of a new session, not yet stored: each kind in turn plans its own."""
    planned: list[Trial] = []
    for kind in all_kinds():
        if kind.is_in(session.study):
            planned += kind.plan(session, first=max((trial.index for trial in planned), default=0) + 1)
    return planned
