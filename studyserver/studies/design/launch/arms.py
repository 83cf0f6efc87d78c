"""Launch checks of categories and arms."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import F

from generation.models import Checkpoint, Clip, Split, Stimulus, StimulusSet
from generation.names import find_change, group_alike
from generation.stimuli import find_recognition
from studyserver.studies.design.launch.findings import Finding, consent, error, named, warning
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
        recognition = find_recognition(material.main(arm))
        if recognition and not recognition.at_chance:
            yield warning(
                f"{name} is a control by which {recognition}.",
                "Make it anew, to be balanced, or compare with that rate; the report states it.",
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


def check_same_clips(material: Material) -> Iterator[Finding]:
    """Arms differ in their images; where their clips differ too, nobody can tell which of the two made a difference."""
    played = {arm.name: {s.clip.sha256: str(s.clip) for s in material.main(arm)} for arm in material.arms}
    heard = [clips for clips in played.values() if clips]
    every = {sha256: name for clips in heard for sha256, name in clips.items()}
    shared = set(every).intersection(*heard)
    if len(shared) == len(every):
        return
    lacking = [
        f"“{arm}” lacks {named(sorted(name for sha256, name in every.items() if sha256 not in clips))}"
        for arm, clips in played.items()
        if clips and len(clips) < len(every)
    ]
    yield consent(
        "different-clips",
        f"The arms play different clips, {len(shared)} of {len(every)} are in every arm: {'; '.join(lacking)}.",
        "Choose sets of the same clips: otherwise a difference between arms may be one between clips.",
    )


def check_unheard(material: Material) -> Iterator[Finding]:
    """No model learned from the clips that it is judged by; the same bytes in another dataset are the same clip."""
    shown: dict[Checkpoint, dict[str, str]] = defaultdict(dict)
    for arm in material.arms:
        if model := _find_listener(arm.stimulus_set):
            shown[model] |= {stimulus.clip.sha256: str(stimulus.clip) for stimulus in material.main(arm)}
    for model, clips in shown.items():
        rows = Clip.objects.filter(category__dataset=model.dataset_id).values_list("split", "sha256")
        used = {
            split: sorted(clips[sha256] for of, sha256 in rows if of == split and sha256 in clips) for split in Split
        }
        if trained := used[Split.TRAIN]:
            yield consent(
                "trained-clips",
                f"The model “{model}” was trained on {len(trained)} of the {len(clips)} clips: {named(trained)}.",
                "Use clips of the test split: images of clips that a model has heard tell little of others.",
            )
        if chosen := used[Split.VAL]:
            yield warning(
                f"The epoch of the model “{model}” was chosen on {len(chosen)} of the {len(clips)} clips "
                f"({named(chosen)}).",
                "Clips of the test split had no part in training at all.",
            )


def _find_listener(stimulus_set: StimulusSet) -> Checkpoint | None:
    """The model that heard clips to make the set, or that which a shuffled control was made from."""
    found: StimulusSet | None = stimulus_set
    while found is not None and found.source != StimulusSet.Source.LABEL_PROMPT:
        if found.checkpoint is not None:
            return found.checkpoint
        found = found.parent
    return None


def check_reviewed(material: Material) -> Iterator[Finding]:
    """Somebody has looked at every image before participants do, and what was found hard to look at is warned of."""
    study = material.study
    if study.simulated_only:
        return
    shown: dict[StimulusSet, set[str]] = defaultdict(set)
    for arm in material.arms:
        shown[arm.stimulus_set] |= {stimulus.sha256 for stimulus in material.stimuli[arm.stimulus_set_id]}
    # An image counts by its bytes: those of a shuffled control were seen with the set that it was made from.
    looked = Stimulus.objects.filter(
        set__reviewed_at__gte=F("created_at"), sha256__in=Stimulus.objects.filter(set__in=shown).values("sha256")
    )
    seen = set(looked.values_list("sha256", flat=True))
    for stimulus_set, images in sorted(shown.items(), key=lambda item: item[0].name):
        if unseen := len(images - seen):
            yield consent(
                "unreviewed-images",
                f"Nobody has looked through the stimulus set “{stimulus_set.name}” ({unseen} of {len(images)} images).",
                "Look at its contact sheet and mark it as reviewed there.",
            )
        if stimulus_set.content_warning and not study.content_warning.strip():
            yield consent(
                "no-content-warning",
                f"“{stimulus_set.reviewed_by}” found in the set “{stimulus_set.name}” what participants should be "
                f"warned of (“{stimulus_set.content_warning}”), and the study has no content warning.",
                "Write one; it is shown before the consent text.",
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
