"""What goes wrong at each stage, by real commands: one line each, and after mending the same command ends the same.

The untroubled result is that of the same command where nothing was ever wrong: images of a set and files of a run do
not depend on their names, so both stand side by side in one place.
"""

import errno
import os
import re
import shutil
import struct
from contextlib import ExitStack

import numpy as np
import pytest
import soundfile
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, models

from generation.encoders.spaces.embedded import EmbeddedSpace
from generation.files.durable import write_durably
from generation.media.local import LocalFiles
from generation.models import Artwork, Checkpoint, Clip, Content, Dataset, Stimulus, StimulusSet
from generation.musipainter.audio_encoders.beats import BEATS_FILE
from generation.musipainter.audio_encoders.hearing import read_window
from generation.musipainter.audio_encoders.musicnn import MusicnnEncoder
from generation.musipainter.backbones.stable_diffusion.kind import DIFFUSION_FOLDER
from generation.musipainter.backbones.style_transfer.transfer import StyleTransferBackbone
from generation.musipainter.embedder import Embedder
from generation.musipainter.training.large_learner import LargeLearner
from generation.networks.beats import Beats
from generation.run.opening import find_checkpoint, open_pipeline, settings_of
from tests.generation.management.commands.test_paper_presets import full_after
from tests.generation.media_files import write_folder, write_picture, write_tone
from tests.generation.musipainter.toy import write_weights
from tests.generation.tiny import SHORT

# Stages: what a person types, and what is left when it has worked


def train(run, **options):
    return call_command("train_musipainter", run=run, preset="mini", dataset="tiny", verbosity=0, **(SHORT | options))


def train_paper(run):
    given = {"epochs": 2, "batch_size": 4, "sample_clips": 1, "sample_steps": 1}
    return call_command("train_musipainter", run=run, preset="musipainter-2", dataset="tiny", verbosity=0, **given)


def generate(name):
    return call_command("generate_stimuli", name, checkpoint="tiny-run", dataset="tiny", verbosity=0)


def generate_paper(name):
    given = {"split": ["val"], "steps": 1, "batch_size": 2}
    return call_command("generate_stimuli", name, checkpoint="paper-run", dataset="tiny", verbosity=0, **given)


def embed(name, **options):
    return call_command("embed_stimuli", name, verbosity=0, **options)


def paint(path, out, run="tiny-run", **options):
    return call_command("paint", str(path), checkpoint=run, out=str(out), verbosity=0, **options)


def import_tiny_again(tmp_path):
    call_command("import_dataset", str(tmp_path / "source" / "manifest.csv"), name="tiny", verbosity=0)


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.log"
    }


def run_files(run):
    return files_of(settings.RUNS_ROOT / run)


def images(name):
    rows = Stimulus.objects.filter(set__name=name).select_related("clip")
    return {(row.clip.sha256, row.index): (row.sha256, row.seed) for row in rows}


def forget_features():
    """Features that were worked out before would hide what has become of the files since."""
    shutil.rmtree(settings.CACHE_ROOT, ignore_errors=True)


