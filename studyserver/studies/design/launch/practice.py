"""Launch checks of what comes beside the trials: practice and attention checks."""

from collections.abc import Iterator

from studyserver.studies.design.launch.findings import Finding, error, named, warning
from studyserver.studies.design.launch.material import Material


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
    if len(practice) == 1 and len({image.clip_id for image in material.practice(practice[0])}) == 1:
        yield _one_clip(practice[0].name, photograph=bool(material.contents))


def _one_clip(name: str, *, photograph: bool) -> Finding:
    """Two clips make a board; one needs something beside its image, and then hardly practises the task."""
    which = f"Practice with the single category “{name}” has images of one clip only"
    if photograph:
        return warning(
            f"{which}, which is shown beside a neutral photograph and gives no choice among clips.",
            "Generate images of another clip, or choose two practice categories.",
        )
    return error(
        f"{which} and needs a neutral photograph beside it.",
        "Generate images of another clip, import content images with the dataset, or choose two practice categories.",
    )


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
