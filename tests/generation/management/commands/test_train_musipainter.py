"""`train_musipainter` on a tiny dataset: what it leaves, how it goes on, what it refuses."""

import csv
import hashlib
import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from generation.models import Checkpoint, Clip, Dataset, StimulusSet
from generation.musipainter.checkpoint import read_weights
from studyserver.studies.models import Arm, Study
from tests.generation.tiny import import_tiny, train_tiny


def run_files(name="tiny-run"):
    folder = settings.RUNS_ROOT / name
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_run_leaves_config_losses_figure_and_weights(tiny):
    sentence = train_tiny("tiny-run")
    files = run_files()
    assert sorted(files) == ["config.json", "embedder.safetensors", "losses.csv", "losses.svg", "run.log"]
    config = json.loads(files["config.json"])
    assert (config["preset"], config["dataset"]["name"]) == ("mini", "tiny")
    assert config["dataset"]["manifest_sha256"] == tiny.manifest_sha256
    assert config["data"] | {"sha256": ""} == {
        "sha256": "",
        "categories": ["Bright", "Dark"],
        "clips": 6,
        "artworks": 6,
        "validation_pairs": 2,
    }
    row = Checkpoint.objects.get(name="tiny-run")
    assert row.weights_sha256 == hashlib.sha256(files["embedder.safetensors"]).hexdigest()
    assert row.config == config
    assert f"weights of epoch {row.epoch} of 3" in sentence


def test_a_model_that_an_opened_study_shows_is_not_trained_anew(tiny):
    row = Checkpoint.objects.create(name="gone", preset="mini", dataset=tiny, epoch=1, weights_sha256="0" * 64)
    shown = StimulusSet.objects.create(name="shown", dataset=tiny, checkpoint=row)
    study = Study.objects.create(slug="s", title="A study")
    Arm.objects.create(study=study, name="arm", stimulus_set=shown)
    Study.objects.update(status="open")
    with pytest.raises(CommandError, match='The study "A study" was opened with images of the run gone, whose folder'):
        train_tiny("gone")
    assert not (settings.RUNS_ROOT / "gone").exists()


def test_losses_csv_and_row_tell_the_same_and_the_best_epoch_is_kept(tiny):
    train_tiny("tiny-run", epochs=6)
    rows = list(csv.DictReader(run_files()["losses.csv"].decode().splitlines()))
    checkpoint = Checkpoint.objects.get(name="tiny-run")
    assert [float(row["validation_loss"]) for row in rows] == [row["validation_loss"] for row in checkpoint.losses]
    best = min(rows, key=lambda row: (float(row["validation_loss"]), float(row["train_loss"])))
    assert checkpoint.epoch == int(best["epoch"])
    assert [int(row["steps"]) for row in rows] == [2, 4, 6, 8, 10, 12]


def test_times_and_host_stand_in_the_log_alone(tiny):
    train_tiny("first")
    train_tiny("second")
    first, second = run_files("first"), run_files("second")
    log = first.pop("run.log").decode()
    second.pop("run.log")
    assert first == second
    assert "epoch 3/3 train" in log
    assert len(log.splitlines()) == 5


def test_another_seed_is_another_model(tiny):
    train_tiny("first")
    train_tiny("second", seed=1)
    assert run_files("first")["embedder.safetensors"] != run_files("second")["embedder.safetensors"]


def test_a_finished_run_started_again_says_so_and_changes_nothing(tiny):
    train_tiny("tiny-run")
    before = run_files(), list(Checkpoint.objects.values())
    assert train_tiny("tiny-run").startswith("Nothing to do: the run tiny-run is finished, weights of epoch")
    assert (run_files(), list(Checkpoint.objects.values())) == before


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"learning_rate": 0.5}, r"train.learning_rate is 0.002 there and 0.5 here"),
        ({"seed": 9}, "train.seed is 0 there and 9 here"),
        ({"lambda_class": 0.5}, "train.loss.lambda_class is 0.01 there and 0.5 here"),
    ],
)
def test_a_run_is_not_continued_with_another_recipe(tiny, option, words):
    train_tiny("tiny-run")
    with pytest.raises(CommandError, match=words):
        train_tiny("tiny-run", **option)


