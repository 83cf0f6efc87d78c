"""A new study from names: sets, categories, options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from generation.models import Category, StimulusSet
from studyserver.studies.design.lifecycle import log
from studyserver.studies.design.texts import default_texts
from studyserver.studies.errors import StudySetupError
from studyserver.studies.models import Arm, Study


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
