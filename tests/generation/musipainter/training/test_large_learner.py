"""The paper's models in the training loop, on random networks of their classes."""

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch

from generation.errors import AudioError, CheckpointError
from generation.musipainter.backbones.stable_diffusion.diffusion import StableDiffusionBackbone
from generation.musipainter.checkpoint import load_checkpoint, read_weights
from generation.musipainter.config import LargeConfig, LossConfig, TrainConfig
from generation.musipainter.data import FeatureCache, MediaItem
from generation.musipainter.devices import OutOfMemory
from generation.musipainter.training.large_learner import LargeLearner, draw_window, spread
from generation.musipainter.training.loop import find_best, has_stalled, train_run
from generation.musipainter.training.run_folder import read_losses
from tests.generation.musipainter.toy import tiny_backbone, tiny_parts, write_pairs

ALL = ("embedder", "audio_encoder", "generator")
QUICK = TrainConfig(
    epochs=3,
    batch_size=2,
    validation_batch_size=1,
    learning_rate=1e-3,
    large=LargeConfig(sample_clips=2, sample_steps=2),
)
BARE = replace(QUICK, large=LargeConfig(sample_clips=0))


def train(folder, data, config=QUICK, *, parts=None, **options):
    return train_run(
        folder, parts=parts or tiny_parts(), data=data, train=config, about={}, cache=FeatureCache(None), **options
    )


