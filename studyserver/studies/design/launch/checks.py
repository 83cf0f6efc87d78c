"""Launch checks: what a study must have before people may see it.

`check_launch` looks at everything and names every missing thing with what to do about it; `lifecycle.open_study`
refuses on any error. Warnings do not stop a launch; they say what a reader of the report will ask.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone

from generation.models import Clip, StimulusSet
from studyserver.studies.design.launch.files import check_image_files, check_sound_files
from studyserver.studies.design.launch.findings import Finding, error, named, warning
from studyserver.studies.design.launch.material import Material
from studyserver.studies.exclusion import Setting, find_doubts, find_faults
from studyserver.studies.models import Arm, Study
from studyserver.studies.rules import PASS, SOUNDS, TOLERANCE_MS

LONG_SESSION_MINUTES = 20

MANY_PAIRS = 6

NOT_SURELY_GENERATED = {StimulusSet.Source.RETRIEVAL, StimulusSet.Source.IMPORTED}


@dataclass(frozen=True)
class CheckResult:
    """One line of the launch list."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """No error; warnings pass."""
        return not any(finding.level == "error" for finding in self.findings)


def check_launch(study: Study, *, thorough: bool = True) -> list[CheckResult]:
    """Run every check.

    `thorough` reads, hashes and decodes every file whole; otherwise presence and headers are looked at, which is fast
    enough for a page.
    """
    material = Material(study)
    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("Texts for consent, instruction and debrief", lambda: check_texts(study)),
        ("At least two categories of one dataset", lambda: check_categories(material)),
        ("Arms with finished stimulus sets", lambda: check_arms(material)),
        ("Enough images and clips for the boards", lambda: check_boards(material)),
        ("No picture or clip stands for two categories", lambda: check_distinct(material)),
        ("Practice material from outside the categories", lambda: check_practice(material)),
        ("Listening rule fits the clips", lambda: check_listening(material)),
        ("Attention checks can be shown", lambda: check_attention(material)),
        ("Exclusion rules are sensible", lambda: check_exclusion(material)),
        ("Clips are present and playable", lambda: check_sound_files(material.clip_files, thorough=thorough)),
        ("Images are present and readable", lambda: check_image_files(material.image_files, thorough=thorough)),
        ("Sources and licences", lambda: check_licences(material.clips)),
    ]
    return [CheckResult(title, tuple(run())) for title, run in checks]


def errors_of(results: Iterable[CheckResult]) -> list[str]:
    """The sentences that stop a launch."""
    return [str(finding) for result in results for finding in result.findings if finding.level == "error"]


def check_texts(study: Study) -> Iterator[Finding]:
    """Texts are there, and what they promise can be kept."""
    for field, name in (
        ("consent_text", "consent"),
        ("instruction_text", "instruction"),
        ("debrief_text", "debrief"),
    ):
        if not getattr(study, field).strip():
            yield error(f"The {name} text is empty.", "Write it; participants see it.")
    if study.withdraw_until and study.withdraw_until < timezone.localdate():
        yield error(f"The last day of withdrawal ({study.withdraw_until}) has passed.", "Choose a later day.")
    if not study.contact.strip() and not study.simulated_only:
        yield warning("No contact is given.", "Name somebody whom participants can write to.")


def check_categories(material: Material) -> Iterator[Finding]:
    """Two or more categories, all of one dataset."""
    categories = material.categories
    if len(categories) < 2:
        yield error(f"{len(categories)} categories are chosen.", "Choose at least two: matching needs a choice.")
    datasets = sorted({category.dataset.name for category in categories})
    if len(datasets) > 1:
        yield error(f"The categories come from several datasets ({', '.join(datasets)}).", "Choose them from one.")
    if len(categories) > MANY_PAIRS:
        yield warning(
            f"A board shows {len(categories)} clips and images, more than fit a phone's screen.",
            "Consider fewer categories.",
        )


def check_arms(material: Material) -> Iterator[Finding]:
    """Arms exist; their sets are finished, of the categories' dataset, and hold every category."""
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
        if stimulus_set.source in NOT_SURELY_GENERATED:
            yield warning(
                f"{name} holds images that no model made, or may not have made ({stimulus_set.get_source_display()}).",
                "Make sure that the texts do not tell participants otherwise.",
            )
        if arm.quota == 0:
            yield error(f"Arm “{arm.name}” has the quota 0, so nobody can enter it.", "Raise it or leave it empty.")
    sets = Counter(arm.stimulus_set.name for arm in material.arms)
    for name in sorted(name for name, times in sets.items() if times > 1):
        yield warning(f"Several arms show the stimulus set “{name}”.", "Comparing them compares like with like.")


