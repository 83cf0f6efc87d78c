"""The paper's presets from command to image, with small random networks where the published weights would lie."""

import errno
import json
import os
from contextlib import ExitStack

import pytest
import torch
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image
from safetensors.torch import load_file

from generation.datasets.imports import import_dataset
from generation.files.durable import write_durably
from generation.media.local import LocalFiles
from generation.models import Artwork, Checkpoint, Stimulus, StimulusSet
from generation.musipainter.audio_encoders.beats import BEATS_FILE
from generation.musipainter.backbones.stable_diffusion.kind import DIFFUSION_FOLDER
from generation.musipainter.checkpoint import read_weights
from generation.musipainter.embedder import Embedder, as_published
from generation.musipainter.presets import PRESETS
from generation.musipainter.training.recipe import networks
from generation.run.measuring.embeddings import open_space
from tests.generation.media_files import write_folder
from tests.generation.musipainter.toy import write_weights

PAPER = [name for name, preset in PRESETS.items() if preset.backbone == "stable-diffusion"]
QUICK = {"epochs": 1, "batch_size": 2, "sample_clips": 1, "sample_steps": 2}


@pytest.fixture
def weights(data_folder):
    return write_weights(settings.WEIGHTS_ROOT)


def train(preset="musipainter-1", run="paper-run", **options):
    return call_command("train_musipainter", preset=preset, dataset="tiny", run=run, verbosity=0, **(QUICK | options))


def generate(name="paper-set", run="paper-run", **options):
    given = {"steps": 2, "batch_size": 2} | options
    return call_command("generate_stimuli", name, checkpoint=run, dataset="tiny", verbosity=0, **given)


def images(name):
    return {
        (row.clip.sha256, row.index): row.sha256
        for row in Stimulus.objects.filter(set__name=name).select_related("clip")
    }


def test_the_papers_presets_say_what_the_paper_says():
    figures = {
        name: (
            PRESETS[name].train.epochs,
            PRESETS[name].train.learning_rate,
            PRESETS[name].train.batch_size,
            PRESETS[name].train.accumulation,
            PRESETS[name].train.validation_batch_size,
            PRESETS[name].train.schedule,
            PRESETS[name].train.loss.lambda_l2,
            PRESETS[name].paper_epoch,
        )
        for name in PAPER[:4]
    }
    assert figures == {
        "musipainter-1": (25, 8e-5, 8, 1, 1, "cosine", 0.0, 21),
        "musipainter-2": (50, 1e-5, 8, 1, 8, "cosine", 0.0, 36),
        "preliminary-1": (8, 8e-5, 1, 4, 1, "constant", 0.0, 8),
        "preliminary-2": (13, 8e-5, 1, 4, 1, "cosine", 0.01, 13),
    }
    assert PRESETS["musipainter-2"].trained == ("embedder", "audio_encoder", "generator")
    assert {PRESETS[name].prompt for name in PAPER[:4]} == {"An art image of <*>"}
    assert (PRESETS["audiotoken"].prompt, PRESETS["audiotoken"].window) == ("a photo of <*>", "crop5")


@pytest.mark.parametrize("preset", PAPER)
def test_every_preset_trains_and_paints(tiny, weights, preset, capsys):
    sentence = train(preset)
    assert sentence.startswith(f"Trained {preset} as paper-run: weights of epoch 1 of 1")
    assert "Stable Diffusion computes on the CPU" in capsys.readouterr().err
    tensors, _, _ = read_weights(settings.RUNS_ROOT / "paper-run" / "embedder.safetensors")
    groups = {name.split(".")[0] for name in tensors}
    both = {"audio_encoder", "backbone"} if preset == "musipainter-2" else set()
    assert groups == {"fc1", "fc2", "fga"} | both
    assert generate(split=["val"]).startswith("Made 2 images of 2 clips for the set paper-set")
    stimulus_set = StimulusSet.objects.get()
    assert stimulus_set.status == "ready"
    for row in stimulus_set.stimuli.all():
        assert (row.width, row.height) == (16, 16)
        with default_storage.open(row.file.name) as file, Image.open(file) as image:
            assert image.size == (16, 16)
        painting = row.provenance["painting"]
        assert painting["settings"]["steps"] == 2
        assert painting["settings"]["guidance"] == 7.5
        assert painting["scheduler"] == "PNDMScheduler"
        assert {"diffusers", "transformers", "accelerate"} <= painting["libraries"].keys()
        assert row.provenance["backbone"]["prompt"] == PRESETS[preset].prompt
        assert row.provenance["audio_encoder"]["window"] == PRESETS[preset].window


