"""Launch checks of files: what is missing, changed or cannot be played is named."""

import io

import numpy as np
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from generation.files import png_bytes
from generation.media import storage
from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.models import Study
from tests.studies import factories


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


def test_an_image_that_shows_nothing_is_found(draft: Study) -> None:
    stimulus = draft.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").first()
    assert stimulus is not None
    stimulus.sha256, stimulus.file = storage.store(png_bytes(Image.new("RGB", (64, 64))), ".png")
    stimulus.save()
    [problem] = errors_of(check_launch(draft))
    assert "cannot be shown: is one colour throughout (black): there is nothing to see." in problem


def test_an_image_in_another_format_is_named_before_its_files_are_read(draft: Study) -> None:
    stimulus = draft.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").first()
    assert stimulus is not None
    stimulus.sha256, stimulus.file = storage.store(b"<svg xmlns='http://www.w3.org/2000/svg'/>", ".png")
    stimulus.save()
    [problem] = errors_of(check_launch(draft, thorough=False))
    assert "cannot be shown: its format is SVG; use JPEG, PNG or WebP." in problem
