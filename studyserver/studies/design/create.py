"""A new study from names: sets, categories, options."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from generation.models import Dataset, StimulusSet
from studyserver.studies.design.fields import STUDY_FIELDS
from studyserver.studies.design.finding import find_categories, find_set
from studyserver.studies.design.lifecycle import log
from studyserver.studies.design.texts import draw_texts, outline
from studyserver.studies.errors import StudySetupError
from studyserver.studies.models import Arm, Study


@transaction.atomic
def create_study(
    *,
    sets: Sequence[str],
    values: Mapping[str, Any],
    arm_names: Sequence[str] = (),
    quota: int | None = None,
    by: str = "",
) -> Study:
    """Make a draft.

    Parameters
    ----------
    sets : names of stimulus sets, each an arm
    values : fields of the study by name (`STUDY_FIELDS`), categories by their names; what is None or missing has the
        model's default, an empty text the default one
    arm_names : a name for each set; default: the sets' names
    quota : most participants of each arm
    by : who does it, for the log

    Raises
    ------
    StudySetupError
        naming the set, category or value that does not fit
    """
    found = [find_set(name) for name in sets]
    dataset = _dataset_of(found)
    given = {name: value for name, value in values.items() if value is not None}
    many = [name for name in STUDY_FIELDS if Study._meta.get_field(name).many_to_many]
    chosen = {name: find_categories(given.pop(name, ()), dataset) for name in many}
    numbered = [f"{name}-{i + 1}" if sets.count(name) > 1 else name for i, name in enumerate(sets)]
    names = list(arm_names) or numbered
    if len(names) != len(found):
        raise StudySetupError(f"{len(names)} arm names for {len(found)} stimulus sets; give one name for each set.")
    study = Study(**given)
    draw_texts(study, outline(study, categories=chosen["categories"], practice=chosen["practice_categories"]))
    _fill_slug(study)
    _clean(study)
    study.save()
    for name, categories in chosen.items():
        getattr(study, name).set(categories)
    for name, stimulus_set in zip(names, found, strict=True):
        arm = Arm(study=study, name=name, stimulus_set=stimulus_set, quota=quota)
        _clean(arm)
        arm.save()
    log(study=study, action="created", by=by)
    return study


def _dataset_of(sets: Sequence[StimulusSet]) -> Dataset:
    if not sets:
        raise StudySetupError("No stimulus set is named; a study needs at least one arm.")
    dataset = sets[0].dataset
    if other := next((s for s in sets if s.dataset_id != dataset.pk), None):
        raise StudySetupError(
            f"The sets “{sets[0].name}” (dataset {dataset.name}) and “{other.name}” (dataset {other.dataset.name}) "
            "come from different datasets; choose sets of one."
        )
    return dataset


def _fill_slug(study: Study) -> None:
    study.slug = study.slug or slugify(study.title)[:80]
    if not study.slug:
        raise StudySetupError(
            f"No address can be made from the title “{study.title}”; give a slug (a-z, 0-9, hyphens)."
        )
    if Study.objects.filter(slug=study.slug).exists():
        raise StudySetupError(f"There is a study “{study.slug}” already; give this one another address name (--slug).")


def _clean(row: Study | Arm) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        problems = [f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()]
        raise StudySetupError(" ".join(problems)) from error