def test_a_set_is_the_same_whatever_was_interrupted_and_refused_with_other_settings(tiny, weights):
    train()
    generate("whole", split=["test"], seed=3)
    whole = images("whole")
    assert len(set(whole.values())) == len(whole) == 4
    generate("broken", split=["test"], seed=3)
    # Take away one image of the first batch and the whole second one, as a stop between two writes leaves them.
    rows = list(Stimulus.objects.filter(set__name="broken").order_by("category", "clip__sha256", "index"))
    for row in (rows[1], rows[2], rows[3]):
        row.delete()
    StimulusSet.objects.filter(name="broken").update(status="building")
    assert generate("broken", split=["test"], seed=3).startswith("Made 3 images")
    assert images("broken") == whole
    for name, option in (
        ("guidance", {"guidance": 2.0}),
        ("steps", {"steps": 3}),
        ("batch_size", {"batch_size": 3}),
        ("precision", {"precision": "bfloat16"}),
    ):
        with pytest.raises(CommandError, match=f"begun with other settings: painting.{name} is"):
            generate("broken", split=["test"], seed=3, **option)


def full_after(writes, function):
    """A disk that takes so many writes and is full then."""

    def write(*args):
        nonlocal writes
        writes -= 1
        if writes < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return function(*args)

    return write


def run_files(name):
    folder = settings.RUNS_ROOT / name
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.log"
    }


# Config; state and losses of two epochs; losses, figure and weights.
@pytest.mark.parametrize("writes", range(8))
def test_a_disk_that_is_full_leaves_a_run_that_goes_on(tiny, weights, monkeypatch, writes):
    train(run="whole", epochs=2, sample_clips=0)
    with monkeypatch.context() as patch:
        write = full_after(writes, write_durably)
        for module in ("training.run_folder", "checkpoint"):
            patch.setattr(f"generation.musipainter.{module}.write_durably", write)
        with pytest.raises(
            CommandError, match="The files of the run broken cannot be written \\(No space left"
        ) as caught:
            train(run="broken", epochs=2, sample_clips=0)
    assert "\n" not in str(caught.value)
    assert train(run="broken", epochs=2, sample_clips=0).startswith("Trained musipainter-1 as broken")
    assert run_files("broken") == run_files("whole")


def test_a_disk_that_is_full_leaves_a_set_that_goes_on(tiny, weights, monkeypatch):
    train()
    generate("whole")
    with monkeypatch.context() as patch:
        patch.setattr("generation.media.storage.write_durably", full_after(2, write_durably))
        for row in Stimulus.objects.filter(set__name="whole"):
            default_storage.delete(row.file.name)
        with pytest.raises(CommandError, match="images of the set broken cannot be written \\(No space left"):
            generate("broken")
    assert StimulusSet.objects.get(name="broken").status == "failed"
    assert generate("broken").startswith("Made 2 images")
    assert images("broken") == images("whole")
    assert StimulusSet.objects.get(name="broken").status == "ready"


def test_choices_of_an_ablation_are_kept_and_used_again(tiny, weights):
    train(run="other", window="full", pooling="average", label_target="encoder", prompt="music like <*>")
    checkpoint = Checkpoint.objects.get()
    assert checkpoint.config["choices"] == {
        "pooling": "average",
        "window": "full",
        "prompt": "music like <*>",
        "label_target": "encoder",
    }
    generate(run="other", split=["val"])
    provenance = Stimulus.objects.first().provenance
    assert provenance["audio_encoder"]["window"] == "full"
    assert provenance["backbone"]["prompt"] == "music like <*>"
    # What is recorded is checked: a row that says another window than the run was trained with paints nothing.
    Checkpoint.objects.update(
        config=checkpoint.config | {"choices": checkpoint.config["choices"] | {"window": "crop5"}}
    )
    with pytest.raises(CommandError, match='audio_encoder.window is "full" there and "crop5" here'):
        generate("another", run="other", split=["val"])