def check_boards(material: Material) -> Iterator[Finding]:
    """Every arm can fill the boards of one participant without showing an image twice."""
    for arm in material.arms:
        fixed = any(stimulus.board is not None for stimulus in material.main(arm))
        yield from (_check_fixed_boards if fixed else _check_free_boards)(material, arm)


def _check_free_boards(material: Material, arm: Arm) -> Iterator[Finding]:
    trials = material.study.trials_per_session
    set_name = arm.stimulus_set.name
    lonely, repeated = [], []
    for category in material.categories:
        images = Counter(stimulus.clip_id for stimulus in material.of_category(arm, category))
        place = f"Arm “{arm.name}”, category “{category.name}”"
        if not images:
            flagged = arm.stimulus_set.stimuli.filter(category=category, flagged=True).count()
            why = f"all {flagged} images are flagged" if flagged else "no image"
            yield error(
                f"{place}: {why} in the set “{set_name}”.", "Generate images for it, or leave the category out."
            )
            continue
        # Clips take turns, so each comes up at most this often for one participant.
        turns = -(-trials // len(images))
        short = sum(1 for n in images.values() if n < turns)
        if short:
            yield error(
                f"{place}: {sum(images.values())} images of {len(images)} clips are too few for {trials} trials "
                "without showing a participant the same image twice.",
                f"Generate {turns} images for each clip, use more clips, or ask for fewer trials.",
            )
        elif turns > 1:
            repeated.append(category.name)
        if len(images) == 1:
            lonely.append(category.name)
    if repeated:
        yield warning(
            f"Arm “{arm.name}”: participants hear the same clip in several trials ({', '.join(repeated)}).",
            "Use at least as many clips as trials.",
        )
    if lonely:
        yield warning(
            f"Arm “{arm.name}”: one clip stands for a whole category ({', '.join(lonely)}).",
            "The result will speak of these clips, not of their categories; use several clips for each.",
        )


def _check_fixed_boards(material: Material, arm: Arm) -> Iterator[Finding]:
    trials = material.study.trials_per_session
    boards: dict[int | None, list[int]] = defaultdict(list)
    for stimulus in material.main(arm):
        boards[stimulus.board].append(stimulus.category_id)
    wanted = sorted(category.pk for category in material.categories)
    whole = sum(1 for number, found in boards.items() if number is not None and sorted(found) == wanted)
    if whole < trials:
        yield error(
            f"Arm “{arm.name}”: the control set “{arm.stimulus_set.name}” has {whole} whole boards with one image of "
            f"each category, {trials} trials need {trials}.",
            "Make it for exactly these categories with more boards, or ask for fewer trials.",
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


def check_practice(material: Material) -> Iterator[Finding]:
    """Practice categories are chosen, lie outside the study's, and some arm's set holds them."""
    practice = material.practice_categories
    if not practice:
        yield error(
            "No practice category is chosen.",
            "Choose one or more outside the study's categories, with images in an arm's stimulus set.",
        )
    inside = sorted({c.name for c in practice} & {c.name for c in material.categories})
    if inside:
        yield error(
            f"Practice uses the study's own material ({', '.join(inside)}).", "Choose categories that are not tested."
        )
    for category in practice:
        if not material.practice(category):
            sets = named(sorted({arm.stimulus_set.name for arm in material.arms}))
            yield error(
                f"Practice category “{category.name}”: no image in {sets or 'any set'}.",
                "Generate images for it, or choose another practice category.",
            )
    if len(practice) == 1 and not material.contents:
        yield error(
            f"Practice with the single category “{practice[0].name}” needs a neutral photograph beside it.",
            "Import content images with the dataset, or choose two practice categories.",
        )


def check_listening(material: Material) -> Iterator[Finding]:
    """The rule can be met and does not ask for an hour."""
    study = material.study
    main = material.main_clips
    if not main:
        return
    rule = Study.ListeningRule
    if study.listening_rule == rule.SECONDS and study.min_listen_s <= 0:
        yield error("The minimum listening time is 0 s.", "Set it, or choose the rule 'every clip must be started'.")
    longest = max(clip.duration for clip in main)
    if study.listening_rule == rule.SECONDS and study.min_listen_s > longest:
        yield warning(
            f"The minimum listening time ({study.min_listen_s:g} s) is longer than every clip ({longest:.1f} s).",
            "Clips must then be heard to their end.",
        )
    mean = sum(clip.duration for clip in main) / len(main)
    seconds = {rule.SECONDS: min(study.min_listen_s, mean), rule.END: mean}.get(rule(study.listening_rule), 0.0)
    minutes = seconds * len(material.categories) * study.trials_per_session / 60
    if minutes > LONG_SESSION_MINUTES:
        yield warning(
            f"Listening alone takes a participant about {minutes:.0f} minutes.",
            "Ask for fewer trials or less listening; long sessions lose people.",
        )
    if study.listening_rule == rule.NONE:
        yield warning("Participants may answer without listening.", "Choose a listening rule unless that is meant.")


def check_attention(material: Material) -> Iterator[Finding]:
    """There is practice material for them, and room among the trials."""
    study = material.study
    wanted = study.attention_boards
    if not wanted:
        return
    if wanted > study.trials_per_session:
        yield error(
            f"{wanted} attention checks do not fit among {study.trials_per_session} trials.",
            f"Ask for {study.trials_per_session} or less, each after another trial.",
        )
    pictures = len({s.sha256 for c in material.practice_categories for s in material.practice(c)})
    pictures = pictures and pictures + len(material.contents)
    shown = min(pictures, len(material.categories))
    if pictures < 2:
        yield error(
            "Attention checks need practice material with two pictures or more.",
            "Choose a practice category with more images.",
        )
    elif shown < len(material.categories):
        yield warning(
            f"An attention check shows {shown} pictures only, so one in {shown} passes by chance.",
            "Choose practice categories with more images.",
        )


def check_exclusion(material: Material) -> Iterator[Finding]:
    """Declared rules leave out nobody who did all that was asked."""
    study = material.study
    faults = find_faults(study.exclusion_rules)
    for fault in faults:
        yield error(fault, "Change the exclusion rules.")
    if faults:
        return
    lengths = [clip.duration for clip in material.main_clips]
    shortest = min(lengths, default=None)
    rule = Study.ListeningRule
    longest_wait = {rule.SECONDS: study.min_listen_s, rule.END: shortest}.get(rule(study.listening_rule))
    asked = longest_wait and shortest and min(longest_wait, shortest)
    setting = Setting(
        trials=study.trials_per_session,
        attention_boards=study.attention_boards,
        screened=study.headphone_check != Study.HeadphoneCheck.OFF,
        sounds=len(SOUNDS),
        usual=PASS,
        shortest_clip_s=shortest,
        heard_at_least_s=asked,
        tolerance_s=TOLERANCE_MS / 1000,
    )
    for doubt in find_doubts(study.exclusion_rules, setting):
        yield (error if doubt.fatal else warning)(doubt.what, doubt.mend)


def check_licences(clips: Sequence[Clip]) -> Iterator[Finding]:
    """Music that is played to the public has a known source."""
    unknown = [str(clip) for clip in clips if not clip.licence.strip()]
    if unknown:
        yield warning(
            f"{len(unknown)} clips have no stated licence ({named(unknown)}).",
            "Make sure that you may play them in public.",
        )
