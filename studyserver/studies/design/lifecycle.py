"""Writes of a study's life: create, open (which freezes it), close, duplicate; exclude a session.

Each of them writes one line into the study's log. Once open, the design cannot change: `design_document` is hashed at
opening and compared again whenever data leave the house, so a change made behind the software's back is seen.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from generation.datasets.manifest import find_formula
from generation.models import Category, StimulusSet
from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.design.texts import default_texts
from studyserver.studies.errors import LaunchRefused, StudyError, StudyFrozen, StudySetupError
from studyserver.studies.models import Arm, Plan, Session, Study, StudyLogEntry


@dataclass(frozen=True, kw_only=True)
class NewStudy:
    """What a new study is asked to be; names as a person types them. Empty texts are filled with the default ones."""

    title: str
    sets: Sequence[str]
    categories: Sequence[str]
    practice: Sequence[str] = ()
    slug: str = ""
    arm_names: Sequence[str] = ()
    quota: int | None = None
    design: str = Study.Design.ONE_TO_ONE
    trials: int = 3
    listening_rule: str = Study.ListeningRule.SECONDS
    min_listen_s: float = 5.0
    ask_confidence: bool = False
    headphone_check: str = Study.HeadphoneCheck.OFF
    attention_boards: int = 0
    exclusion_rules: Sequence[Mapping[str, Any]] = ()
    simulated_only: bool = False
    withdraw_until: date | None = None
    contact: str = ""
    completion_url: str = ""
    notes: str = ""
    seed: int | None = None
    texts: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def create_study(*, new: NewStudy, by: str = "") -> Study:
    """Make a draft. Raises StudySetupError naming the set, category or value that does not fit."""
    sets = [_set_named(name) for name in new.sets]
    if not sets:
        raise StudySetupError("No stimulus set is named; a study needs at least one arm.")
    dataset = sets[0].dataset
    if other := next((s for s in sets if s.dataset_id != dataset.pk), None):
        raise StudySetupError(
            f"The sets “{sets[0].name}” (dataset {dataset.name}) and “{other.name}” (dataset {other.dataset.name}) "
            "come from different datasets; choose sets of one."
        )
    known = {category.name: category for category in dataset.categories.all()}
    categories = [_category_named(name, known, dataset.name) for name in new.categories]
    practice = [_category_named(name, known, dataset.name) for name in new.practice]
    arm_names = list(new.arm_names) or _distinct([s.name for s in sets])
    if len(arm_names) != len(sets):
        raise StudySetupError(f"{len(arm_names)} arm names for {len(sets)} stimulus sets; give one name for each set.")
    texts = default_texts(
        trials=new.trials,
        clips=len(categories),
        one_to_one=new.design == Study.Design.ONE_TO_ONE,
        screened=new.headphone_check != Study.HeadphoneCheck.OFF,
        checks=new.attention_boards,
    ) | {name: text for name, text in new.texts.items() if text}
    slug = new.slug or slugify(new.title)[:80]
    if not slug:
        raise StudySetupError(f"No address can be made from the title “{new.title}”; give a slug (a-z, 0-9, hyphens).")
    if Study.objects.filter(slug=slug).exists():
        raise StudySetupError(f"There is a study “{slug}” already; give this one another address name (--slug).")
    study = Study(
        title=new.title,
        slug=slug,
        design=new.design,
        trials_per_session=new.trials,
        listening_rule=new.listening_rule,
        min_listen_s=new.min_listen_s,
        ask_confidence=new.ask_confidence,
        headphone_check=new.headphone_check,
        attention_boards=new.attention_boards,
        exclusion_rules=[dict(rule) for rule in new.exclusion_rules],
        simulated_only=new.simulated_only,
        withdraw_until=new.withdraw_until,
        contact=new.contact,
        completion_url=new.completion_url,
        notes=new.notes,
        **({} if new.seed is None else {"seed": new.seed}),
        **texts,
    )
    _clean(study)
    study.save()
    study.categories.set(categories)
    study.practice_categories.set(practice)
    for name, stimulus_set in zip(arm_names, sets, strict=True):
        arm = Arm(study=study, name=name, stimulus_set=stimulus_set, quota=new.quota)
        _clean(arm)
        arm.save()
    log(study=study, action="created", by=by)
    return study


def _set_named(name: str) -> StimulusSet:
    try:
        return StimulusSet.objects.select_related("dataset").get(name=name)
    except StimulusSet.DoesNotExist:
        there = ", ".join(StimulusSet.objects.values_list("name", flat=True)) or "none yet"
        raise StudySetupError(f"There is no stimulus set “{name}”; there is: {there}.") from None


def _category_named(name: str, known: dict[str, Category], dataset: str) -> Category:
    try:
        return known[name]
    except KeyError:
        there = ", ".join(known) or "none"
        raise StudySetupError(f"The dataset “{dataset}” has no category “{name}”; it has: {there}.") from None


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, numbered where one comes again."""
    return [f"{name}-{i + 1}" if names.count(name) > 1 else name for i, name in enumerate(names)]


def _clean(row: Study | Arm) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        problems = [f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()]
        raise StudySetupError(" ".join(problems)) from error


