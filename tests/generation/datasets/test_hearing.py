"""What participants hear of clips: copies that browsers play, loudness, levels; the imported file stays."""

import io
import random

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generation.datasets import import_dataset, judge_again, level_clips
from generation.errors import DatasetError
from generation.files import judge_sound
from generation.media import sha256_of, store
from generation.models import Clip, Dataset, StimulusSet
from studyserver.studies.design import lifted
from studyserver.studies.models import Arm, Study
from tests.generation.files.sound.sounds import RATE, constant_mp3, flac, tone, wav, written
from tests.generation.media_files import write_picture

pytestmark = pytest.mark.django_db

SOUNDS = {
    "float64.wav": wav(tone(7), kind="<f8"),
    "plain.wav": wav(tone(1)),
    "apple.aiff": written(tone(2), "AIFF"),
    "piped.flac": flac(tone(3), stated=0),
    "radio.mp3": constant_mp3(tone(4)) + constant_mp3(tone(5)),
    "soft.wav": wav(tone(6, peak=0.002)),
    "tenth.wav": wav(np.concatenate([tone(47, 0.1), np.zeros(round(3.9 * RATE))])),
    "gsm.wav": written(tone(9, rate=8000), rate=8000, subtype="GSM610"),
    "integers.wav": wav(tone(43) * 20_000, kind="<f4"),
    "constant.wav": wav(np.zeros(4 * RATE) + 0.5),
    "antiphase.wav": wav(np.stack([tone(48), -tone(48)], axis=1)),
    "exactly.wav": wav(tone(60, 3.0)),
    "below.wav": wav(tone(61, 2.999)),
    "cut.flac": flac(tone(3), stated=0)[:58_000],
    "music.m4a": b"\0\0\0\x1cftypM4A " + bytes(500),
}


def write_sounds(root, names):
    for name in names:
        path = root / "Jazz" / "audio" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SOUNDS[name])
    for n in range(3):
        write_picture(root / "Jazz" / "images" / f"{n}.png", seed=n)
    return root


def clips():
    return {clip.title: clip for clip in Clip.objects.all()}


def read(name):
    with default_storage.open(name, "rb") as file:
        return file.read()


def test_awkward_sounds_are_taken_with_a_copy_noted_or_left_out_by_name(tmp_path, capsys):
    call_command("import_dataset", str(write_sounds(tmp_path, SOUNDS)), name="art")
    out, err = capsys.readouterr()
    assert out.startswith("Imported 8 clips and 3 artworks")
    lines = [line.removeprefix("Skipped Jazz/audio/").removeprefix("Note: ") for line in err.splitlines()]
    assert sorted(lines) == sorted(
        [
            "antiphase.wav: has channels that cancel each other out (one is minus the other): networks, and telephones "
            "with one loudspeaker, hear silence; turn one of them round, or keep one",
            "below.wav: is too short: 2.999 s, at least 3 s are needed",
            "constant.wav: is silent: all samples have one value",
            "cut.flac: is damaged or cut off: 1.86 s of it can be read (flac decoder lost sync)",
            "gsm.wav: is a WAV file of the kind GSM 6.10, which is not read; use WAV, FLAC, OGG or MP3",
            "integers.wav: holds samples up to 10,000.0, far outside -1 to 1 (integers written as floats?); divide "
            "them by full scale and save it again",
            "music.m4a: not a readable sound file (it is AAC or ALAC in M4A; convert it to WAV, FLAC, OGG or MP3)",
            "Jazz/audio/tenth.wav: 0.1 s of 4.0 s can be heard, the rest is silent.",
            *(
                f"1 clip is {kind}, which browsers do not play rightly: participants hear a copy (MP3, 192 kbit/s), "
                "networks the file itself."
                for kind in (
                    "AIFF PCM_16",
                    "FLAC PCM_16 whose stated length is wrong",
                    "MP3 MPEG_LAYER_III whose stated length is wrong",
                    "WAV DOUBLE",
                )
            ),
        ]
    )
    found = clips()
    assert {name: round(clip.duration, 1) for name, clip in found.items()} == {
        "float64": 4.0,
        "plain": 4.0,
        "apple": 4.0,
        "piped": 4.0,
        "radio": 8.1,
        "soft": 4.0,
        "tenth": 4.0,
        "exactly": 3.0,
    }
    for name, clip in found.items():
        sha256, file = clip.played
        assert read(clip.file.name) == SOUNDS[next(key for key in SOUNDS if key.startswith(name))]
        assert sha256_of(read(file)) == sha256
        copied = name in ("float64", "apple", "piped", "radio")
        assert (file != clip.file.name) is copied
        sound = judge_sound(io.BytesIO(read(file)), loudness=True)
        assert sound.is_playable
        assert sound.seconds == pytest.approx(clip.duration, abs=0.001)
        assert sound.loudness == pytest.approx(clip.loudness, abs=0.1)
    assert found["float64"].format == "WAV DOUBLE"
    assert found["soft"].loudness == pytest.approx(-65.5, abs=1)


