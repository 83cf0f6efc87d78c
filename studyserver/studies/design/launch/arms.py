"""Launch checks of categories and arms."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from generation.models import StimulusSet
from generation.names import find_change, group_alike
from studyserver.studies.design.launch.findings import Finding, error, named, warning
from studyserver.studies.design.launch.material import Material

MANY_PAIRS = 6


def check_categories(material: Material) -> Iterator[Finding]:
    """Two or more categories, all of one dataset."""
    categories = material.categories
    if len(categories) < 2:
        yield error(f"{len(categories)} categories are chosen.", "Choose at least two: matching needs a choice.")
    datasets = sorted({category.dataset.name for category in categories})
    if len(datasets) > 1:
        yield error(f"The categories come from several datasets ({', '.join(datasets)}).", "Choose them from one.")
    yield from _doubtful_names("categories", [category.name for category in categories])
    if len(categories) > MANY_PAIRS:
        yield warning(
            f"A board shows {len(categories)} clips and images, more than fit a phone's screen.",
            "Consider fewer categories.",
        )


def check_arms(material: Material) -> Iterator[Finding]:
    """Arms exist; their sets are finished, of the categories' dataset, and hold every category."""
    from generation.run.sources import find_source

    if not material.arms:
        yield error("The study has no arm.", "Add one with the stimulus set to show.")
    datasets = {category.dataset_id for category in material.categories}
    for arm in material.arms:
        stimulus_set = arm.stimulus_set
        name = f"Arm “{arm.name}”: the stimulus set “{stimulus_set.name}”"
        if stimulus_set.status != StimulusSet.Status.READY:
            yield error(f"{name} is not finished ({stimulus_set.get_status_display()}).", "Finish generating it.")
        if datasets and stimulus_set.dataset_id not in datasets:
            yield error(
                f"{name} is of the dataset “{stimulus_set.dataset.name}”, the categories are not.",
                "Choose a set and categories of one dataset.",
            )
        if not find_source(stimulus_set.source).is_generated:
            yield warning(
                f"{name} holds images that no model made, or may not have made ({stimulus_set.get_source_display()}).",
                "Make sure that the texts do not tell participants otherwise.",
            )
        if arm.quota == 0:
            yield error(f"Arm “{arm.name}” has the quota 0, so nobody can enter it.", "Raise it or leave it empty.")
    yield from _doubtful_names("arms", [arm.name for arm in material.arms])
    sets = Counter(arm.stimulus_set.name for arm in material.arms)
    for name in sorted(name for name, times in sets.items() if times > 1):
        yield warning(f"Several arms show the stimulus set “{name}”.", "Comparing them compares like with like.")


def _doubtful_names(what: str, names: Sequence[str]) -> Iterator[Finding]:
    """Names that people mix up, and names that a spreadsheet makes something else of."""
    for group in group_alike(names):
        yield warning(f"The {what} {named(group)} read alike.", "Make sure that they are meant to be different.")
    for name in names:
        if change := find_change(name):
            yield warning(
                f"Among the {what} is “{name}”, of which spreadsheets make {change}.",
                "Open exports there with all columns as text.",
            )


def check_distinct(material: Material) -> Iterator[Finding]:
    """Pictures that look the same cannot be told apart on one board; nor can clips that sound the same."""
    for arm in material.arms:
        seen: dict[tuple[int | None, str], set[str]] = defaultdict(set)
        for stimulus in material.main(arm):
            seen[stimulus.board, stimulus.sha256].add(stimulus.category.name)
        for (_, sha256), names in sorted(seen.items(), key=lambda item: item[0][1]):
            if len(names) > 1:
                yield error(
                    f"Arm “{arm.name}”: the image {sha256[:12]} stands for {named(sorted(names))}.",
                    "Flag it, or remake the set.",
                )
    sounds: dict[str, set[str]] = defaultdict(set)
    for clip in material.clips:
        sounds[clip.sha256].add(clip.category.name)
    for sha256, names in sorted(sounds.items()):
        if len(names) > 1:
            yield error(
                f"The clip {sha256[:12]} stands for {named(sorted(names))}.", "Leave it out of one of the categories."
            )