def test_the_layout_in_memory_is_chosen_for_training_and_for_painting_and_recorded(tiny, weights):
    train(channels_last=True)
    assert Checkpoint.objects.get().config["train"]["large"]["channels_last"] is True
    generate(split=["val"], channels_last=True)
    assert Stimulus.objects.first().provenance["painting"]["settings"]["channels_last"] is True
    with pytest.raises(CommandError, match="begun with other settings: painting.channels_last is"):
        generate(split=["val"])


def test_weights_that_were_exchanged_are_refused(tiny, weights):
    train()
    write_weights(weights, diffusion_seed=7)
    with pytest.raises(CommandError, match="trained with other frozen parts: backbone.weights_sha256 is"):
        generate(split=["val"])


def test_missing_weights_give_one_line_that_says_where_to_put_them(tiny, data_folder):
    with pytest.raises(CommandError) as caught:
        train()
    text = str(caught.value)
    assert "\n" not in text
    for place in (settings.WEIGHTS_ROOT / BEATS_FILE, settings.WEIGHTS_ROOT / DIFFUSION_FOLDER):
        assert str(place) in text


def test_stable_diffusion_may_lie_elsewhere(tiny, weights, tmp_path, settings):
    elsewhere = tmp_path / "shared" / "sd"
    elsewhere.parent.mkdir()
    (weights / DIFFUSION_FOLDER).rename(elsewhere)
    settings.DIFFUSION_MODEL = str(elsewhere)
    assert train().startswith("Trained musipainter-1")
    settings.DIFFUSION_MODEL = str(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="no Stable Diffusion weights at .*nowhere"):
        generate(split=["val"])


def test_a_device_that_is_not_here_is_not_replaced(tiny, weights):
    with pytest.raises(CommandError, match="The device 'cuda:9' was asked for, but torch finds no such device here"):
        train(device="cuda:9")
    train()
    with pytest.raises(CommandError, match="'cuda:9' was asked for"):
        generate(split=["val"], device="cuda:9")


def test_painting_any_music(tiny, weights, tmp_path):
    train()
    music = next((tmp_path / "source").rglob("*.wav"))
    sentence = call_command("paint", str(music), checkpoint="paper-run", n=3, out=str(tmp_path / "out"), steps=2)
    assert "Painted" in sentence
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert [image["file"] for image in provenance["images"]] == ["01.png", "02.png", "03.png"]
    assert provenance["images"][0]["painting"]["settings"]["steps"] == 2
    assert len({image["sha256"] for image in provenance["images"]}) == 3
    with Image.open(tmp_path / "out" / "grid.png") as grid:
        assert grid.width > 3 * 100


@pytest.mark.parametrize(
    ("preset", "figures"),
    [
        ("musipainter-1", ["8,853,507", "19,366", "2,421", "60,525", "1,165,400,606"]),
        ("musipainter-2", ["958,686,263", "121,050"]),
        ("preliminary-1", ["4,842", "38,736"]),
        ("preliminary-2", ["4,842", "62,946"]),
    ],
)
def test_dry_run_prints_the_recipe_and_needs_neither_weights_nor_data(db, data_folder, preset, figures, capsys):
    networks()  # built once for all
    call_command("train_musipainter", preset=preset, dry_run=True)
    text = capsys.readouterr().out
    for figure in figures:
        assert figure in text
    assert "GiB" in text
    assert not settings.RUNS_ROOT.exists()


def test_dry_run_prints_every_choice_that_decides_a_run(db, data_folder, capsys):
    networks()
    call_command(
        "train_musipainter",
        preset="preliminary-2",
        dry_run=True,
        lambda_class=0.5,
        pooling="average",
        precision="bfloat16",
    )
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "prompt An art image of <*>",
        "pooling average",
        "label of eq. 2 table",
        "loss eq. 1 + 0.5 eq. 2 + 0.01 l1 + 0.01 l2 (l1 mean, l2 to the power 2, eq. 2 per batch)",
        "optimiser AdamW, betas 0.9 and 0.999, weight decay 0.01",
        "learning rate 8e-05, cosine",
        "precision bfloat16",
        "seed 0",
        "validation batch 1",
    ):
        assert line in lines