def fails(words, command, *arguments, **options):
    """The command ends with one line that matches; returns it."""
    with pytest.raises(CommandError, match=words) as caught:
        command(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def finished_paper_run(tmp_path_factory):
    """Where the run folder of `paper-run` is kept once it exists: one training serves all tests."""
    return tmp_path_factory.mktemp("finished") / "paper-run"


@pytest.fixture
def paper(tiny, finished_paper_run):
    """The dataset `tiny`, small networks where the published weights lie, and the checkpoint `paper-run`."""
    write_weights(settings.WEIGHTS_ROOT)
    if finished_paper_run.exists():
        shutil.copytree(finished_paper_run, settings.RUNS_ROOT / "paper-run")
    train_paper("paper-run")
    if not finished_paper_run.exists():
        shutil.copytree(settings.RUNS_ROOT / "paper-run", finished_paper_run)
    return tiny


@pytest.fixture
def embeddable(db, data_folder, tmp_path, settings):
    """A set of three categories, which a joint space needs, made without a model: retrieved artworks."""
    settings.SPACES_ROOT = data_folder / "spaces"
    folder = write_folder(tmp_path / "three", dict.fromkeys(("Bright", "Dark", "Dull"), (6, 6)))
    call_command("import_dataset", str(folder), name="three", verbosity=0)
    call_command("generate_stimuli", "a-set", source="retrieval", dataset="three", split=["test"], verbosity=0)
    return StimulusSet.objects.get()


# Files of the dataset, damaged after they were imported


def stored(kind):
    """The stored file of a train clip, a test clip, a train artwork or a photograph."""
    rows = {
        "train clip": Clip.objects.filter(split="train"),
        "test clip": Clip.objects.filter(split="test"),
        "artwork": Artwork.objects.filter(split="train"),
        "photograph": Content.objects.all(),
    }
    return settings.MEDIA_ROOT / rows[kind].order_by("sha256").first().file.name


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def cut_by_one_byte(path):
    path.write_bytes(path.read_bytes()[:-1])


def fill_with_nan(path):
    soundfile.write(path, np.full(60_000, np.nan), 16_000, subtype="FLOAT")


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("kind", "stage", "damages"),
    [
        ("train clip", "train", [cut_by_one_byte, fill_with_nan]),
        ("artwork", "train", [cut, os.unlink]),
        ("test clip", "generate", [cut, fill_with_nan, os.unlink]),
        ("photograph", "generate", [cut_by_one_byte, empty]),
    ],
)
def test_a_damaged_file_is_named_and_restored_by_importing_again(trained, tmp_path, kind, stage, damages):
    def work(name):
        if stage == "train":
            train(name)
            return run_files(name)
        generate(name)
        return images(name)

    whole = work("whole")
    path = stored(kind)
    for number, damage in enumerate(damages):
        forget_features()
        damage(path)
        line = fails(f"{path.name}: .*import its dataset again, which restores it", work, f"broken-{number}")
        assert ("No such file" if damage is os.unlink else "has changed since it was imported") in line
        import_tiny_again(tmp_path)
        assert work(f"broken-{number}") == whole


def test_importing_again_says_what_it_restored_and_keeps_every_row(tiny, tmp_path, capsys):
    before = list(Dataset.objects.values()), list(Clip.objects.values()), files_of(settings.MEDIA_ROOT)
    cut(stored("train clip"))
    stored("photograph").unlink()
    import_tiny_again(tmp_path)
    assert "Note: 2 files whose stored copy was missing or damaged: restored." in capsys.readouterr().err
    assert (list(Dataset.objects.values()), list(Clip.objects.values()), files_of(settings.MEDIA_ROOT)) == before
    import_tiny_again(tmp_path)
    assert "restored" not in capsys.readouterr().err


def test_the_papers_networks_name_a_damaged_clip_and_go_on_from_where_they_were(paper, tmp_path, monkeypatch):
    path = stored("train clip")
    # The first epoch is whole before the file is damaged: stopped by a full disk at the second one's state.
    with monkeypatch.context() as patch:
        patch.setattr("generation.musipainter.training.run_folder.write_durably", full_after(3, write_durably))
        fails("No space left", train_paper, "broken")
    for damage in (cut, fill_with_nan):
        damage(path)
        fails(f"{path.name}: .*import its dataset again", train_paper, "broken")
    import_tiny_again(tmp_path)
    assert "resumed after epoch 1" in train_paper("broken")
    assert run_files("broken") == run_files("paper-run")


def test_a_damaged_image_of_a_set_is_named_when_it_is_embedded(embeddable):
    path = settings.MEDIA_ROOT / Stimulus.objects.first().file.name
    good = path.read_bytes()
    embed("a-set")
    folder = settings.SETS_ROOT / "a-set" / "embedded"
    whole = files_of(folder)
    shutil.rmtree(folder)
    for damage in (cut, empty, os.unlink):
        damage(path)
        fails(path.name, embed, "a-set")
        path.write_bytes(good)
    embed("a-set")
    assert files_of(folder) == whole


# Sound files that cannot be heard, and such that can, whatever their sample rate


def set_rate(path, rate):
    """State another sample rate in the header of a WAV file."""
    data = bytearray(path.read_bytes())
    data[24:28] = struct.pack("<I", rate)
    path.write_bytes(data)


