"""Launch checks of boards: enough images and clips for one participant."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from generation.models import Category
from studyserver.studies.design.launch.findings import Finding, error, warning
from studyserver.studies.design.launch.material import Material
from studyserver.studies.models import Arm


def check_boards(material: Material) -> Iterator[Finding]:
    """Every arm can fill the boards of one participant without showing an image twice."""
    for arm in material.arms:
        fixed = any(stimulus.board is not None for stimulus in material.main(arm))
        yield from (_check_fixed_boards if fixed else _check_free_boards)(material, arm)


def _check_free_boards(material: Material, arm: Arm) -> Iterator[Finding]:
    trials = material.study.trials_per_session
    lonely, repeated = [], []
    for category in material.categories:
        images = Counter(stimulus.clip_id for stimulus in material.of_category(arm, category))
        # Clips take turns, so each comes up at most this often for one participant.
        turns = -(-trials // len(images)) if images else 0
        if shortage := _find_shortage(arm, category, images, turns=turns, trials=trials):
            yield shortage
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


def _find_shortage(arm: Arm, category: Category, images: Counter[int], *, turns: int, trials: int) -> Finding | None:
    """Too few images of a category (`images`: how many of each clip) for clips that come up `turns` times."""
    place = f"Arm “{arm.name}”, category “{category.name}”"
    if not images:
        flagged = arm.stimulus_set.stimuli.filter(category=category, flagged=True).count()
        why = f"all {flagged} images are flagged" if flagged else "no image"
        return error(
            f"{place}: {why} in the set “{arm.stimulus_set.name}”.",
            "Generate images for it, or leave the category out.",
        )
    if min(images.values()) < turns:
        return error(
            f"{place}: {sum(images.values())} images of {len(images)} clips are too few for {trials} trials "
            "without showing a participant the same image twice.",
            f"Generate {turns} images for each clip, use more clips, or ask for fewer trials.",
        )
    return None


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
