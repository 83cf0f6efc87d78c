"""To add a member: a module somewhere on the path and one line in a registry, and everything that is there uses it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from generation.encoders.features.registry import FEATURES, find_features
from generation.encoders.spaces.registry import SPACES, find_space
from generation.errors import GenerationError
from generation.models import Checkpoint, GenerationJob, Stimulus, StimulusSet
from generation.musipainter.audio_encoders.registry import AUDIO_ENCODERS, find_audio_encoder
from generation.musipainter.backbones.registry import BACKBONES, find_backbone
from generation.musipainter.config import TrainConfig
from generation.musipainter.presets import PRESETS, Preset
from generation.run.sources.registry import SOURCES, find_source
from generation.stimuli import asked_of_job
from tests.generation.management.commands.test_embed_stimuli import _own_folders, dataset, make_set  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db

SOURCE = '''
"""A source of images that paints the seed as a grey in a frame."""

from PIL import Image, ImageOps

from generation.run.sources import ImageSource, Maker
from generation.stimuli import find_dataset, plan_images


def open_grey(asked, local, *, say, progress):
    def paint(batch):
        for image in batch:
            grey = image.seed % 256
            inside = Image.new("RGB", (62, 62), (grey,) * 3)
            yield ImageOps.expand(inside, 1, "black" if grey > 127 else "white"), {"grey": grey}

    dataset = find_dataset(asked.dataset)
    plan = plan_images(dataset, asked.request)
    return Maker(asked, dataset, plan, paint, {"painting": {"batch_size": asked.batch_size}})


GREY = ImageSource("the seed as a grey.", open_grey, paints=False)
'''

ENCODER = '''
"""An audio encoder that hears loudness: one number for each tenth of a second."""

import torch


class Loudness:
    name, sample_rate, channels, window_seconds, cached = "loudness", 8000, 2, 3.0, True

    @classmethod
    def needed_files(cls, opening):
        return [(opening.weights / "ear.txt", "The ear is missing: put ear.txt into the weights folder.")]

    @classmethod
    def open(cls, preset, opening):
        return cls()

    def describe(self):
        return {"name": self.name, "sample_rate": self.sample_rate, "window_seconds": self.window_seconds}

    def encode(self, waveform):
        parts = waveform[: len(waveform) // 800 * 800].reshape(-1, 800)
        return torch.stack([parts.abs().mean(dim=1), (parts.diff() > 0).float().mean(dim=1)], dim=1)

    def fit(self, train_features):
        pass

    def condition(self, features):
        return features

    def state(self):
        return {}

    def load_state(self, state):
        pass
'''

BACKBONE = '''
"""A backbone that paints one colour in a white frame; an artwork is the mean of its pixels."""

from dataclasses import dataclass

from generation.musipainter import FormWords, option, to_json
from generation.musipainter.backbones import BackboneKind


@dataclass(frozen=True)
class ColourSettings:
    side: int = option(32, "Pixels of a side (default 32).", metavar="PIXELS", least=8, form=FormWords("Empty: 32."))
    bright: float = option(1.0, "Factor of brightness (default 1).")
    steps: int = option(3, "Layers of paint (default 3).")  # a name that another backbone has too


def open_colour(preset, opening):
    import numpy as np
    import torch
    from PIL import Image, ImageOps

    from generation.musipainter import open_image
    from generation.musipainter.backbones import Painting, generator_loss, overall_loss

    class Colour:
        name, out_dim = "colour", 3

        def describe(self):
            return {"name": self.name}

        def fit(self, train, other, cache):
            self.targets = {item.sha256: self.mean_of(item) for item in [*train, *other]}

        def mean_of(self, item):
            return torch.tensor(np.asarray(open_image(item), dtype=np.float32).mean(axis=(0, 1)) / 255)

        def training_loss(self, e_audio, images, labels, *, config, generator):
            targets = torch.stack([self.targets[image.sha256] for image in images])
            return overall_loss(generator_loss(e_audio, targets), e_audio, targets, config)

        def render(self, e_audio, seeds, settings, *, places):
            pixels = (e_audio.clamp(0, 1) * 255 * settings.bright).to(torch.uint8).tolist()
            size = (settings.side - 2, settings.side - 2)
            images = [ImageOps.expand(Image.new("RGB", size, tuple(row)), 1, "white") for row in pixels]
            return [Painting(image, {"settings": to_json(settings)}) for image in images]

        def state(self):
            return {}

        def notes(self):
            return {}

        def load_state(self, state, notes):
            pass

    return Colour()


COLOUR = BackboneKind(
    settings=ColourSettings,
    open=open_colour,
    settle=lambda set_seed, batch_size, choices: dict(choices),
    title="How one colour is painted",
    group="colour",
    description="For the preset colour.",
)
'''

SPACE = '''
"""A joint space of two directions: how long a file is in bytes, and that it is one."""

import numpy as np
import torch

from generation.encoders.spaces import to_unit_rows


class Bytes:
    name = "bytes"

    def embed(self, paths):
        lengths = [path.stat().st_size for path in paths]
        return to_unit_rows(torch.tensor([[length / 1e5, 1.0] for length in lengths]))

    embed_audio = embed_images = embed

    def describe(self):
        return {"name": "bytes", "weights": {}, "options": {}, "versions": {}, "notes": ["It counts bytes."]}


def open_bytes(opening):
    return Bytes()
'''

EXTRACTOR = '''
"""Features of an image: its mean colour."""

from io import BytesIO

import numpy as np
from PIL import Image


class MeanColour:
    distance_name = "Fréchet distance (mean colour)"
    notes = ["It sees three numbers."]

    def describe(self):
        return {"weights": {}, "features": "mean colour", "versions": {}}

    def extract(self, data):
        return np.asarray(Image.open(BytesIO(data)).convert("RGB"), dtype=np.float32).mean(axis=(0, 1))


def open_mean_colour(weights_dir, *, other_weights=False):
    return MeanColour()
'''


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Write a module into a folder of the path, and a line into a registry."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    names = []

    def add_member(registry, name, text, attribute):
        module = f"added_{attribute.lower()}"
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
        names.append(module)
        monkeypatch.setitem(registry, name, f"{module}:{attribute}")

    yield add_member
    for module in names:
        sys.modules.pop(module, None)


def test_a_source_makes_a_set(tiny, add, capsys):
    add(SOURCES, "grey", SOURCE, "GREY")
    sentence = call_command("generate_stimuli", "greys", "--source", "grey", "--dataset", "tiny", verbosity=0)
    assert sentence.startswith("Made 4 images of 4 clips for the set greys")
    stored = StimulusSet.objects.get(name="greys")
    assert (stored.source, stored.status, stored.settings["source"]) == ("grey", "ready", "grey")
    assert stored.settings["dataset"] == tiny.describe()
    for row in Stimulus.objects.filter(set=stored).select_related("clip"):
        assert (row.provenance["source"], row.provenance["grey"]) == ("grey", row.seed % 256)
        assert {"schema", "seed", "index", "code", "libraries"} <= row.provenance.keys()
        assert (row.width, row.category) == (64, row.clip.category)
    assert asked_of_job(GenerationJob.objects.get(), stored).source == "grey"
    assert "Nothing to do" in call_command("generate_stimuli", "greys", source="grey", dataset="tiny", verbosity=0)
    with pytest.raises(CommandError, match="^--steps does not go with --source grey.$"):
        call_command("generate_stimuli", "greys", source="grey", dataset="tiny", steps=3)
    with pytest.raises(CommandError, match="^--checkpoint does not go with --source grey: no model of ours is asked.$"):
        call_command("generate_stimuli", "greys", source="grey", dataset="tiny", checkpoint="x")
    with pytest.raises(CommandError, match="^--dataset is missing: say which dataset the images come from.$"):
        call_command("generate_stimuli", "greys", source="grey")
    with pytest.raises(SystemExit):
        call_command("generate_stimuli", "--help")
    assert "grey: the seed as a grey." in " ".join(capsys.readouterr().out.split())


def test_a_backbone_and_an_audio_encoder_are_trained_paint_and_fill_a_set(tiny, add, tmp_path, monkeypatch, capsys):
    add(AUDIO_ENCODERS, "loudness", ENCODER, "Loudness")
    add(BACKBONES, "colour", BACKBONE, "COLOUR")
    train = TrainConfig(epochs=2, steps_per_epoch=1, batch_size=2)
    monkeypatch.setitem(PRESETS, "colour", Preset("colour", "One colour", "loudness", "colour", train))
    arguments = {"preset": "colour", "dataset": "tiny", "run": "colour-run", "verbosity": 0}
    with pytest.raises(CommandError, match="^The preset colour cannot run yet. The ear is missing: put ear.txt into"):
        call_command("train_musipainter", **arguments)
    settings.WEIGHTS_ROOT.mkdir(parents=True)
    (settings.WEIGHTS_ROOT / "ear.txt").touch()
    assert call_command("train_musipainter", **arguments).startswith("Trained colour as colour-run")
    checkpoint = Checkpoint.objects.get()
    assert checkpoint.config["audio_encoder"]["name"] == "loudness"
    assert checkpoint.config["embedder"] | {"parameters": 0} == {"in_dim": 2, "out_dim": 3, "parameters": 0}
    made = {"checkpoint": "colour-run", "verbosity": 0}
    call_command("generate_stimuli", "colours", "--side", "16", dataset="tiny", **made)
    rows = list(Stimulus.objects.filter(set__name="colours"))
    assert {(row.width, row.provenance["painting"]["settings"]["side"]) for row in rows} == {(16, 16)}
    assert {row.provenance["audio"]["window_s"] for row in rows} == {3.0}
    with pytest.raises(CommandError, match="^side must be at least 8, not 4.$"):
        call_command("generate_stimuli", "others", "--side", "4", dataset="tiny", **made)
    with pytest.raises(CommandError, match="^The preset colour paints without a setting 'guidance'.$"):
        call_command("generate_stimuli", "others", guidance=3.0, dataset="tiny", **made)
    music = Path(tmp_path / "source" / "Bright" / "test-0.wav")
    call_command("paint", str(music), "--bright", "0.5", "--steps", "2", out=tmp_path / "painted", n=1, **made)
    provenance = json.loads((tmp_path / "painted" / "provenance.json").read_text())
    assert provenance["images"][0]["painting"]["settings"] == {"side": 32, "bright": 0.5, "steps": 2}
    with pytest.raises(SystemExit):
        call_command("generate_stimuli", "--help")
    shown = " ".join(capsys.readouterr().out.split())
    assert "--side PIXELS Pixels of a side (default 32)." in shown
    assert "colour: For the preset colour." in shown


def test_a_backbones_options_are_fields_of_the_admins_form(
    tiny, add, admin_client, django_capture_on_commit_callbacks, monkeypatch
):
    add(BACKBONES, "colour", BACKBONE, "COLOUR")
    config = {"backbone": {"name": "colour"}, "dataset": {"name": "tiny"}}
    checkpoint = Checkpoint.objects.create(name="run", preset="colour", dataset=tiny, config=config, epoch=1)
    address = reverse("admin:generation_checkpoint_generate", args=[checkpoint.pk])
    text = admin_client.get(address).content.decode()
    assert "How one colour is painted" in text
    assert 'name="side"' in text
    assert 'min="8"' in text
    assert 'name="bright"' not in text
    asked = {"name": "new", "dataset": tiny.pk, "splits": ["test"], "images_per_clip": 1, "seed": 0, "batch_size": 2}
    assert "greater than or equal to 8" in admin_client.post(address, asked | {"side": 4}).content.decode()
    assert admin_client.post(address, asked | {"side": 16}).status_code == 302
    assert GenerationJob.objects.get().asked["painting"] == {"side": 16}


def test_a_space_and_features_are_embedded_and_stand_in_the_report(dataset, add, tmp_path):  # noqa: F811
    add(SPACES, "bytes", SPACE, "open_bytes")
    add(FEATURES, "mean-colour", EXTRACTOR, "open_mean_colour")
    make_set(dataset, tmp_path, per_clip=2)
    assert "in the space bytes" in call_command("embed_stimuli", "images", "--space", "bytes", verbosity=0)
    out = tmp_path / "out"
    options = ["--space", "bytes", "--features", "mean-colour"]
    call_command("compute_metrics", "images", *options, "--out", str(out), verbosity=0)
    document = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    (block,) = document["sets"]["images"]["metrics"]
    (distance,) = document["sets"]["images"]["distances"]
    assert block["space"]["name"] == "bytes"
    assert 0 < block["ais"]["score"] <= 100
    assert distance["names"]["frechet"] == "Fréchet distance (mean colour)"
    page = (out / "metrics.html").read_text(encoding="utf-8")
    for words in ("bytes", "It counts bytes.", "Fréchet distance (mean colour)", "It sees three numbers."):
        assert words in page


@pytest.mark.parametrize(
    ("find", "registry"),
    [
        (find_source, SOURCES),
        (find_backbone, BACKBONES),
        (find_audio_encoder, AUDIO_ENCODERS),
        (find_space, SPACES),
        (find_features, FEATURES),
    ],
)
def test_an_unknown_name_is_refused_in_one_line_that_lists_the_known(find, registry):
    with pytest.raises(GenerationError) as caught:
        find("nothing")
    assert ", ".join(registry) in str(caught.value)
    assert "nothing" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("find", "registry"),
    [(find_audio_encoder, AUDIO_ENCODERS), (find_space, SPACES), (find_features, FEATURES)],
)
def test_every_name_leads_to_a_member(find, registry):
    for name in registry:
        assert callable(find(name))


def test_commands_say_an_unknown_name_in_one_line(tiny):
    for command, options, words in (
        ("generate_stimuli", {"source": "dream", "dataset": "tiny"}, 'There is no image source "dream"; there are'),
        ("generate_stimuli", {"source": "imported", "dataset": "tiny"}, "are not made clip by clip"),
        ("generate_stimuli", {"source": "retrieval", "dataset": "tiny", "space": "clap"}, 'There is no space "clap"'),
        ("train_musipainter", {"preset": "maxi", "dataset": "tiny", "run": "r"}, 'There is no preset "maxi"'),
    ):
        with pytest.raises(CommandError, match=words) as caught:
            call_command(command, *(["images"] if command == "generate_stimuli" else []), verbosity=0, **options)
        assert "\n" not in str(caught.value)


def test_sources_of_sets_are_those_that_sets_know():
    assert set(SOURCES) == set(StimulusSet.Source.values)


NAMES_AND_WORDS = """
import sys, django
django.setup()
from django.core.management import get_commands, load_command_class
from generation.admin.forms import painting_fields
from generation.models import Checkpoint
from generation.musipainter import options_of
from generation.musipainter.audio_encoders import AUDIO_ENCODERS
from generation.musipainter.backbones import BACKBONES, find_backbone
from generation.encoders.features import FEATURES
from generation.encoders.spaces import SPACES
from generation.run.sources import SOURCES, find_source
assert all(find_source(name).words for name in SOURCES)
assert [len(options_of(find_backbone(name).settings)) for name in BACKBONES] == [0, 10]
fields = [painting_fields(Checkpoint(config={"backbone": {"name": name}})) for name in BACKBONES]
assert [len(found) for found in fields] == [0, 7]
for name in ("generate_stimuli", "train_musipainter", "paint", "embed_stimuli", "compute_metrics"):
    load_command_class("generation", name).create_parser("manage.py", name).format_help()
print(sorted({"torch", "diffusers", "transformers", "onnxruntime", "pandas", "scipy"} & sys.modules.keys()))
"""


def test_names_and_words_load_no_model_library():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", NAMES_AND_WORDS],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
