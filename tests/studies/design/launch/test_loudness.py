"""Launch checks of loudness: clips that are too far apart are named with their distance."""

from generation.models import Clip
from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.models import Study


def findings(study: Study) -> list[tuple[str, str]]:
    (result,) = (result for result in check_launch(study) if result.title == "Clips are about equally loud")
    return [(finding.level, str(finding)) for finding in result.findings]


def set_levels(draft: Study, **levels: float | None) -> None:
    for name, level in levels.items():
        Clip.objects.filter(title=f"{name.replace('_', ' ')} clip 0").update(loudness=level)


def test_clips_further_apart_than_the_study_allows_are_named(draft: Study) -> None:
    assert findings(draft) == []
    set_levels(draft, Heavy_metal=-0.1, Electronic_music=-65.4)
    level = "Level the dataset (manage.py level_clips museum, or the action in the list of datasets)"
    apart = "The clips “Heavy metal clip 0” (-0.1 LUFS) and “Electronic music clip 0” (-65.4 LUFS) are 65.3 LU apart"
    assert findings(draft) == [("error", f"{apart}; the study allows 3. {level}, or allow a larger difference.")]
    assert any(apart in sentence for sentence in errors_of(check_launch(draft)))
    draft.level_limit_lu = 70
    assert findings(draft) == []
    draft.level_limit_lu = None
    assert findings(draft) == [
        ("warning", f"{apart}, and the study sets no limit. {level}, or make sure that this is meant.")
    ]


def test_the_level_of_what_is_played_counts(draft: Study) -> None:
    set_levels(draft, Heavy_metal=-0.1)
    Clip.objects.filter(title="Heavy metal clip 0").update(played_loudness=-20.1)
    assert findings(draft) == []


def test_clips_that_were_never_measured_are_counted_and_too_soft_ones_are_soft(draft: Study) -> None:
    Clip.objects.filter(title="Heavy metal clip 0").update(loudness=None, peak=None)
    assert findings(draft) == [
        (
            "warning",
            "Loudness was never measured of “Heavy metal clip 0”. Measure it: manage.py level_clips museum "
            "--measure-only.",
        )
    ]
    Clip.objects.filter(title="Heavy metal clip 0").update(peak=0.001)
    assert "“Heavy metal clip 0” (-70.0 LUFS) are 50.0 LU apart" in findings(draft)[0][1]