BROKEN_SOUNDS = [
    (lambda path: set_rate(write_tone(path), 0), "not a readable sound file"),
    (lambda path: set_rate(write_tone(path), 2_000_000_000), "states a sample rate of 2,000,000,000 Hz"),
    (fill_with_nan, "holds samples that are no numbers"),
    (lambda path: cut(write_tone(path)), "is cut off"),
    (lambda path: cut_by_one_byte(write_tone(path.with_suffix(".ogg"), seconds=9.0)), "is cut off: its last page"),
    (lambda path: path.write_text("la la la"), "not a readable sound file"),
    (empty, "is empty|not a readable sound file"),
]


def test_sounds_that_cannot_be_heard_are_skipped_by_name_and_paint_nothing(trained, tmp_path, capsys):
    folder = tmp_path / "more" / "Bright" / "audio"
    folder.mkdir(parents=True)
    for number, (write, _) in enumerate(BROKEN_SOUNDS):
        write(folder / f"broken-{number}.wav")
    broken = sorted(folder.iterdir())
    write_tone(folder / "good.wav", hertz=333, seconds=3.3)
    write_picture(tmp_path / "more" / "Bright" / "images" / "art.png", seed=99)
    call_command("import_dataset", str(tmp_path / "more"), name="more", verbosity=0)
    skipped = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Skipped")]
    assert len(skipped) == len(broken) == len(BROKEN_SOUNDS)
    assert Clip.objects.filter(category__dataset__name="more").count() == 1
    for path, line, (_, words) in zip(broken, skipped, BROKEN_SOUNDS, strict=True):
        assert re.search(f"{path.name}.*({words})", line)
        fails(f"{path.name}: ({words})", paint, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_any_usual_sample_rate_is_heard_as_the_same_music(trained, tmp_path):
    row = find_checkpoint("tiny-run")
    rates = (16_000, 8_000, 11_025, 44_100, 96_000)
    paths = [write_tone(tmp_path / f"{rate}.wav", rate=rate, seconds=6.0) for rate in rates]
    with ExitStack() as stack:
        chosen = settings_of(row, set_seed=0, batch_size=1, painting={})
        pipeline, _ = open_pipeline(row, row.dataset, LocalFiles(stack), chosen)
        assert len({len(read_window(pipeline.encoder, path)) for path in paths}) == 1
        first, *others = (pipeline.audio_token_of_file(path, start=0.0)[0] for path in paths)
    for path, other in zip(paths[1:], others, strict=True):
        assert torch.cosine_similarity(first, other, dim=0) > 0.98, path
    paint(paths[2], tmp_path / "out", n=1)
    assert (tmp_path / "out" / "01.png").exists()


# Weights that are missing or of another layout


def set_aside(*parts):
    path = settings.WEIGHTS_ROOT.joinpath(*parts)
    path.rename(path.with_name(f"{path.name}.aside"))
    return path


def put_back():
    for path in list(settings.WEIGHTS_ROOT.rglob("*.aside")):
        path.replace(path.with_suffix(""))


def exchange_beats():
    torch.save({"state_dict": {}}, set_aside(BEATS_FILE))


def cut_aside(path):
    shutil.copy(path, path.with_name(f"{path.name}.aside"))
    cut(path)


UNREADABLE = "stable-diffusion-v1-4 cannot be loaded as a Stable Diffusion model"
WEIGHTS = [
    (lambda: set_aside(BEATS_FILE), f"BEATs checkpoint is missing: put {BEATS_FILE}"),
    (exchange_beats, f"{BEATS_FILE} "),
    (lambda: cut_aside(settings.WEIGHTS_ROOT / BEATS_FILE), f"{BEATS_FILE} "),
    (lambda: set_aside(DIFFUSION_FOLDER), "Stable Diffusion v1-4 is missing: put its diffusers folder at"),
    (lambda: set_aside(DIFFUSION_FOLDER, "model_index.json"), "is no Stable Diffusion folder: it holds no model_index"),
    (lambda: set_aside(DIFFUSION_FOLDER, "unet"), UNREADABLE),
    (lambda: cut_aside(next((settings.WEIGHTS_ROOT / DIFFUSION_FOLDER / "unet").glob("*.safetensors"))), UNREADABLE),
]


def test_weights_that_are_missing_or_another_are_named_at_every_stage(paper, tmp_path):
    music = stored("test clip")
    for damage, words in WEIGHTS:
        damage()
        fails(words, train_paper, "broken")
        fails(words, generate_paper, "broken-set")
        fails(words, paint, music, tmp_path / "out", run="paper-run")
        put_back()
    assert not StimulusSet.objects.exists()
    train_paper("broken")
    assert run_files("broken") == run_files("paper-run")
    assert generate_paper("broken-set").startswith("Made 2 images")


def test_a_sound_too_short_for_beats_is_refused_by_name(paper, tmp_path):
    soundfile.write(tmp_path / "short.wav", 0.1 * np.sin(np.arange(2_000)), 16_000)
    words = "short.wav: is too short for BEATs: 2000 samples at 16 kHz, it needs at least 2,800"
    fails(words, paint, tmp_path / "short.wav", tmp_path / "out", run="paper-run", steps=1)


def test_wav2clip_without_its_weights_says_where_they_go_and_embedded_still_works(embeddable):
    fails(str(settings.WEIGHTS_ROOT), embed, "a-set", space="wav2clip")
    assert embed("a-set").startswith("Embedded")


def exchange_weights(folder):
    """Another layout: AudioToken's, where ours belongs."""
    call_command("export_embedder", "tiny-run", out=str(folder / "other.safetensors"))
    (folder / "other.safetensors").replace(folder / "embedder.safetensors")


def test_a_damaged_run_is_named_and_can_be_trained_again(trained, tmp_path):
    generate("whole")
    whole, folder = run_files("tiny-run"), settings.RUNS_ROOT / "tiny-run"
    for damage, words in (
        (lambda: cut(folder / "embedder.safetensors"), "embedder.safetensors is not a weights file of ours"),
        (lambda: cut(folder / "config.json"), "config.json cannot be read"),
        (lambda: (folder / "embedder.safetensors").unlink(), "There is no weights file"),
        (lambda: exchange_weights(folder), "embedder.safetensors is not a weights file of ours"),
    ):
        damage()
        fails(words, generate, "broken")
        fails(words, paint, stored("test clip"), tmp_path / "out")
        shutil.rmtree(folder)
        train("tiny-run")
        assert run_files("tiny-run") == whole
    generate("broken")
    assert images("broken") == images("whole")


def test_a_damaged_state_says_that_the_run_has_to_begin_anew(tiny, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("generation.musipainter.training.run_folder.write_durably", full_after(3, write_durably))
        fails("No space left", train, "tiny-run")
    cut(settings.RUNS_ROOT / "tiny-run" / "state.pt")
    fails("state.pt is damaged; delete the run folder and train again", train, "tiny-run")
    shutil.rmtree(settings.RUNS_ROOT / "tiny-run")
    assert train("tiny-run").startswith("Trained mini")


# Disks that are full


def full_disk(writes):
    """No durable write but the first few gets its bytes to the disk: what every stage writes through."""
    fsync, left = os.fsync, [2 * writes]  # the file, then its folder

    def write(handle):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return fsync(handle)

    return write


# At the first write of a stage, and in the middle of its work.
@pytest.mark.parametrize("writes", [0, 3])
@pytest.mark.parametrize("stage", ["import", "train", "generate", "paint", "sweep"])
def test_a_full_disk_gives_one_line_and_work_that_goes_on(trained, tmp_path, monkeypatch, stage, writes):
    music = stored("test clip")
    more = write_folder(tmp_path / "more", {"Bright": (2, 2)})

    def work(name):
        match stage:
            case "import":
                call_command("import_dataset", str(more), name=name, verbosity=0)
                return Dataset.objects.get(name=name).manifest_sha256, files_of(settings.MEDIA_ROOT)
            case "train":
                train(name)
                return run_files(name)
            case "generate":
                generate(name)
                return images(name)
            case "paint":
                paint(music, tmp_path / name, n=5)
                return files_of(tmp_path / name)
            case "sweep":
                fix = [[option, str(value)] for option, value in SHORT.items()]
                given = {"preset": "mini", "dataset": "tiny", "fix": fix, "vary": [["lambda_l1", "0.01", "0"]]}
                call_command("sweep_musipainter", name, verbosity=0, **given)
                return {
                    file.replace(name, "it"): data.replace(name.encode(), b"it")
                    for file, data in files_of(settings.SWEEPS_ROOT / name).items()
                }

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk(writes))
        # Images that stand somewhere already are not written again.
        for row in Stimulus.objects.all():
            (settings.MEDIA_ROOT / row.file.name).unlink()
        fails("No space left on device", work, "broken")
    assert not list(tmp_path.rglob(".writing-*"))
    found = work("broken")
    assert found == work("whole")


def test_a_full_disk_leaves_an_embedding_that_goes_on(embeddable, monkeypatch):
    folder = settings.SETS_ROOT / "a-set" / "embedded"
    for writes in (0, 3):
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full_disk(writes))
            fails("No space left on device", embed, "a-set")
        assert not folder.exists()
    embed("a-set")
    whole = files_of(folder)
    shutil.rmtree(folder)
    forget_features()
    embed("a-set")
    assert files_of(folder) == whole


