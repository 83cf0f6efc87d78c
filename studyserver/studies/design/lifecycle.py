"""Writes of a study's life: create, open (which freezes it), close, duplicate; exclude a session.

Each of them writes one line into the study's log. Once open, the design cannot change: `design_document` is hashed at
opening and compared again whenever data leave the house, so a change made behind the software's back is seen.
"""

import json
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from generation.names import AS_BLANKS, NameProblem, check_text, find_formula, tidy
from studyserver.studies.design.document import design_hash
from studyserver.studies.design.fields import STUDY_FIELDS
from studyserver.studies.design.launch import check_launch, consents_of, errors_of
from studyserver.studies.errors import LaunchRefused, StudyError, StudyFrozen
from studyserver.studies.models import Arm, Plan, Session, Study, StudyLogEntry


def open_study(*, study: Study, by: str = "", accepted: Collection[str] = (), seen: str | None = None) -> Study:
    """Check everything, freeze the design and let people in.

    Parameters
    ----------
    study : a draft
    by : who opens it, for the log
    accepted : findings that shall not stop it, by their names (all of that name) or keys (that very sentence); each is
        written into the log, which reports and exports print
    seen : hash of the design that `by` looked at before saying yes

    Raises
    ------
    StudyFrozen
        unless the study is a draft
    LaunchRefused
        naming each missing thing, and each that needs consent
    StudyError
        when somebody changed the study meanwhile
    """
    _require(study, Study.Status.DRAFT, "opened")
    # Reading every file may take a while, so it is done before anything is locked.
    checked = design_hash(Study.objects.get(pk=study.pk))
    if seen is not None and seen != checked:
        raise StudyError("The study was changed after you looked at it. Look at it again, then open it.")
    results = check_launch(study)
    asked = consents_of(results)
    refused = [(finding.name, str(finding)) for finding in asked if not {finding.name, finding.key} & {*accepted}]
    if (problems := errors_of(results)) or refused:
        raise LaunchRefused(problems, refused)
    with transaction.atomic():
        study = _lock(study)
        _require(study, Study.Status.DRAFT, "opened")
        if design_hash(study) != checked:
            raise StudyError("The study was changed while its files were being checked. Look at it, and open it again.")
        study.status = Study.Status.OPEN
        study.opened_at = timezone.now()
        study.design_hash = checked
        study.save()
        for finding in asked:
            log(study=study, action="accepted", detail=f"{finding.name}: {finding.what}", by=by)
        log(study=study, action="opened", detail=f"design {study.design_hash}", by=by)
    return study


@transaction.atomic
def close_study(*, study: Study, by: str = "") -> Study:
    """Take no more answers; from now on results may be seen. Raises StudyFrozen unless the study is open."""
    study = _lock(study)
    _require(study, Study.Status.OPEN, "closed")
    study.status = Study.Status.CLOSED
    study.closed_at = timezone.now()
    study.save()
    started = study.sessions.count()
    done = study.sessions.filter(state=Session.State.COMPLETED)
    completed, surplus = (done.filter(surplus=beyond).count() for beyond in (False, True))
    detail = f"{started} started, {completed} completed" + (f", {surplus} surplus" if surplus else "")
    log(study=study, action="closed", detail=detail, by=by)
    return study


@transaction.atomic
def duplicate_study(*, study: Study, by: str = "") -> Study:
    """A new draft with the same design, its own address and fresh seed; nobody's answers go with it."""
    first = study
    while first.version_of is not None:
        first = first.version_of
    copy = Study(version_of=study, slug=_free_slug(first.slug))
    copied = [Study._meta.get_field(name) for name, field in STUDY_FIELDS.items() if field.copied]
    for field in copied:
        if not field.many_to_many:
            setattr(copy, field.name, getattr(study, field.name))
    copy.save()
    for field in copied:
        if field.many_to_many:
            getattr(copy, field.name).set(getattr(study, field.name).all())
    for arm in study.arms.all():
        Arm.objects.create(study=copy, name=arm.name, stimulus_set=arm.stimulus_set, quota=arm.quota)
    log(study=copy, action="created", detail=f"new version of {study.slug}", by=by)
    return copy


def _free_slug(slug: str) -> str:
    """`slug`-v2, -v3 ...: the first that no study has."""
    taken = set(Study.objects.filter(slug__startswith=slug[:70]).values_list("slug", flat=True))
    number = 2
    while (candidate := f"{slug[:74]}-v{number}") in taken:
        number += 1
    return candidate


@transaction.atomic
def pin_plan(*, study: Study, plan: Plan | None, by: str = "") -> Study:
    """Say with which plan the study was planned (None: with none). Raises StudyFrozen once the study was opened,
    StudyError for a plan that is not worked out."""
    study = _lock(study)
    if study.status != Study.Status.DRAFT:
        raise StudyFrozen(f"“{study}” is {study.status}: a plan made after opening is none.")
    if plan is not None and plan.state != Plan.State.DONE:
        raise StudyError("This plan is not worked out yet.")
    study.plan = plan
    study.save(update_fields=["plan"])
    detail = "no plan" if plan is None else json.dumps(plan.inputs, sort_keys=True)
    log(study=study, action="planned", detail=detail, by=by)
    return study


@transaction.atomic
def exclude_session(*, session: Session, reason: str, by: str = "") -> Session:
    """Mark a session as excluded, with a reason; its answers stay, and reports show the result with and without it."""
    reason = tidy(reason).translate(AS_BLANKS)
    if not reason:
        raise StudyError("An exclusion needs a reason; it is printed in the report.")
    if find_formula(reason):
        raise StudyError(f"A reason must not begin with “{reason[0]}”: spreadsheets take that for a formula.")
    try:
        check_text(reason)
    except NameProblem as problem:
        raise StudyError(f"The reason {problem}.") from problem
    session = Session.objects.select_for_update(of=("self",)).select_related("study").get(pk=session.pk)
    if session.state == Session.State.WITHDRAWN:
        raise StudyError(f"Session {session.number} was withdrawn by its participant; there is nothing to exclude.")
    session.state = Session.State.EXCLUDED
    session.exclusion_reason = reason[:300]
    session.save(update_fields=["state", "exclusion_reason"])
    log(study=session.study, action="excluded", detail=f"session {session.number}: {reason}", by=by)
    return session


@transaction.atomic
def readmit_session(*, session: Session, by: str = "") -> Session:
    """Undo an exclusion. Raises StudyError when the session is not excluded."""
    session = Session.objects.select_for_update(of=("self",)).select_related("study").get(pk=session.pk)
    if session.state != Session.State.EXCLUDED:
        raise StudyError(f"Session {session.number} is not excluded.")
    session.state = Session.State.COMPLETED if session.completed_at else Session.State.WORKING
    session.exclusion_reason = ""
    session.save(update_fields=["state", "exclusion_reason"])
    log(study=session.study, action="readmitted", detail=f"session {session.number}", by=by)
    return session


def log(*, study: Study, action: str, detail: str = "", by: str = "") -> StudyLogEntry:
    """Add a line to the study's log; it is never changed or removed."""
    return StudyLogEntry.objects.create(study=study, action=action, detail=detail, by=by)


def _lock(study: Study) -> Study:
    return Study.objects.select_for_update().get(pk=study.pk)


def _require(study: Study, status: str, verb: str) -> None:
    if study.status != status:
        hint = "" if study.status == Study.Status.DRAFT else " Duplicate it to go on with a new version."
        raise StudyFrozen(f"“{study}” is {study.status} and cannot be {verb}.{hint}")
