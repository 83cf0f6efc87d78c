"""Studies, sets and categories by the names that people type, or one line that says what there is."""

from collections.abc import Sequence

from generation.models import Category, Dataset, StimulusSet
from generation.names import read_name
from studyserver.studies.errors import StudySetupError
from studyserver.studies.models import Study


def find_study(slug: str) -> Study:
    """The study of this address name; StudySetupError names those there are."""
    slug = read_name(slug)
    if study := Study.objects.filter(slug=slug).first():
        return study
    there = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
    raise StudySetupError(f"There is no study “{slug}”; there is: {there}.")


def find_set(name: str) -> StimulusSet:
    """The stimulus set of this name; StudySetupError names those there are."""
    name = read_name(name)
    if found := StimulusSet.objects.select_related("dataset").filter(name=name).first():
        return found
    there = ", ".join(StimulusSet.objects.values_list("name", flat=True)) or "none yet"
    raise StudySetupError(f"There is no stimulus set “{name}”; there is: {there}.")


def find_categories(names: Sequence[str], dataset: Dataset) -> list[Category]:
    """The categories of a dataset by name, in the order named; StudySetupError names those there are."""
    known = {read_name(category.name): category for category in dataset.categories.all()}
    meant = [read_name(name) for name in names]
    for name in meant:
        if name not in known:
            there = ", ".join(known) or "none"
            raise StudySetupError(f"The dataset “{dataset.name}” has no category “{name}”; it has: {there}.")
    return [known[name] for name in meant]