def test_a_run_is_not_continued_on_other_data(tiny):
    train_tiny("tiny-run")
    Clip.objects.filter(split="train").first().delete()
    with pytest.raises(CommandError, match="data.clips is 6 there and 5 here"):
        train_tiny("tiny-run")


def test_statistics_live_in_the_weights_file(tiny):
    train_tiny("tiny-run")
    tensors, notes, _ = read_weights(settings.RUNS_ROOT / "tiny-run" / "embedder.safetensors")
    assert tensors["audio_encoder.mean"].shape == (192,)
    assert tensors["backbone.codes"].shape == (6, 100)
    assert {work["category"] for work in notes["backbone"]["artworks"]} == {"Bright", "Dark"}
    assert sum(not name.startswith(("audio_encoder.", "backbone.")) for name in tensors) == 13


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"preset": "maxi"}, 'There is no preset "maxi"; choose one of mini, musipainter-1'),
        ({"dataset": "none"}, "There is no dataset none; import it first"),
        ({"run": "no/run"}, '"no/run" cannot name a run'),
        ({"resume": True}, "There is no run fresh to resume"),
        ({"learning_rate": -1.0}, "learning_rate must lie between"),
        ({"steps_per_epoch": 0}, "steps_per_epoch must be at least 1"),
        ({"device": "cuda"}, "--device cuda is for large networks"),
    ],
)
def test_wrong_options_give_one_clear_line(tiny, options, words):
    with pytest.raises(CommandError, match=words):
        call_command("train_musipainter", **{"preset": "mini", "dataset": "tiny", "run": "fresh"} | options)
    assert not settings.RUNS_ROOT.exists() or not (settings.RUNS_ROOT / "fresh").exists()


def test_a_file_in_the_place_of_a_run_folder_is_left_alone(tiny):
    settings.RUNS_ROOT.mkdir(parents=True)
    (settings.RUNS_ROOT / "fresh").write_text("mine")
    with pytest.raises(CommandError, match="fresh is a file: move it away, or choose another name"):
        call_command("train_musipainter", preset="mini", dataset="tiny", run="fresh")
    assert (settings.RUNS_ROOT / "fresh").read_text() == "mine"


@pytest.mark.parametrize("preset", ["musipainter-1", "musipainter-2", "preliminary-1", "preliminary-2", "audiotoken"])
def test_the_papers_presets_say_which_weights_are_missing_and_where_they_go(tiny, preset):
    with pytest.raises(CommandError, match="BEATs checkpoint is missing: put .* at .*weights/BEATs.*Stable Diffusion"):
        call_command("train_musipainter", preset=preset, dataset="tiny", run="fresh")


def test_a_loss_that_is_no_number_stops_the_run(tiny):
    with pytest.raises(CommandError, match="no finite number in step . of epoch .; lower the learning rate"):
        train_tiny("tiny-run", lambda_l2=1e39)


def test_a_clip_that_cannot_be_heard_is_named_and_the_run_can_be_started_again(tiny):
    clip = Clip.objects.filter(split="train").first()
    path = settings.DATA_DIR / "media" / clip.file.name
    good = path.read_bytes()
    path.write_bytes(b"nonsense")
    with pytest.raises(CommandError, match=f"{path.name}: has changed since it was imported; import its dataset again"):
        train_tiny("tiny-run")
    path.write_bytes(good)
    assert train_tiny("tiny-run").startswith("Trained mini as tiny-run:")


def test_a_dataset_without_validation_pairs_is_refused(db, data_folder, tmp_path):
    dataset: Dataset = import_tiny(tmp_path / "source", clips=(3, 0, 2))
    assert dataset.categories.count() == 2
    with pytest.raises(CommandError, match="has no validation pair"):
        train_tiny("tiny-run")