def open_study(*, study: Study, by: str = "") -> Study:
    """Check everything, freeze the design and let people in.

    Raises StudyFrozen unless the study is a draft, LaunchRefused naming each missing thing, StudyError when somebody
    changed the study meanwhile.
    """
    _require(study, Study.Status.DRAFT, "opened")
    # Reading every file may take a while, so it is done before anything is locked.
    checked = design_hash(Study.objects.get(pk=study.pk))
    if problems := errors_of(check_launch(study)):
        raise LaunchRefused(problems)
    with transaction.atomic():
        study = _lock(study)
        _require(study, Study.Status.DRAFT, "opened")
        if design_hash(study) != checked:
            raise StudyError("The study was changed while its files were being checked. Look at it, and open it again.")
        study.status = Study.Status.OPEN
        study.opened_at = timezone.now()
        study.design_hash = checked
        study.save()
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
    completed = study.sessions.filter(state=Session.State.COMPLETED).count()
    log(study=study, action="closed", detail=f"{started} started, {completed} completed", by=by)
    return study


@transaction.atomic
def duplicate_study(*, study: Study, by: str = "") -> Study:
    """A new draft with the same design, its own address and fresh seed; nobody's answers go with it."""
    categories, practice, arms = list(study.categories.all()), list(study.practice_categories.all()), study.arms.all()
    first = study
    while first.version_of is not None:
        first = first.version_of
    copy = Study(version_of=study, slug=_free_slug(first.slug))
    for name in COPIED_FIELDS:
        setattr(copy, name, getattr(study, name))
    copy.save()
    copy.categories.set(categories)
    copy.practice_categories.set(practice)
    for arm in arms:
        Arm.objects.create(study=copy, name=arm.name, stimulus_set=arm.stimulus_set, quota=arm.quota)
    log(study=copy, action="created", detail=f"new version of {study.slug}", by=by)
    return copy


COPIED_FIELDS = (
    "title",
    "design",
    "trials_per_session",
    "listening_rule",
    "min_listen_s",
    "ask_confidence",
    "headphone_check",
    "attention_boards",
    "exclusion_rules",
    "plan",
    "consent_text",
    "instruction_text",
    "debrief_text",
    "contact",
    "completion_url",
    "withdraw_until",
    "simulated_only",
    "notes",
)


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
    reason = reason.strip()
    if not reason:
        raise StudyError("An exclusion needs a reason; it is printed in the report.")
    if find_formula(reason):
        raise StudyError(f"A reason must not begin with “{reason[0]}”: spreadsheets take that for a formula.")
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


def design_document(study: Study) -> dict[str, Any]:
    """Everything that decides what participants see and how answers are read, as plain JSON values.

    Images flagged by a researcher are left out: they are never shown. What a study does without is left out, too, so
    that the hash of an older study stays what it was.
    """
    document = {
        "schema": "paragone-design/1",
        "title": study.title,
        "design": study.design,
        "categories": [_category(category) for category in study.categories.select_related("dataset")],
        "practice_categories": [_category(c) for c in study.practice_categories.select_related("dataset")],
        "trials_per_session": study.trials_per_session,
        "listening_rule": study.listening_rule,
        "min_listen_s": study.min_listen_s,
        "ask_confidence": study.ask_confidence,
        "consent_text": study.consent_text,
        "instruction_text": study.instruction_text,
        "debrief_text": study.debrief_text,
        "contact": study.contact,
        "completion_url": study.completion_url,
        "withdraw_until": study.withdraw_until.isoformat() if study.withdraw_until else None,
        "simulated_only": study.simulated_only,
        "seed": study.seed,
        "arms": [_arm(arm, study) for arm in study.arms.select_related("stimulus_set__checkpoint").order_by("id")],
    }
    screened = study.headphone_check != Study.HeadphoneCheck.OFF
    added = {
        "headphone_check": study.headphone_check if screened else None,
        "attention_boards": study.attention_boards,
        "exclusion_rules": study.exclusion_rules,
        "plan": study.plan and study.plan.inputs,
    }
    return document | {name: value for name, value in added.items() if value}


def _category(category: Category) -> dict[str, str]:
    return {"dataset": category.dataset.name, "slug": category.slug, "name": category.name}


def _arm(arm: Arm, study: Study) -> dict[str, Any]:
    stimulus_set = arm.stimulus_set
    wanted = [*study.categories.all(), *study.practice_categories.all()]
    stimuli = stimulus_set.stimuli.filter(category__in=wanted, flagged=False)
    rows = stimuli.order_by("category__slug", "clip__sha256", "index").values_list(
        "sha256", "category__slug", "clip__sha256", "index", "board"
    )
    return {
        "name": arm.name,
        "quota": arm.quota,
        "stimulus_set": stimulus_set.name,
        "source": stimulus_set.source,
        "weights_sha256": stimulus_set.checkpoint.weights_sha256 if stimulus_set.checkpoint else None,
        "stimuli": [list(row) for row in rows],
    }


def design_hash(study: Study) -> str:
    """sha256 of the design document as canonical JSON: sorted keys, no spaces, UTF-8."""
    document = json.dumps(design_document(study), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def is_design_intact(study: Study) -> bool:
    """Whether a launched study still is what it was when it opened."""
    return study.design_hash == design_hash(study)
