"""SIGKILL of training the paper's networks at many instants: started again, it ends in the same bytes."""

import shutil

import pytest

from tests.generation.killing import Killer
from tests.generation.musipainter.toy import write_weights
from tests.generation.run.test_killed import check_killed, files_of, rows_of
from tests.generation.tiny import write_dataset

# All that a run of the paper's can hold: three networks that learn, a running mean, samples of every epoch.
TRAIN = (
    "train_musipainter",
    [],
    {
        "preset": "musipainter-2",
        "dataset": "tiny",
        "run": "paper-run",
        "epochs": 3,
        "batch_size": 4,
        "ema_decay": 0.9,
        "sample_clips": 1,
        "sample_steps": 2,
    },
)
# In an epoch, inside a write of state, samples or weights, around its rename, around the samples, at the end.
KINDS = [
    "before gradient",
    "half of a write",
    "before rename",
    "after rename",
    "before painting",
    "after painting",
    "before unlink",
    "before row",
]


@pytest.fixture(scope="module")
def killer():
    with Killer(large=True) as killer:
        yield killer


@pytest.fixture(scope="module")
def template(killer, tmp_path_factory):
    """A data folder with the dataset `tiny`, small networks where the published weights would lie, nothing trained."""
    folder = tmp_path_factory.mktemp("template")
    write_dataset(folder / "source")
    commands = [("migrate", [], {}), ("import_dataset", [str(folder / "source" / "manifest.csv")], {"name": "tiny"})]
    assert killer.run(folder / "data", commands)[0] == 0
    write_weights(folder / "data" / "weights")
    return folder / "data"


def log_of(data):
    """Lines of the run's log without times and host."""
    lines = (data / "runs" / "paper-run" / "run.log").read_text().splitlines()
    return [line.split(" ", 2)[2] for line in lines]


@pytest.mark.slow
def test_training_the_papers_networks_killed_anywhere_ends_as_if_nothing_had_happened(killer, template, tmp_path):
    files, rows = check_killed(killer, template, tmp_path, TRAIN, KINDS, len(KINDS))
    run = {name.removeprefix("runs/paper-run/") for name in files if name.startswith("runs/")}
    samples = {f"samples/epoch-00{epoch}.png" for epoch in (1, 2, 3)}
    assert run == {"config.json", "losses.csv", "losses.svg", "embedder.safetensors", *samples}
    assert len(rows["generation_checkpoint"]) == 1


@pytest.mark.slow
def test_killed_in_every_epoch_the_log_still_tells_each_epoch_once(killer, template, tmp_path):
    plain, stubborn = (shutil.copytree(template, tmp_path / name) for name in ("plain", "stubborn"))
    assert killer.run(plain, [TRAIN])[0] == 0
    # Each time right after an epoch's state has got its name: neither losses, log nor samples tell of that epoch yet.
    for writes in (2, 3, 3):
        assert killer.run(stubborn, [TRAIN], kill=("after rename", writes))[0] == -9
    assert killer.run(stubborn, [TRAIN])[0] == 0
    assert files_of(stubborn) == files_of(plain)
    assert rows_of(stubborn) == rows_of(plain)
    epochs = [line for line in log_of(plain) if line.startswith("epoch")]
    assert len(epochs) == 3
    assert [line for line in log_of(stubborn) if line.startswith("epoch")] == epochs
    assert log_of(stubborn)[-1] == log_of(plain)[-1]
