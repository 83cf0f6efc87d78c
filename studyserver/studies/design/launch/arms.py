"""Launch checks of categories and arms."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

from django.db.models import F

from generation.models import Checkpoint, Clip, Split, Stimulus, StimulusSet
from generation.names import find_change, group_alike
from generation.stimuli import find_learned, find_listener, find_recognition, is_made_of_words
from studyserver.studies.design.launch.findings import Finding, consent, error, named, warning
from studyserver.studies.design.launch.material import Material

MANY_PAIRS = 6
# Below these, reports give no interval by recording.
MIN_RECORDINGS, MIN_IN_CATEGORY = 20, 3


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
    """No model learned from the clips that it is judged by, nor from others of their recordings."""
    shown: dict[Checkpoint, dict[str, Clip]] = defaultdict(dict)
    for arm in material.arms:
        if model := find_listener(arm.stimulus_set):
            shown[model] |= {stimulus.clip.sha256: stimulus.clip for stimulus in material.main(arm)}
    for model, clips in shown.items():
        learned = find_learned(model.dataset_id, clips.values())
        if learned.trained:
            yield consent(
                "trained-clips",
                f"The model “{model}” was trained on {_of(learned.trained, clips)}: {_titles(learned.trained)}.",
                "Use clips of the test split: images of clips that a model has heard tell little of others.",
            )
        if learned.related:
            yield consent(
                "trained-recordings",
                f"The model “{model}” was trained on other clips of the recordings that {_of(learned.related, clips)} "
                f"were cut from: {_titles(learned.related)}.",
                "Use clips of recordings of which it has heard no part: known music tells little of other music.",
            )
        if learned.chosen:
            yield warning(
                f"The epoch of the model “{model}” was chosen on {_of(learned.chosen, clips)} "
                f"({_titles(learned.chosen)}).",
                "Clips of the test split had no part in training at all.",
            )
    yield from _trained_unseen(material)


def _trained_unseen(material: Material) -> Iterator[Finding]:
    """Clips of a train split whose images came from something of which nobody knows what it learned from."""
    for arm in material.arms:
        if find_listener(arm.stimulus_set) or is_made_of_words(arm.stimulus_set):
            continue
        clips = {stimulus.clip.sha256: stimulus.clip for stimulus in material.main(arm)}
        if trained := [clip for clip in clips.values() if clip.split == Split.TRAIN]:
            yield consent(
                "trained-clips",
                f"Arm “{arm.name}”: {_of(trained, clips)} lie in the train split of the dataset: {_titles(trained)}; "
                "what made the images may have learned from them.",
                "Use clips of the test split.",
            )


def _of(some: Sequence[Clip], every: Collection[str]) -> str:
    return f"{len(some)} of the {len(every)} clips"


def _titles(clips: Sequence[Clip]) -> str:
    return named(sorted(map(str, clips)))


def check_recordings(material: Material) -> Iterator[Finding]:
    """Clips of one recording are one draw of music: few recordings answer little, however many clips there are."""
    clips = material.main_clips
    pieces = {clip.piece_id for clip in clips} - {""}
    known = [clip for clip in clips if clip.piece_id]
    if len(pieces) == len(known):
        return
    of_category: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        of_category[clip.category.name].add(clip.piece_id or clip.sha256)
    fewest, found = min(of_category.items(), key=lambda item: (len(item[1]), item[0]))
    unknown = f"; of {len(clips) - len(known)} more the recording is not known" if len(known) < len(clips) else ""
    count = f"{len(pieces)} recording{'' if len(pieces) == 1 else 's'}"
    yield warning(
        f"{len(known)} clips come from {count}{unknown}; “{fewest}” has {len(found)}.",
        f"Clips of one recording count as one draw. Intervals need {MIN_RECORDINGS} recordings in all and "
        f"{MIN_IN_CATEGORY} in each category.",
    )


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
