"""Starting a session: consent, quota, arm, boards drawn."""

import hashlib
from collections.abc import Collection

from django.core.signing import Signer
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from studyserver.studies.errors import MaterialMissing, StudyFull, StudyNotOpen
from studyserver.studies.models import Arm, DamagedLinks, ExternalId, Session, Study, Trial
from studyserver.studies.rules import UNGUESSABLE_BITS, ServiceLink, assignment, guess_bits
from studyserver.studies.sitting.kinds import all_kinds
from studyserver.studies.sitting.quota import count_taken
from studyserver.studies.sitting.screening import draw_headphones
from studyserver.studies.sitting.where import seal_id

NO_LINK = ServiceLink()


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


def find_session(
    *, study: Study, external_id: str, link: ServiceLink = NO_LINK, begun_here: Collection[str] = ()
) -> Session | None:
    """The session that a recruitment service's id has begun in this study and may go on with, as the study has it.

    `begun_here` are the codes of sessions that began in the browser that asks. Elsewhere an id opens a session only
    where nobody can guess it: one of UNGUESSABLE_BITS that comes with the session id of the service with which it
    began, or one that a researcher has signed.
    """
    if not external_id or study.resume_by_id == Study.ResumeById.NEVER:
        return None
    sessions = Session.objects.filter(study=study, external_id__value=external_id).order_by("-number")
    here = sessions.filter(code__in=begun_here).first()
    if here or study.resume_by_id == Study.ResumeById.BROWSER:
        return here
    if link.signed:
        return sessions.filter(external_id__signed=True).first()
    if link.session and guess_bits(external_id) >= UNGUESSABLE_BITS:
        return sessions.filter(external_id__service_session=link.session).first()
    return None


def sign_id(study: Study, external_id: str) -> str:
    """A signature that makes a link of this id the id's own: nobody else can make one."""
    return _signer(study).signature(external_id)


def is_signed(study: Study, external_id: str, signature: str) -> bool:
    """Whether a researcher has signed this id for this study."""
    return constant_time_compare(sign_id(study, external_id), signature)


def _signer(study: Study) -> Signer:
    return Signer(salt=f"recruitment id/{study.pk}")


def note_damaged_link(study: Study) -> None:
    """Count a visit whose id cannot name one person; the study's page tells its researchers."""
    DamagedLinks.objects.get_or_create(study=study)
    DamagedLinks.objects.filter(study=study).update(times=F("times") + 1, last_at=timezone.now())


@transaction.atomic
def start_session(
    *,
    study: Study,
    consent_version: str | None = None,
    code: str | None = None,
    external_id: str = "",
    link: ServiceLink = NO_LINK,
    simulated: bool = False,
) -> Session:
    """Begin a session after consent, or find the one that this consent has begun or that the id may go on with.

    `consent_version` is the hash of the text agreed to (default: the present one). `code` is the address drawn for
    the consent form, so that sending the form twice starts one session. `external_id` and `link` are what a
    recruitment service put into the study's link; an id that may not go on (`find_session`) begins anew, as an unknown
    one would, and the session says that the id was there before. Raises StudyNotOpen, StudyFull, MaterialMissing.
    """
    study = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if code and (known := Session.objects.filter(study=study, code=code).first()):
        return known
    if known := find_session(study=study, external_id=external_id, link=link):
        return known
    check_open(study, simulated=simulated)
    number = (study.sessions.aggregate(last=Max("number"))["last"] or 0) + 1
    arm, surplus = _choose_arm(study, number, external_id, simulated=simulated)
    version = consent_version or hash_consent(study)
    session = Session(study=study, arm=arm, number=number, consent_version=version, simulated=simulated)
    session.surplus = surplus
    session.id_before = _find_earlier(study, external_id)
    if code:
        session.code = code
    if study.headphone_check != Study.HeadphoneCheck.OFF:
        session.headphones = {"order": draw_headphones(session, attempt=1)}
    session.save()
    Trial.objects.bulk_create(_plan(session))
    if external_id:
        ids = {"value": external_id, "service_study": link.study, "service_session": link.session}
        ExternalId.objects.create(study=study, session=session, signed=link.signed, **ids)
    return session


def draw_preview(study: Study) -> list[Trial]:
    """Boards as a first participant of the first arm might see them; nothing is stored. Raises MaterialMissing."""
    arm = study.arms.order_by("id").first()
    if arm is None:
        raise MaterialMissing("The study has no arm, so there is nothing to show.")
    return _plan(Session(study=study, arm=arm, number=0))


def _choose_arm(study: Study, number: int, external_id: str, *, simulated: bool) -> tuple[Arm, bool]:
    """The arm of a new session, and whether it is surplus there.

    An id that begins again stays in its arm, so that nobody answers two and their comparison is left what it was; where
    the arm is full, while the study is not, its session is surplus.
    """
    loads = count_taken(study, simulated=simulated)
    chosen = assignment.choose_arm(loads, rng=assignment.rng_for(study.seed, number, "arm"))
    if chosen is None:
        raise StudyFull("This study has all the participants it needs.", reason="full")
    earlier = study.arms.filter(sessions__external_id__value=external_id).first() if external_id else None
    if earlier is None:
        return study.arms.get(pk=chosen), False
    return earlier, next(load.is_full for load in loads if load.arm == earlier.pk)


def _find_earlier(study: Study, external_id: str) -> str:
    """What is known of the id from before, in this study: that it was there, or that it was and is erased."""
    if not external_id:
        return ""
    if study.external_ids.filter(value=external_id).exists():
        return Session.IdBefore.AGAIN
    erased = study.sessions.filter(erased_id=seal_id(study, external_id)).exists()
    return Session.IdBefore.ERASED if erased else ""


def _plan(session: Session) -> list[Trial]:
    """All trials of a new session, not yet stored: each kind in turn plans its own."""
    planned: list[Trial] = []
    for kind in all_kinds():
        if kind.is_in(session.study):
            planned += kind.plan(session, first=max((trial.index for trial in planned), default=0) + 1)
    return planned
