"""Launch checks of loudness: people set their volume once, so no clip is much louder than another."""

from collections.abc import Iterator

from generation.models import Clip
from studyserver.studies.design.launch.findings import Finding, error, named, warning
from studyserver.studies.design.launch.material import Material

TOO_SOFT_LUFS = -70.0  # EBU R128 measures nothing below
USUAL_LU = 3.0


def check_levels(material: Material) -> Iterator[Finding]:
    """The clips that participants hear are about equally loud."""
    dataset = next((category.dataset.name for category in material.categories), "NAME")
    if unmeasured := [_name(clip) for clip in material.clips if clip.peak is None and clip.loudness is None]:
        yield warning(
            f"Loudness was never measured of {named(unmeasured)}.",
            f"Measure it: manage.py level_clips {dataset} --measure-only.",
        )
    levels = sorted((_level(clip), _name(clip)) for clip in material.clips if _name(clip) not in unmeasured)
    if not levels:
        return
    (softest, soft), (loudest, loud) = levels[0], levels[-1]
    limit = material.study.level_limit_lu
    if loudest - softest <= (USUAL_LU if limit is None else limit):
        return
    distance = loudest - softest
    apart = f"The clips “{loud}” ({loudest:.1f} LUFS) and “{soft}” ({softest:.1f} LUFS) are {distance:.1f} LU apart"
    level = f"Level the dataset (manage.py level_clips {dataset}, or the action in the list of datasets)"
    if limit is None:
        yield warning(f"{apart}, and the study sets no limit.", f"{level}, or make sure that this is meant.")
    else:
        yield error(f"{apart}; the study allows {limit:g}.", f"{level}, or allow a larger difference.")


def _name(clip: Clip) -> str:
    return clip.title or clip.metadata.get("path") or str(clip)


def _level(clip: Clip) -> float:
    return TOO_SOFT_LUFS if clip.heard_loudness is None else clip.heard_loudness
