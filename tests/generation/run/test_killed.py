"""SIGKILL of training and generation at many instants: started again, they end in the same bytes and rows."""

import hashlib
import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.generation.killing import Killer
from tests.generation.tiny import SHORT, write_dataset

TRAIN = ("train_musipainter", [], {"preset": "mini", "dataset": "tiny", "run": "tiny-run", **SHORT})
GENERATE = (
    "generate_stimuli",
    ["tiny-set"],
    {"checkpoint": "tiny-run", "dataset": "tiny", "images_per_clip": 2, "batch_size": 3},
)
# Every kind at least once: in the middle of a write, around flush and rename of a checkpoint, between image and row.
TRAIN_KINDS = [
    "half of a write",
    "before fsync",
    "after fsync",
    "before rename",
    "after rename",
    "before unlink",
    "after unlink",
    "before row",
    "after row",
    "before update",
    "after update",
]
GENERATE_KINDS = [
    "half of a write",
    "before fsync",
    "before rename",
    "after rename",
    "before row",
    "after row",
    "before painting",
    "after painting",
]
SEED = 20


@pytest.fixture(scope="module")
def killer():
    with Killer() as killer:
        yield killer


@pytest.fixture(scope="module")
def template(killer, tmp_path_factory):
    """A data folder with the dataset `tiny` and nothing trained."""
    folder = tmp_path_factory.mktemp("template")
    write_dataset(folder / "source")
    commands = [("migrate", [], {}), ("import_dataset", [str(folder / "source" / "manifest.csv")], {"name": "tiny"})]
    assert killer.run(folder / "data", commands)[0] == 0
    return folder / "data"


def choose_instants(events: dict[str, int], kinds: list[str], count: int) -> list[tuple[str, int]]:
    """One instant of every kind, and others up to the count; drawn by a fixed seed from those that were counted."""
    draws = random.Random(SEED)
    chosen = [(kind, draws.randint(1, events[kind])) for kind in kinds]
    others = [(kind, n) for kind in kinds for n in range(1, events[kind] + 1) if (kind, n) not in chosen]
    return chosen + draws.sample(others, count - len(chosen))


def files_of(data: Path) -> dict[str, str]:
    """Every file that is left, by hash; clock times stand in run.log and in the database alone."""
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(data.rglob("*"))
        if path.is_file() and path.name != "run.log" and not path.name.startswith(("db.sqlite3", "secret-key"))
    }


def rows_of(data: Path) -> dict[str, list[str]]:
    """All rows of the generation app without times and processes: when and by whom they were written."""
    with closing(sqlite3.connect(data / "db.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        tables = [
            name
            for (name,) in database.execute("select name from sqlite_master where type = 'table'")
            if name.startswith("generation_") and name != "generation_generationworker"
        ]
        return {
            table: sorted(
                json.dumps({key: row[key] for key in row.keys() if not key.endswith(("_at", "worker"))}, default=str)  # noqa: SIM118
                for row in database.execute(f"select * from {table}")
            )
            for table in tables
        }


def check_killed(killer, template, tmp_path, command, kinds, count):
    """Kill at `count` instants; returns how many files and images an uninterrupted run leaves."""
    plain = shutil.copytree(template, tmp_path / "plain")
    status, events = killer.run(plain, [command])
    assert status == 0
    assert set(kinds) <= set(events), events
    expected = files_of(plain), rows_of(plain)
    instants = choose_instants(events, kinds, count)
    assert len(set(instants)) == count
    for number, instant in enumerate(instants):
        data = shutil.copytree(template, tmp_path / f"killed-{number}")
        assert killer.run(data, [command], kill=instant)[0] == -9, instant
        assert killer.run(data, [command])[0] == 0, instant
        assert files_of(data) == expected[0], instant
        assert rows_of(data) == expected[1], instant
        shutil.rmtree(data)
    return expected


@pytest.mark.slow
def test_training_killed_anywhere_ends_as_if_nothing_had_happened(killer, template, tmp_path):
    files, rows = check_killed(killer, template, tmp_path, TRAIN, TRAIN_KINDS, 12)
    run = {name.removeprefix("runs/tiny-run/") for name in files if name.startswith("runs/")}
    assert run == {"config.json", "losses.csv", "losses.svg", "embedder.safetensors"}
    assert len(rows["generation_checkpoint"]) == 1


@pytest.mark.slow
def test_generation_killed_anywhere_ends_as_if_nothing_had_happened(killer, template, tmp_path):
    trained = shutil.copytree(template, tmp_path / "trained")
    assert killer.run(trained, [TRAIN])[0] == 0
    files, rows = check_killed(killer, trained, tmp_path, GENERATE, GENERATE_KINDS, 11)
    assert len(rows["generation_stimulus"]) == 8
    assert {name for name in files if name.startswith("sets/")} == {
        "sets/tiny-set/contact-bright.png",
        "sets/tiny-set/contact-dark.png",
    }
    # One file for every row, and none that no row names.
    images = {name.rpartition("/")[2] for name in files if name.startswith("media/")}
    named = {
        json.loads(row)["file"].rpartition("/")[2]
        for table in ("stimulus", "clip", "artwork", "content")
        for row in rows[f"generation_{table}"]
    }
    assert images == named


@pytest.mark.slow
def test_training_killed_again_and_again_gets_to_its_end(killer, template, tmp_path):
    plain, stubborn = (shutil.copytree(template, tmp_path / name) for name in ("plain", "stubborn"))
    assert killer.run(plain, [TRAIN])[0] == 0
    # Each time the process lives long enough for one epoch and dies while it keeps the next one's state.
    for _ in range(2):
        assert killer.run(stubborn, [TRAIN], kill=("after update", 3))[0] == -9
    assert killer.run(stubborn, [TRAIN])[0] == 0
    assert files_of(stubborn) == files_of(plain)
    assert rows_of(stubborn) == rows_of(plain)
