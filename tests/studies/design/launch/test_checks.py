"""Launch checks: a sound study passes, and each missing thing is named with what to do."""

import io
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from generation.media import storage
from generation.models import Category, Content, StimulusSet
from studyserver.studies.design.launch import files
from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.models import Arm, Study
from tests.studies import factories


@pytest.fixture
def draft(db: None) -> Study:
    files._good_headers.clear()
    return factories.make_study(status=Study.Status.DRAFT)


def warnings_of(study: Study) -> list[str]:
    return [str(f) for result in check_launch(study) for f in result.findings if f.level == "warning"]


@pytest.mark.parametrize("thorough", [True, False])
def test_a_complete_study_passes_every_check(draft: Study, thorough: bool) -> None:
    results = check_launch(draft, thorough=thorough)
    assert [result.title for result in results if not result.passed] == []
    assert len(results) == 12


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


def all_images_flagged(study: Study) -> None:
    study.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").update(flagged=True)


def category_without_images(study: Study) -> None:
    study.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").delete()


def too_many_trials(study: Study) -> None:
    Study.objects.update(trials_per_session=4)


def empty_debrief(study: Study) -> None:
    Study.objects.update(debrief_text=" \n")


def withdrawal_in_the_past(study: Study) -> None:
    Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=1))


def no_practice(study: Study) -> None:
    study.practice_categories.clear()


def practice_inside(study: Study) -> None:
    study.practice_categories.add(Category.objects.get(name="Heavy metal"))


def practice_without_images(study: Study) -> None:
    study.arms.get().stimulus_set.stimuli.filter(category__name="Romanticism open view").delete()


def practice_without_photograph(study: Study) -> None:
    Content.objects.all().delete()


def zero_seconds(study: Study) -> None:
    Study.objects.update(min_listen_s=0)


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


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (one_category, "1 categories are chosen. Choose at least two"),
        (foreign_category, "come from several datasets (museum, other)"),
        (unfinished_set, "“set-a” is not finished (being made). Finish generating it."),
        (no_arm, "The study has no arm."),
        (quota_of_nobody, "Arm “arm-1” has the quota 0"),
        (all_images_flagged, "category “Heavy metal”: all 3 images are flagged in the set “set-a”"),
        (category_without_images, "category “Heavy metal”: no image in the set “set-a”"),
        (too_many_trials, "3 images of 3 clips are too few for 4 trials"),
        (empty_debrief, "The debrief text is empty."),
        (withdrawal_in_the_past, "has passed. Choose a later day."),
        (no_practice, "No practice category is chosen."),
        (practice_inside, "Practice uses the study's own material (Heavy metal)"),
        (practice_without_images, "Practice category “Romanticism open view”: no image in “set-a”"),
        (practice_without_photograph, "needs a neutral photograph beside it"),
        (zero_seconds, "The minimum listening time is 0 s."),
        (same_picture_twice, "stands for “Electronic music”, “Heavy metal”"),
        (same_sound_twice, "stands for “Electronic music”, “Heavy metal”"),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    spoil(draft)
    errors = errors_of(check_launch(Study.objects.get()))
    assert any(sentence in error for error in errors), errors


def test_control_set_needs_a_whole_board_for_each_trial(db: None) -> None:
    images = factories.make_set(factories.make_dataset())
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[images, control], status=Study.Status.DRAFT, trials_per_session=3)
    assert errors_of(check_launch(study)) == []
    broken = control.stimuli.filter(board=0).first()
    assert broken is not None
    broken.delete()
    [problem] = errors_of(check_launch(study))
    assert "has 2 whole boards with one image of each category, 3 trials need 3" in problem


def test_a_missing_file_is_named(draft: Study) -> None:
    clip = draft.categories.get(name="Heavy metal").clips.first()
    assert clip is not None
    name = "ff/" + "f" * 64 + ".wav"
    clip.file = name
    clip.save()
    for thorough in (True, False):
        [problem] = errors_of(check_launch(draft, thorough=thorough))
        assert problem == (
            f"Clip “Heavy metal clip 0” ({name}) is missing from the storage. "
            "Import or generate it again, or restore it from a backup."
        )


def replace_sound(draft: Study, data: bytes, suffix: str) -> None:
    clip = draft.categories.get(name="Heavy metal").clips.first()
    assert clip is not None
    clip.sha256, clip.file = storage.store(data, suffix)
    clip.save()


def test_sound_that_browsers_cannot_play_is_named(draft: Study) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(800), 8000, format="WAV", subtype="DOUBLE")
    replace_sound(draft, buffer.getvalue(), ".wav")
    [problem] = errors_of(check_launch(draft, thorough=False))
    assert "is a WAV file of the kind DOUBLE, which browsers do not play" in problem
    replace_sound(draft, buffer.getvalue(), ".aiff")
    [problem] = errors_of(check_launch(draft, thorough=False))
    assert "is a .aiff file, which browsers do not play" in problem


def test_a_truncated_sound_is_found_by_decoding(draft: Study) -> None:
    whole = factories.make_sound(1, 2.0, ".wav")
    replace_sound(draft, b"RIFF" + whole[4:60], ".wav")
    [problem] = errors_of(check_launch(draft))
    assert "“Heavy metal clip 0”" in problem


def test_a_changed_file_is_found_by_its_hash(draft: Study) -> None:
    stimulus = draft.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").first()
    assert stimulus is not None
    data = factories.make_picture(12345)
    name = default_storage.save(storage.address("e" * 64, ".png"), ContentFile(data))
    stimulus.file, stimulus.sha256 = name, "e" * 64
    stimulus.save()
    assert errors_of(check_launch(draft, thorough=False)) == []
    [problem] = errors_of(check_launch(draft, thorough=True))
    assert "its content is not what was stored: the sha256 differs" in problem


def test_warnings_name_what_readers_will_ask(draft: Study) -> None:
    sentences = " ".join(warnings_of(draft))
    assert "15 clips have no stated licence" in sentences
    Study.objects.update(contact="", listening_rule="none", trials_per_session=1)
    draft.refresh_from_db()
    for category in draft.categories.all():
        draft.arms.get().stimulus_set.stimuli.filter(clip__in=category.clips.all()[1:]).delete()
    sentences = " ".join(warnings_of(draft))
    assert "No contact is given." in sentences
    assert "may answer without listening" in sentences
    assert "one clip stands for a whole category" in sentences


def test_images_that_no_model_made_are_pointed_out(draft: Study) -> None:
    StimulusSet.objects.update(source=StimulusSet.Source.RETRIEVAL)
    assert any("that no model made, or may not have made" in sentence for sentence in warnings_of(draft))


def test_long_listening_is_warned_of(db: None) -> None:
    dataset = factories.make_dataset(clips=1)
    study = factories.make_study(
        sets=[factories.make_set(dataset, images_per_clip=20)],
        status=Study.Status.DRAFT,
        trials_per_session=20,
        listening_rule="end",
    )
    for clip in study.categories.get(name="Heavy metal").clips.all():
        clip.duration = 100
        clip.save()
    sentences = " ".join(warnings_of(study))
    assert "Listening alone takes a participant about 34 minutes." in sentences