def test_dry_run_counts_the_updates_that_it_is_told(db, data_folder, capsys):
    networks()
    call_command("train_musipainter", preset="musipainter-1", dry_run=True, steps_per_epoch=100, epochs=3)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "updates per epoch 100" in lines
    assert "updates in all 300 (3 epochs)" in lines


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prompt": "no place"}, "must hold <\\*> once"),
        ({"prompt": ""}, "must hold <\\*> once"),
        ({"steps_per_epoch": 0}, "steps_per_epoch must be at least 1"),
        ({"lambda_l1": float("nan")}, "lambda_l1 must be a number from 0 on"),
        ({"dataset": "museart"}, "no dataset museart; .* Without --dataset, --dry-run counts Museart"),
    ],
)
def test_dry_run_refuses_what_the_run_would_refuse(db, data_folder, options, words):
    with pytest.raises(CommandError, match=words):
        call_command("train_musipainter", **{"preset": "musipainter-1", "dry_run": True} | options)


def test_dry_run_of_a_dataset_counts_its_own_clips(tiny, capsys):
    call_command("train_musipainter", preset="musipainter-1", dataset="tiny", dry_run=True, batch_size=4)
    text = capsys.readouterr().out
    assert "musipainter-1 on tiny" in text
    assert "train pairs" in text
    assert [line.split()[-3] for line in text.splitlines() if "updates in all" in line] == ["50"]
    call_command("train_musipainter", preset="mini", dataset="tiny", dry_run=True)
    assert "6 train clips" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"preset": "mini", "precision": "bfloat16"}, "--precision is for large networks"),
        ({"preset": "mini", "window": "full"}, "The preset mini has no window to choose"),
        ({"ema_decay": 1.5}, "ema_decay must lie in 0 .. 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"prompt": "no place for music"}, "must hold <\\*> once"),
        ({"label_target": "image"}, "needs the CLIP image network"),
        ({"precision": "float16"}, "float16 needs a GPU"),
    ],
)
def test_options_that_cannot_be_are_refused_in_one_line(tiny, weights, options, words):
    with pytest.raises(CommandError, match=words) as caught:
        train(**options)
    assert "\n" not in str(caught.value)


def test_label_prompts_paint_the_word_without_the_music(tiny, weights, capsys):
    options = {
        "source": "label-prompt",
        "dataset": "tiny",
        "split": ["test"],
        "verbosity": 0,
        "steps": 2,
        "batch_size": 2,
    }
    sentence = call_command("generate_stimuli", "words", **options)
    assert sentence.startswith("Made 4 images of 4 clips for the set words")
    assert "computes on the CPU" in capsys.readouterr().err
    stimulus_set = StimulusSet.objects.get()
    assert (stimulus_set.source, stimulus_set.status, stimulus_set.checkpoint) == ("label-prompt", "ready", None)
    for row in stimulus_set.stimuli.all():
        assert row.provenance["text"] == f"An art image of {row.category.name}"
        assert "audio" not in row.provenance
    whole = images("words")
    assert len(set(whole.values())) == 4
    stimulus_set.stimuli.order_by("category", "clip__sha256").first().delete()
    StimulusSet.objects.update(status="building")
    assert call_command("generate_stimuli", "words", **options).startswith("Made 1 image")
    assert images("words") == whole
    with pytest.raises(CommandError, match="--checkpoint does not go with --source label-prompt"):
        call_command("generate_stimuli", "more", **options, checkpoint="any")


def test_retrieval_shows_the_nearest_train_artworks(db, data_folder, settings, tmp_path):
    settings.SPACES_ROOT = data_folder / "spaces"
    folder = write_folder(tmp_path / "three", dict.fromkeys(("Bright", "Dark", "Dull"), (6, 6)))
    dataset = import_dataset(path=folder, name="three").dataset
    options = {"source": "retrieval", "dataset": "three", "split": ["test"], "images_per_clip": 2, "verbosity": 0}
    assert call_command("generate_stimuli", "found", **options).startswith("Made 6 images of 3 clips")
    stimulus_set = StimulusSet.objects.get()
    assert (stimulus_set.source, stimulus_set.status) == ("retrieval", "ready")
    trained = set(Artwork.objects.filter(split="train").values_list("sha256", flat=True))
    clips = {}
    for row in stimulus_set.stimuli.select_related("clip"):
        assert row.provenance["artwork"]["sha256"] in trained
        assert (row.width, row.height) == (512, 512)
        clips.setdefault(row.clip_id, {})[row.index] = row.provenance["cosine"]
    assert all(places[0] >= places[1] for places in clips.values())
    # The first is the nearest of all: by the space itself, asked directly.
    with ExitStack() as stack:
        local = LocalFiles(stack)
        space = open_space("embedded", dataset, local=local)
        artworks = list(Artwork.objects.filter(split="train").order_by("sha256"))
        pictures = space.embed_images([local.path(artwork.file.name) for artwork in artworks])
        for row in stimulus_set.stimuli.filter(index=0).select_related("clip"):
            music = space.embed_audio([local.path(row.clip.file.name)])[0]
            nearest = artworks[int((pictures @ music).argmax())]
            assert row.provenance["artwork"]["sha256"] == nearest.sha256
    with pytest.raises(CommandError, match="12 train artworks to retrieve; 13 are needed"):
        call_command("generate_stimuli", "many", **options | {"images_per_clip": 13})
    with pytest.raises(CommandError, match="--steps does not go with --source retrieval"):
        call_command("generate_stimuli", "many", **options, steps=3)