def test_a_database_without_room_gives_one_line_and_work_that_goes_on(trained, monkeypatch):
    """In SQLite's own words where its disk is full."""
    generate("whole")
    save, left = models.Model.save, [3]

    def full(self, *args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise OperationalError("database or disk is full")
        return save(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(models.Model, "save", full)
        fails("The database cannot be used \\(database or disk is full\\). Make room", generate, "broken")
        left[0] = 0
        fails("The database cannot be used", train, "second")
    generate("broken")
    assert images("broken") == images("whole")
    assert train("second").startswith("Nothing to do: the run second is finished")
    first, second = (Checkpoint.objects.get(name=name) for name in ("tiny-run", "second"))
    assert second.weights_sha256 == first.weights_sha256


# Memory that runs out


def on_cuda(*args, **kwargs):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def on_cpu(*args, **kwargs):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried")


# Model 2 recomputes its activations from the start; where memory ends nevertheless, smaller batches are left to take.
MEMORY = {
    "BEATs in training": (Beats, "forward", on_cuda, "smaller --batch-size and more --accumulation", "train_paper"),
    "the U-Net in training": (UNet2DConditionModel, "forward", on_cpu, "--precision bfloat16", "train_paper"),
    "an update": (torch.optim.AdamW, "step", on_cuda, "--batch-size", "train_paper"),
    "a validation": (LargeLearner, "_judged", on_cuda, "smaller --validation-batch-size", "train_paper"),
    "samples": (AutoencoderKL, "decode", on_cuda, "--sample-clips 0", "train_paper"),
    "images": (AutoencoderKL, "decode", on_cuda, "--batch-size", "generate_paper"),
    "mini's ears": (MusicnnEncoder, "encode", on_cpu, "end other programs", "train"),
    "mini's embedder": (Embedder, "forward", on_cpu, "--batch-size", "train"),
    "mini's images": (StyleTransferBackbone, "transform", on_cpu, "batch size", "generate"),
    "a joint space": (EmbeddedSpace, "embed_images", on_cpu, "end other programs", "embed"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("where", MEMORY)
def test_memory_that_runs_out_names_the_setting_and_leaves_work_that_goes_on(request, monkeypatch, where):
    owner, method, error, setting, stage = MEMORY[where]
    request.getfixturevalue("paper" if "paper" in stage else "embeddable" if stage == "embed" else "trained")
    if stage == "train":
        forget_features()
    command = globals()[stage]
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, error)
        line = fails("Out of memory", command, "a-set")
    assert setting in line
    sentence = command("a-set")
    if stage.startswith("train"):
        assert sentence.startswith("Trained")
        assert run_files("a-set") == run_files("paper-run" if stage == "train_paper" else "tiny-run")
    elif stage.startswith("generate"):
        command("whole")
        assert images("a-set") == images("whole")
    else:
        assert sentence.startswith("Embedded")
