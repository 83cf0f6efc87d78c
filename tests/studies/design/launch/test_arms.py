"""Launch checks of categories and arms."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.utils import timezone

from generation.models import Category, Checkpoint, Clip, Split, StimulusSet
from studyserver.studies.design import lifecycle
from studyserver.studies.design.launch.arms import (
    check_arms,
    check_recordings,
    check_reviewed,
    check_same_clips,
    check_unheard,
)
from studyserver.studies.design.launch.findings import Finding
from studyserver.studies.design.launch.material import Material
from studyserver.studies.errors import LaunchRefused
from studyserver.studies.models import Arm, Study
from tests.studies import factories
from tests.studies.design.launch.spoiling import errors_after, warnings_of


def one_category(study: Study) -> None:
    study.categories.set(study.categories.all()[:1])


def foreign_category(study: Study) -> None:
    study.categories.add(factories.make_dataset("other", clips=1).categories.get(order=0))


def unfinished_set(study: Study) -> None:
    StimulusSet.objects.update(status=StimulusSet.Status.BUILDING)


def no_arm(study: Study) -> None:
    Arm.objects.all().delete()


def quota_of_nobody(study: Study) -> None:
    Arm.objects.update(quota=0)


def same_picture_twice(study: Study) -> None:
    first = study.arms.get().stimulus_set.stimuli.get(category__name="Heavy metal", clip__title__endswith="clip 0")
    other = study.arms.get().stimulus_set.stimuli.get(category__name="Electronic music", clip__title__endswith="clip 1")
    other.sha256, other.file = first.sha256, first.file
    other.save()


def same_sound_twice(study: Study) -> None:
    first = Category.objects.get(name="Heavy metal").clips.first()
    other = Category.objects.get(name="Electronic music").clips.first()
    assert first is not None
    assert other is not None
    other.sha256, other.file = first.sha256, first.file
    other.save()


def test_images_that_no_model_made_are_pointed_out(draft: Study) -> None:
    StimulusSet.objects.update(source=StimulusSet.Source.RETRIEVAL)
    assert any("that no model made, or may not have made" in sentence for sentence in warnings_of(draft))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (one_category, "1 categories are chosen. Choose at least two"),
        (foreign_category, "come from several datasets (museum, other)"),
        (unfinished_set, "“set-a” is not finished (being made). Finish generating it."),
        (no_arm, "The study has no arm."),
        (quota_of_nobody, "Arm “arm-1” has the quota 0"),
        (same_picture_twice, "stands for “Electronic music”, “Heavy metal”"),
        (same_sound_twice, "stands for “Electronic music”, “Heavy metal”"),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))


def test_names_that_people_or_spreadsheets_mix_up_are_pointed_out(draft: Study) -> None:
    Category.objects.filter(name="Heavy metal").update(name="ELECTRONIC MUSIC")
    draft.arms.update(name="2024-01")
    found = warnings_of(draft)
    assert any("read alike. Make sure that they are meant to be different." in sentence for sentence in found)
    assert any("Among the arms is “2024-01”, of which spreadsheets make a date or time." in each for each in found)


def make_model(study: Study, **fields: Any) -> Checkpoint:
    """A model that has made the images of the study's first arm."""
    stimulus_set = study.arms.get(name="arm-1").stimulus_set
    values = {"name": "run", "preset": "mini", "dataset": stimulus_set.dataset, "run_dir": "runs/run", "epoch": 1}
    stimulus_set.checkpoint = Checkpoint.objects.create(**(values | fields))
    stimulus_set.save()
    return stimulus_set.checkpoint


def asked_by(check: Callable[[Material], Iterable[Finding]], study: Study) -> list[tuple[str, str]]:
    return [(f.name, f.what) for f in check(Material(study)) if f.level == "consent"]


def test_clips_that_the_model_was_trained_on_need_consent(draft: Study) -> None:
    make_model(draft)
    assert asked_by(check_unheard, draft) == []
    Clip.objects.filter(title="Heavy metal clip 0").update(split=Split.TRAIN)
    Clip.objects.filter(title="Heavy metal clip 1").update(split=Split.VAL)
    Clip.objects.filter(category__name=factories.PRACTICE[0]).update(split=Split.TRAIN)  # practice tests nothing
    assert asked_by(check_unheard, draft) == [
        ("trained-clips", "The model “run” was trained on 1 of the 12 clips: “Heavy metal clip 0”.")
    ]
    assert any("was chosen on 1 of the 12 clips (“Heavy metal clip 1”)" in line for line in warnings_of(draft))


def test_the_same_bytes_in_the_dataset_of_the_training_are_the_same_clip(draft: Study) -> None:
    elsewhere = factories.make_dataset("elsewhere", categories=["Other name"], clips=1)
    make_model(draft, dataset=elsewhere)
    heard = draft.categories.get(name="Heavy metal").clips.first()
    assert heard is not None
    elsewhere.categories.get().clips.update(split=Split.TRAIN, sha256=heard.sha256)
    assert asked_by(check_unheard, draft) == [
        ("trained-clips", f"The model “run” was trained on 1 of the 12 clips: “{heard}”.")
    ]