def files_of(folder):
    """What a run leaves behind, but for its log."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.log"
    }


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return write_pairs(folder)


class Stopped(Exception):
    """Stands for a process that is no more."""


def stop_after(epoch):
    def watch(row):
        if row["epoch"] == epoch:
            raise Stopped

    return watch


def test_a_run_leaves_losses_weights_figure_and_samples(tmp_path, data):
    result = train(tmp_path / "run", data)
    files = files_of(tmp_path / "run")
    assert list(files) == [
        "config.json",
        "embedder.safetensors",
        "losses.csv",
        "losses.svg",
        "samples/epoch-001.png",
        "samples/epoch-002.png",
        "samples/epoch-003.png",
    ]
    rows = read_losses(files["losses.csv"])
    assert [row["steps"] for row in rows] == [2, 4, 6]  # 4 pairs, 2 per update
    assert result.epoch == min(rows, key=lambda row: row["validation_loss"])["epoch"]
    assert set(read_weights(tmp_path / "run" / "embedder.safetensors")[0]) == set(tiny_embedder_names())
    assert train(tmp_path / "run", data).was_finished


def tiny_embedder_names():
    from generation.musipainter.parts import make_embedder

    return make_embedder(tiny_parts()).state_dict()


@pytest.mark.parametrize("trained", [("embedder",), ALL], ids=["model 1", "model 2"])
def test_interrupted_and_resumed_equals_uninterrupted_bit_for_bit(tmp_path, data, trained):
    config = replace(QUICK, large=replace(QUICK.large, ema_decay=0.9, gradient_checkpointing=True))
    train(tmp_path / "whole", data, config, parts=tiny_parts(trained=trained))
    with pytest.raises(Stopped):
        train(tmp_path / "stopped", data, config, parts=tiny_parts(trained=trained), watch=stop_after(1))
    assert train(tmp_path / "stopped", data, config, parts=tiny_parts(trained=trained)).resumed_after == 1
    # It was stopped before the first epoch's samples were painted: they come when it goes on.
    assert files_of(tmp_path / "stopped") == files_of(tmp_path / "whole")


@pytest.mark.parametrize("trained", [("embedder",), ALL], ids=["model 1", "model 2"])
def test_loss_falls_when_four_pairs_are_learnt_by_heart(tmp_path, data, trained):
    # Eq. 2 is what an embedder before a random frozen generator can learn; the generator itself learns the noise.
    loss = LossConfig(lambda_class=1.0) if trained == ("embedder",) else LossConfig(lambda_class=0.0, lambda_l1=0.0)
    config = replace(BARE, epochs=25, learning_rate=1e-2, batch_size=4, schedule="constant", loss=loss)
    rows = train(tmp_path / "run", data, config, parts=tiny_parts(trained=trained)).history
    term = "train_class" if trained == ("embedder",) else "train_generator"
    first, last = (sum(row[term] for row in part) / 3 for part in (rows[:3], rows[-3:]))
    assert last < 0.8 * first


def test_only_the_named_parts_are_trained(tmp_path, data):
    before = tiny_parts()
    for trained in (("embedder",), ("embedder", "audio_encoder"), ALL):
        parts = tiny_parts(trained=trained)
        train(tmp_path / "-".join(trained), data, replace(BARE, epochs=1), parts=parts)
        for part, ours, theirs in (
            ("audio_encoder", parts.audio_encoder.network, before.audio_encoder.network),
            ("generator", parts.backbone.unet, before.backbone.unet),
            ("vae", parts.backbone.vae, before.backbone.vae),
            ("text_encoder", parts.backbone.text_encoder, before.backbone.text_encoder),
        ):
            moved = [
                name
                for (name, tensor), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True)
                if not torch.equal(tensor, other)
            ]
            assert bool(moved) == (part in trained), part


def test_a_checkpoint_of_model_2_brings_back_all_that_was_trained(tmp_path, data):
    parts = tiny_parts(trained=ALL)
    train(tmp_path / "run", data, replace(BARE, epochs=1), parts=parts)
    loaded = load_checkpoint(tmp_path / "run", tiny_parts(trained=ALL))
    for ours, theirs in (
        (parts.audio_encoder.network, loaded.parts.audio_encoder.network),
        (parts.backbone.unet, loaded.parts.backbone.unet),
    ):
        for (name, tensor), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
            assert torch.equal(tensor, other), name


def test_a_checkpoint_is_refused_in_another_window_mode_or_with_other_weights(tmp_path, data):
    train(tmp_path / "run", data, replace(BARE, epochs=1))
    with pytest.raises(CheckpointError, match='audio_encoder.window is "windows" there and "full" here'):
        load_checkpoint(tmp_path / "run", tiny_parts(window="full"))
    other = replace(tiny_parts(), backbone=tiny_backbone(seed=1))
    with pytest.raises(CheckpointError, match="backbone.weights_sha256 is"):
        load_checkpoint(tmp_path / "run", other)


def test_average_pooling_is_trained_and_loaded_like_attentive_pooling(tmp_path, data):
    train(tmp_path / "run", data, replace(BARE, epochs=1), parts=tiny_parts(pooling="average"))
    checkpoint = load_checkpoint(tmp_path / "run", tiny_parts(pooling="average"))
    assert not [name for name in checkpoint.embedder.state_dict() if name.startswith("fga")]


def test_accumulated_batches_take_the_steps_of_one_large_batch(tmp_path, data):
    # Without eq. 2, whose value for a batch is not the mean of its pairs' values.
    loss = LossConfig(lambda_class=0.0)
    whole = train(tmp_path / "whole", data, replace(BARE, batch_size=4, loss=loss))
    parts = train(tmp_path / "parts", data, replace(BARE, batch_size=1, accumulation=4, loss=loss))
    for one, other in zip(whole.history, parts.history, strict=True):
        assert one["steps"] == other["steps"]
        assert other["train_loss"] == pytest.approx(one["train_loss"], rel=1e-5)
        assert other["validation_loss"] == pytest.approx(one["validation_loss"], rel=1e-4)


def test_validation_uses_the_same_noise_every_epoch(tmp_path, data):
    rows = train(tmp_path / "run", data, replace(BARE, learning_rate=1e-12)).history
    values = [row["validation_loss"] for row in rows]
    assert values == pytest.approx([values[0]] * 3, rel=1e-6)
    assert len({row["train_loss"] for row in rows}) == 3


def test_the_mean_of_the_weights_is_what_is_judged_and_kept(tmp_path, data):
    config = replace(BARE, epochs=1, learning_rate=1e-2)
    held = replace(config, large=replace(BARE.large, ema_decay=1 - 1e-9))
    train(tmp_path / "held", data, held)
    kept = read_weights(tmp_path / "held" / "embedder.safetensors")[0]
    parts = tiny_parts()
    from generation.musipainter.training.learner import new_embedder

    # A mean that hardly moves keeps the weights that training began with.
    for name, tensor in new_embedder(parts, 0).state_dict().items():
        torch.testing.assert_close(kept[name], tensor, atol=1e-6, rtol=0)
    train(tmp_path / "free", data, config)
    free = read_weights(tmp_path / "free" / "embedder.safetensors")[0]
    assert (free["fc2.weight"] - kept["fc2.weight"]).abs().max() > 1e-3


def test_the_best_epoch_has_the_lowest_validation_loss_and_among_equals_the_lowest_train_loss():
    def row(epoch, validation, train):
        return {"epoch": epoch, "validation_loss": validation, "train_loss": train}

    assert find_best([row(1, 2.0, 1.0), row(2, 1.0, 9.0), row(3, 1.5, 0.5)])["epoch"] == 2
    assert find_best([row(1, 1.0, 3.0), row(2, 1.0, 2.0), row(3, 1.0, 4.0)])["epoch"] == 2
    assert find_best([row(1, 1.0, 2.0), row(2, 1.0, 2.0)])["epoch"] == 1


def test_training_stops_when_it_has_waited_long_enough(tmp_path, data):
    rising = [{"epoch": 1, "validation_loss": 1.0, "train_loss": 1.0}]
    rising += [{"epoch": epoch, "validation_loss": 1.0 + epoch, "train_loss": 1.0} for epoch in (2, 3)]
    patient = replace(BARE, large=replace(BARE.large, patience=2))
    assert [has_stalled(patient, rising[:count]) for count in (0, 1, 2, 3)] == [False, False, False, True]
    assert not has_stalled(BARE, rising)
    # A learning rate so high that nothing after the first epochs can be better.
    wild = replace(patient, epochs=30, learning_rate=0.5, schedule="constant", loss=LossConfig(lambda_l1=1.0))
    history = train(tmp_path / "run", data, wild).history
    assert len(history) < 30
    assert has_stalled(wild, history)
    assert train(tmp_path / "run", data, wild).was_finished


@pytest.mark.parametrize("precision", ["bfloat16"])
def test_half_precision_trains_full_precision_weights(tmp_path, data, precision):
    config = replace(BARE, large=replace(BARE.large, precision=precision))
    rows = train(tmp_path / "half", data, config, parts=tiny_parts(trained=ALL, precision=precision)).history
    full = train(tmp_path / "full", data, BARE, parts=tiny_parts(trained=ALL)).history
    assert all(math.isfinite(value) for row in rows for value in row.values())
    assert rows[0]["train_loss"] != full[0]["train_loss"]
    assert rows[0]["train_loss"] == pytest.approx(full[0]["train_loss"], rel=0.05)
    weights = read_weights(tmp_path / "half" / "embedder.safetensors")[0]
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}


def test_float16_on_a_cpu_is_refused_in_one_line(tmp_path, data):
    config = replace(BARE, large=replace(BARE.large, precision="float16"))
    with pytest.raises(CheckpointError, match="float16 needs a GPU"):
        train(tmp_path / "run", data, config)


def test_running_out_of_memory_names_the_settings_and_leaves_a_run_to_resume(tmp_path, data, monkeypatch):
    with pytest.raises(Stopped):
        train(tmp_path / "run", data, BARE, watch=stop_after(1))
    parts = tiny_parts()

    def exhausted(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(parts.backbone.unet, "forward", exhausted)
    with pytest.raises(CheckpointError, match="start it again with --gradient-checkpointing, and it goes on") as caught:
        train(tmp_path / "run", data, BARE, parts=parts)
    assert "\n" not in str(caught.value)
    # What the line advises is what works: the run goes on with less memory, to the weights it would have had.
    sparing = replace(BARE, large=replace(BARE.large, gradient_checkpointing=True))
    assert train(tmp_path / "run", data, sparing).resumed_after == 1
    train(tmp_path / "whole", data, BARE)
    ours, whole = files_of(tmp_path / "run"), files_of(tmp_path / "whole")
    assert ours.pop("config.json") != whole.pop("config.json")
    assert ours == whole
    assert train(tmp_path / "run", data, BARE).was_finished


def test_what_decides_the_weights_of_a_begun_run_cannot_be_changed(tmp_path, data):
    with pytest.raises(Stopped):
        train(tmp_path / "run", data, BARE, watch=stop_after(1))
    for change in ({"ema_decay": 0.5}, {"patience": 3}, {"precision": "bfloat16"}):
        name = next(iter(change))
        with pytest.raises(CheckpointError, match=f"started with another config: train.large.{name} is"):
            train(tmp_path / "run", data, replace(BARE, large=replace(BARE.large, **change)))


@pytest.mark.parametrize(
    ("owner", "method", "advice"),
    [
        (torch.optim.AdamW, "step", "while updating the weights: start it again with --gradient-checkpointing"),
        (
            StableDiffusionBackbone,
            "_paint_batch",
            "samples of epoch 1, whose weights are kept: start it again with --s",
        ),
    ],
)
def test_memory_that_ends_in_an_update_or_a_sample_says_what_to_change(
    tmp_path, data, monkeypatch, owner, method, advice
):
    def exhausted(*args, **kwargs):
        raise OutOfMemory("Out of memory") if method == "_paint_batch" else torch.OutOfMemoryError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, exhausted)
        with pytest.raises(CheckpointError, match=advice):
            train(tmp_path / "run", data)
    train(tmp_path / "run", data)
    train(tmp_path / "whole", data)
    assert files_of(tmp_path / "run") == files_of(tmp_path / "whole")


def test_a_validation_loss_that_is_no_number_stops_the_run_in_words(tmp_path, data, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(LargeLearner, "add_up", lambda self, sums: sums | {"loss": math.nan})
        with pytest.raises(CheckpointError, match="validation loss is no finite number after epoch 1"):
            train(tmp_path / "run", data, BARE)
    assert train(tmp_path / "run", data, BARE).resumed_after == 0


def test_a_broken_file_is_named_when_its_turn_comes(tmp_path, data):
    data.clips[0].path.write_bytes(b"la la la")
    with pytest.raises(AudioError, match=f"{data.clips[0].path.name}: not a readable sound file"):
        train(tmp_path / "run", data, BARE)
    soundfile.write(data.clips[0].path, [0.0] * 2_000, 16_000)
    with pytest.raises(AudioError, match=f"{data.clips[0].path.name}: is too short for BEATs: 2000 samples"):
        train(tmp_path / "run", data, BARE)


def test_a_loss_that_is_no_number_stops_the_run_in_words(tmp_path, data):
    parts = tiny_parts()
    with torch.no_grad():
        parts.backbone.unet.conv_in.bias.fill_(math.nan)
    with pytest.raises(CheckpointError, match="no finite number in step 1 of epoch 1; lower the learning rate"):
        train(tmp_path / "run", data, BARE, parts=parts)


def test_five_second_windows_are_drawn_by_seed_and_always_whole(tmp_path):
    samples = torch.arange(6 * 16_000) / 100_000
    soundfile.write(tmp_path / "ramp.wav", samples.numpy(), 16_000, subtype="FLOAT")
    encoder = tiny_parts(window="crop5").audio_encoder
    clip = MediaItem("0" * 64, tmp_path / "ramp.wav")
    starts = []
    for seed in range(50):
        window = draw_window(encoder, clip, seed)
        assert len(window) == 80_000
        assert torch.equal(window, draw_window(encoder, clip, seed))
        starts.append(round(float(window[0]) * 100_000))
    assert min(starts) < 2_000
    assert max(starts) > 14_000
    soundfile.write(tmp_path / "ramp.wav", samples[:48_000].numpy(), 16_000, subtype="FLOAT")
    assert len(draw_window(encoder, clip, 1)) == 48_000


def test_crop5_trains(tmp_path, data):
    assert len(train(tmp_path / "run", data, replace(BARE, epochs=1), parts=tiny_parts(window="crop5")).history) == 1


def test_clips_to_look_at_are_spread_over_the_categories(data):
    assert spread(data.validation, 2) == [pair.clip for pair in data.validation]
    assert spread(data.validation, 5) == [pair.clip for pair in data.validation]
    assert [clip.label for clip in spread(data.in_order().validation * 1, 1)] == ["Electronic music"]


TWO_PROCESSES = """
import sys
from pathlib import Path
import generation
from tests.generation.musipainter.training.test_large_learner import train_for_two
train_for_two(Path(sys.argv[1]))
"""


def train_for_two(folder, *, run="two"):
    """Five pairs in batches of 4 and 1: shares that do not go round are filled up."""
    data_folder = folder / f"data-{os.environ.get('RANK', 'alone')}"
    data_folder.mkdir()
    data = write_pairs(data_folder, per_label=3)
    data = replace(data, clips=data.clips[:5])
    # Adam divides by the size of a gradient: with a small eps one that is rounding alone would move a weight as well.
    config = replace(BARE, epochs=2, batch_size=4, validation_batch_size=1, learning_rate=1e-2, eps=1e-2)
    return train(folder / run, data, config, parts=tiny_parts(trained=ALL))


@pytest.mark.slow
def test_two_processes_train_as_one_does(tmp_path):
    alone = train_for_two(tmp_path, run="one")
    root = Path(__file__).resolve().parents[4]
    script = tmp_path / "script.py"
    script.write_text(TWO_PROCESSES)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {
        "PYTHONPATH": str(root),
        "OMP_NUM_THREADS": "1",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    done = subprocess.run(
        [*launch, str(script), str(tmp_path)], cwd=root, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    together = read_losses((tmp_path / "two" / "losses.csv").read_bytes())
    for one, two in zip(alone.history, together, strict=True):
        for name, value in one.items():
            # Sums over two processes are rounded in another order.
            assert two[name] == pytest.approx(value, rel=2e-5, abs=1e-7), name
    one, two = (read_weights(tmp_path / run / "embedder.safetensors")[0] for run in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, atol=1e-6, rtol=1e-4, msg=name)