def test_audiotokens_embedder_comes_in_and_goes_out_unchanged(tiny, weights, tmp_path):
    """Through the layout of its published file: names, trailing axes, pickled by torch."""
    published = as_published(Embedder(24, 16).state_dict())
    assert published["fga.pp_models.0.embed_X.weight"].shape == (16, 16, 1)
    torch.save(published, tmp_path / "embedder_learned_embeds.bin")
    sentence = call_command(
        "import_embedder", str(tmp_path / "embedder_learned_embeds.bin"), run="baseline", dataset="tiny"
    )
    assert sentence == "Imported embedder_learned_embeds.bin as the checkpoint baseline of the preset audiotoken."
    assert generate(run="baseline", split=["train", "val"]).startswith("Made 8 images")
    provenance = Stimulus.objects.first().provenance
    assert provenance["preset"] == "audiotoken"
    assert provenance["backbone"]["prompt"] == "a photo of <*>"
    for suffix, read in ((".bin", lambda path: torch.load(path, weights_only=True)), (".safetensors", load_file)):
        call_command("export_embedder", "baseline", out=str(tmp_path / f"back{suffix}"))
        back = read(tmp_path / f"back{suffix}")
        assert back.keys() == published.keys()
        assert all(torch.equal(back[name], tensor) for name, tensor in published.items())
    with pytest.raises(CommandError, match="There is a run baseline already"):
        call_command("import_embedder", str(tmp_path / "back.bin"), run="baseline", dataset="tiny")
    with pytest.raises(CommandError, match="should end in .bin or .safetensors"):
        call_command("export_embedder", "baseline", out=str(tmp_path / "back.txt"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            lambda state: state.update({"fc2.bias": torch.zeros(5)}),
            "fc2.bias of the embedder .* has the shape \\(5,\\)",
        ),
        (lambda state: state.pop("fc1.bias"), r"tensor fc1.bias of the embedder \(.*\) is missing"),
        (lambda state: state.update({"lora": torch.zeros(1)}), "lora is no tensor of the embedder"),
        (
            lambda state: state.update({"note": "text"}),
            "is no embedder weights file: it is not a table of named tensors",
        ),
    ],
)
def test_an_embedder_that_does_not_fit_is_named_by_its_tensor(tiny, weights, tmp_path, damage, words):
    state = as_published(Embedder(24, 16).state_dict())
    damage(state)
    torch.save(state, tmp_path / "other.bin")
    with pytest.raises(CommandError, match=words):
        call_command("import_embedder", str(tmp_path / "other.bin"), run="baseline", dataset="tiny")
    assert not Checkpoint.objects.exists()
    assert not (settings.RUNS_ROOT / "baseline").exists()


def test_painting_options_of_diffusion_are_refused_by_mini(trained):
    with pytest.raises(CommandError, match="The preset mini paints without a setting 'steps'"):
        call_command("generate_stimuli", "a-set", checkpoint="tiny-run", dataset="tiny", verbosity=0, steps=3)


def test_tensorboard_gets_every_epoch(tiny, weights):
    train(epochs=2, tensorboard=True)
    files = list((settings.RUNS_ROOT / "paper-run" / "tensorboard").iterdir())
    assert len(files) == 2
    written = b"".join(file.read_bytes() for file in files)
    assert written.count(b"train/loss") == written.count(b"validation/class") == 2