def test_clips_of_recordings_that_the_model_was_trained_on_need_consent_too(draft: Study) -> None:
    make_model(draft)
    category = draft.categories.get(name="Heavy metal")
    factories.make_clip(category, 90, split=Split.TRAIN, piece_id="heavy-metal-1")
    asked = asked_by(check_unheard, draft)
    assert asked == [
        (
            "trained-recordings",
            "The model “run” was trained on other clips of the recordings that 1 of the 12 clips were cut from: "
            "“Heavy metal clip 1”.",
        )
    ]
    with pytest.raises(LaunchRefused):
        lifecycle.open_study(study=draft)
    opened = lifecycle.open_study(study=draft, accepted=["trained-recordings"], by="ada")
    entry = opened.log.get(action="accepted")
    assert (entry.by, entry.detail) == ("ada", f"trained-recordings: {asked[0][1]}")


@pytest.mark.parametrize("source", [StimulusSet.Source.IMPORTED, StimulusSet.Source.RETRIEVAL])
def test_train_clips_need_consent_where_nobody_knows_what_made_the_images(draft: Study, source: str) -> None:
    StimulusSet.objects.update(source=source)
    assert asked_by(check_unheard, draft) == []
    Clip.objects.filter(title="Heavy metal clip 0").update(split=Split.TRAIN)
    assert asked_by(check_unheard, draft) == [
        (
            "trained-clips",
            "Arm “arm-1”: 1 of the 12 clips lie in the train split of the dataset: “Heavy metal clip 0”; what made the "
            "images may have learned from them.",
        )
    ]


def test_few_recordings_behind_many_clips_are_pointed_out(draft: Study) -> None:
    assert list(check_recordings(Material(draft))) == []
    Clip.objects.filter(category__name="Heavy metal").update(piece_id="one night")
    (finding,) = check_recordings(Material(draft))
    assert (finding.level, finding.what) == ("warning", "12 clips come from 10 recordings; “Heavy metal” has 1.")
    Clip.objects.filter(category__name="Electronic music").update(piece_id="")
    (finding,) = check_recordings(Material(draft))
    assert finding.what == (
        "9 clips come from 7 recordings; of 3 more the recording is not known; “Heavy metal” has 1."
    )


def test_a_control_has_the_model_of_its_set_and_words_alone_have_none(draft: Study) -> None:
    make_model(draft)
    first = draft.arms.get().stimulus_set
    control = factories.make_shuffled_set(first)
    draft.arms.update(stimulus_set=control)
    Clip.objects.update(split=Split.TRAIN)
    assert [name for name, _ in asked_by(check_unheard, draft)] == ["trained-clips"]
    StimulusSet.objects.update(source=StimulusSet.Source.LABEL_PROMPT)
    assert asked_by(check_unheard, draft) == []


def test_a_control_that_a_recogniser_does_not_match_as_by_chance_is_a_warning(draft: Study) -> None:
    control = factories.make_shuffled_set(draft.arms.get().stimulus_set)
    draft.arms.update(stimulus_set=control)
    (warned,) = [found.what for found in check_arms(Material(draft)) if "recognises" in found.what]
    assert warned.endswith("matches 4 of 12 (33.3 %; chance 25.0 %).")
    control.stimuli.filter(board=0).delete()
    control.stimuli.update(provenance={})  # made elsewhere: nothing is known
    assert not [found for found in check_arms(Material(draft)) if "recognises" in found.what]


def test_arms_on_different_clips_need_consent(draft: Study) -> None:
    first = draft.arms.get().stimulus_set
    other = factories.make_set(first.dataset, "set-b")
    Arm.objects.create(study=draft, name="arm-2", stimulus_set=other)
    assert asked_by(check_same_clips, draft) == []
    other.stimuli.filter(clip__title="Heavy metal clip 0").delete()
    [(name, what)] = asked_by(check_same_clips, draft)
    assert (name, what) == (
        "different-clips",
        "The arms play different clips, 11 of 12 are in every arm: “arm-2” lacks “Heavy metal clip 0”.",
    )


def test_a_set_that_nobody_has_looked_through_needs_consent(draft: Study) -> None:
    control = factories.make_shuffled_set(draft.arms.get().stimulus_set)  # the same pictures
    Arm.objects.create(study=draft, name="arm-2", stimulus_set=control)
    assert asked_by(check_reviewed, draft) == []
    later = draft.arms.get(name="arm-1").stimulus_set.stimuli.first()
    assert later is not None
    factories.make_stimulus(later.set, later.clip, index=1)
    assert asked_by(check_reviewed, draft) == [
        ("unreviewed-images", "Nobody has looked through the stimulus set “set-a” (1 of 16 images).")
    ]
    StimulusSet.objects.update(reviewed_at=None)
    assert [what[-18:] for _, what in asked_by(check_reviewed, draft)] == ["(16 of 16 images).", "(12 of 12 images)."]
    draft.simulated_only = True  # programs look at nothing
    assert asked_by(check_reviewed, draft) == []


def test_what_was_found_hard_to_look_at_has_to_be_warned_of(draft: Study) -> None:
    StimulusSet.objects.update(content_warning="Blood.", reviewed_at=timezone.now(), reviewed_by="ada")
    [(name, what)] = asked_by(check_reviewed, draft)
    assert (name, what[:34]) == ("no-content-warning", "“ada” found in the set “set-a” wha")
    draft.content_warning = "Some pictures show blood."
    assert asked_by(check_reviewed, draft) == []