def test_importing_again_measures_what_was_imported_before_and_makes_lost_copies_anew(tmp_path):
    root = write_sounds(tmp_path, ["float64.wav", "plain.wav"])
    import_dataset(path=root, name="art")
    whole = clips()
    # As rows were before loudness and copies were kept.
    Clip.objects.update(format="", peak=None, loudness=None, played_file="", played_sha256="", duration=1.0)
    import_dataset(path=root, name="art")
    again = clips()
    for name, clip in whole.items():
        for field in ("format", "peak", "loudness", "played", "duration"):
            assert getattr(again[name], field) == getattr(clip, field)
    default_storage.delete(whole["float64"].played[1])
    result = import_dataset(path=root, name="art")
    assert result.notices == ["1 file whose stored copy was missing or damaged: restored."]
    assert sha256_of(read(whole["float64"].played[1])) == whole["float64"].played_sha256


def levels(**only):
    return {
        clip.title: round(judge_sound(io.BytesIO(read(clip.played[1])), loudness=True).loudness, 1)
        for clip in Clip.objects.filter(**only)
    }


def test_levelling_brings_copies_to_one_loudness_and_leaves_the_files(tmp_path, capsys):
    import_dataset(path=write_sounds(tmp_path, ["float64.wav", "plain.wav", "soft.wav"]), name="art")
    files = {clip.title: clip.file.name for clip in Clip.objects.all()}
    call_command("level_clips", "art")
    assert levels() == pytest.approx({"float64": -20, "plain": -20, "soft": -20}, abs=0.1)
    assert {clip.title: clip.file.name for clip in Clip.objects.all()} == files
    soft = clips()["soft"]
    assert soft.gain > 40
    assert soft.heard_loudness == pytest.approx(-20, abs=0.1)
    call_command("level_clips", "art")
    assert capsys.readouterr().out == (
        "Levelled 3 clips of art to -20 LUFS.\nLevelled 0 clips of art to -20 LUFS; 3 clips had that level already.\n"
    )


def test_a_clip_is_raised_no_further_than_its_peaks_allow(tmp_path):
    import_dataset(path=write_sounds(tmp_path, ["tenth.wav", "plain.wav"]), name="art")
    done = level_clips(dataset=Dataset.objects.get(), target=-10)
    # Peaks of 0.5 leave 5 dB.
    assert sorted(done.notices) == [
        "plain reaches -13.7 LUFS only: its peaks leave no more room.",
        "tenth reaches -16.8 LUFS only: its peaks leave no more room.",
    ]
    assert all(clip.gain == pytest.approx(5.0, abs=0.1) for clip in Clip.objects.all())


def test_what_an_opened_study_plays_is_not_changed(tmp_path):
    root = write_sounds(tmp_path, ["float64.wav", "plain.wav"])
    import_dataset(path=root, name="art")
    dataset = Dataset.objects.get()
    study = Study.objects.create(slug="s", title="Heard", status=Study.Status.OPEN)
    with lifted():
        Arm.objects.create(study=study, name="a", stimulus_set=StimulusSet.objects.create(name="set", dataset=dataset))
    with pytest.raises(CommandError, match='The study "Heard" was opened with clips of art: what it plays is part of'):
        call_command("level_clips", "art")
    Clip.objects.update(peak=None, loudness=None, played_file="", played_sha256="", duration=1.0)
    assert judge_again(dataset) == (2, [])
    import_dataset(path=root, name="art")
    for clip in clips().values():
        assert clip.loudness is not None
        assert clip.duration == 1.0
        assert clip.played_file == ""


def test_measuring_alone_copies_nothing_that_browsers_play_and_names_what_would_be_refused(tmp_path, capsys):
    import_dataset(path=write_sounds(tmp_path, ["plain.wav"]), name="art")
    clip = Clip.objects.get()
    _, clip.file = store(SOUNDS["antiphase.wav"], ".wav")
    clip.peak = clip.loudness = None
    clip.save()
    call_command("level_clips", "art", measure_only=True)
    out, err = capsys.readouterr()
    assert out == "Measured 0 clips of art that had not been measured.\n"
    assert err.startswith(f"Note: plain ({clip.file.name}) has channels that cancel each other out")
    with pytest.raises(DatasetError, match="The level 3 LUFS is not between -40 and -5"):
        level_clips(dataset=Dataset.objects.get(), target=3)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
@example(seed=2556)  # an MP3 file whose first header speaks of two channels, the frames behind it of one
def test_a_folder_of_damaged_sounds_ends_in_one_line_each(tmp_path_factory, capsys, seed):
    chosen = random.Random(seed)
    root = write_sounds(tmp_path_factory.mktemp("sounds"), ["plain.wav"])
    names = ["float64.wav", "apple.aiff", "piped.flac", "radio.mp3", "soft.wav", "music.m4a"]
    for number in range(8):
        name = chosen.choice(names)
        data = bytearray(SOUNDS[name][: chosen.randrange(1, len(SOUNDS[name]) + 1)])
        for _ in range(chosen.randrange(20)):
            data[chosen.randrange(min(len(data), chosen.choice([60, len(data)])))] = chosen.randrange(256)
        (root / "Jazz" / "audio" / f"{number}-{name}").write_bytes(data)
    capsys.readouterr()
    call_command("import_dataset", str(root), name=f"art-{seed}")
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    skipped = [line for line in err.splitlines() if line.startswith("Skipped")]
    assert all(line.startswith(("Skipped ", "Note: ")) for line in err.splitlines())
    assert " at 0x" not in err
    assert Clip.objects.filter(category__dataset__name=f"art-{seed}").count() + len(skipped) == 9
