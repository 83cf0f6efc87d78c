"""Real workers and SIGKILL for one, its child or the broker: the set is, byte for byte, that of a single process."""

import json
import os
import re
import shutil
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.generation.killing import Killer
from tests.generation.musipainter.toy import write_weights
from tests.generation.run.test_killed import files_of
from tests.generation.tiny import SHORT, write_dataset
from tests.generation.workers import LEASE_S, PATIENCE_S, Site, wait_for

SETS = {
    "mini-set": ("mini-run", {"batch_size": 2, "images_per_clip": 2, "seed": 4}),
    "paper-set": ("paper-run", {"batch_size": 2, "images_per_clip": 2, "seed": 5, "steps": 2}),
}


def rows_of(data):
    """Sets and stimuli, without what tells when and in which order they were written."""
    query = """
        select stimuli.*, sets.name as set_name, sets.settings, sets.status, sets.source
        from generation_stimulus stimuli join generation_stimulusset sets on sets.id = stimuli.set_id
        order by set_name, clip_id, stimuli."index"
    """
    with closing(sqlite3.connect(data / "db.sqlite3", timeout=20)) as database:
        database.row_factory = sqlite3.Row
        left_out = ("id", "set_id", "created_at")
        return [{key: row[key] for key in row.keys() if key not in left_out} for row in database.execute(query)]  # noqa: SIM118


def ask(data, query):
    with closing(sqlite3.connect(data / "db.sqlite3", timeout=20)) as database:
        return database.execute(query).fetchall()


def count(data, query):
    return ask(data, query)[0][0]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(a data folder with two runs, one of mini and one of small random networks of the paper's kind; the same with
    the sets that one process makes)"""
    folder = tmp_path_factory.mktemp("trained")
    write_dataset(folder / "source", clips=(3, 1, 3))
    write_weights(folder / "data" / "weights")
    with Killer() as killer:
        prepare = [
            ("migrate", [], {}),
            ("import_dataset", [str(folder / "source" / "manifest.csv")], {"name": "tiny"}),
            ("train_musipainter", [], {"preset": "mini", "dataset": "tiny", "run": "mini-run", **SHORT}),
            (
                "train_musipainter",
                [],
                {"preset": "musipainter-1", "dataset": "tiny", "run": "paper-run"}
                | {"epochs": 1, "batch_size": 2, "sample_clips": 0},
            ),
        ]
        assert killer.run(folder / "data", prepare)[0] == 0
        alone = shutil.copytree(folder / "data", folder / "alone")
        generate = [
            ("generate_stimuli", [name], {"checkpoint": run, "dataset": "tiny", **options})
            for name, (run, options) in SETS.items()
        ]
        assert killer.run(alone, generate)[0] == 0
    return folder / "data", alone


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_chunk_changes_no_byte(trained, tmp_path):
    prepared, alone = trained
    data = shutil.copytree(prepared, tmp_path / "data")
    with Site(data, tmp_path) as site:
        for name, (run, options) in SETS.items():
            held = tmp_path / f"held-{name}"
            victim = site.start_worker(f"victim-{name}", hold_at=held)
            flags = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
            command = site.manage(
                *(name, "generate_stimuli", name, f"--checkpoint={run}", "--dataset=tiny", "--distribute", *flags)
            )
            wait_for(lambda held=held, command=command: held.exists() or command.poll() is not None, "A held worker")
            assert command.poll() is None, site.said(name)
            # It has stored images and is in the middle of a chunk, with half a file on the disk; another one is at
            # work beside it.
            worker = f"%:{held.read_text()}"
            stored = count(data, f"select sum(images) from generation_generationworker where name like '{worker}'")
            assert stored >= 1
            of_chunks = "select count(*) from generation_generationchunk where state = 'running' and worker like"
            assert count(data, f"{of_chunks} '{worker}'") == 1
            assert list((data / "media").rglob(".writing-*"))
            survivor = site.start_worker(f"survivor-{name}")
            images = "select count(*) from generation_stimulus s join generation_stimulusset t on t.id = s.set_id"
            wait_for(lambda: count(data, f"{images} where t.name = '{name}'") > stored, "A second worker's image")  # noqa: B023
            site.kill(victim)
            assert command.wait(timeout=PATIENCE_S) == 0, site.said(name)
            sentence = site.said(name).strip().splitlines()[-1]
            assert sentence.startswith(f"Workers made 12 images of 6 clips for the set {name} (")
            shares = {pid: int(images) for pid, images in re.findall(r":(\d+): (\d+)", sentence)}
            assert shares.pop(held.read_text()) == stored
            assert list(shares.values()) == [12 - stored]
            site.kill(survivor)
    jobs = ask(data, "select state, done, total, failed, error from generation_generationjob")
    assert jobs == [("done", 12, 12, 0, "")] * 2
    chunks = ask(data, "select state, attempts from generation_generationchunk order by attempts")
    assert chunks == [("done", 1)] * (len(chunks) - 2) + [("done", 2)] * 2
    assert rows_of(data) == rows_of(alone)
    assert len(rows_of(data)) == 24
    assert all(json.loads(row["provenance"]) for row in rows_of(data))
    assert files_of(data) == files_of(alone)
    assert not list(data.rglob(".writing-*"))


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["child", "worker"])
def test_an_only_worker_or_its_child_killed_in_the_middle_of_a_chunk_changes_no_byte(trained, tmp_path, victim):
    prepared, alone = trained
    data = shutil.copytree(prepared, tmp_path / "data")
    with Site(data, tmp_path) as site:
        held = tmp_path / "held"
        worker = site.start_worker("worker", hold_at=held)
        command = begin(site)
        wait_for(lambda: held.exists() or command.poll() is not None, "A held child")
        killed = time.monotonic()
        if victim == "child":
            os.kill(int(held.read_text()), signal.SIGKILL)
        else:
            site.kill(worker)
            site.start_worker("next")  # finds the job in the database: the messages are with the dead
        assert command.wait(timeout=PATIENCE_S) == 0, site.said("mini-set")
        assert time.monotonic() - killed < LEASE_S + 60
        assert (worker.poll() is None) == (victim == "child")
    check_made(data, alone, attempts=2)


@pytest.mark.slow
def test_a_worker_goes_on_alone_when_the_broker_is_killed(trained, tmp_path):
    prepared, alone = trained
    data = shutil.copytree(prepared, tmp_path / "data")
    with Site(data, tmp_path) as site:
        site.start_worker("worker")
        command = begin(site)
        painted = "select count(*) from generation_stimulus"
        wait_for(lambda: count(data, painted) > 0 or command.poll() is not None, "A first image")
        killed = time.monotonic()
        site.kill(site.broker)
        assert command.wait(timeout=PATIENCE_S) == 0, site.said("mini-set")
        assert time.monotonic() - killed < LEASE_S + 60
    check_made(data, alone, attempts=1)


def begin(site):
    """Have the workers of a site make the set `mini-set`; returns the command that waits for it."""
    run, options = SETS["mini-set"]
    flags = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    return site.manage(
        *("mini-set", "generate_stimuli", "mini-set", f"--checkpoint={run}", "--dataset=tiny", "--distribute", *flags)
    )


def check_made(data, alone, *, attempts):
    """The set is whole, and the one that a single process makes."""
    assert ask(data, "select state, done, error from generation_generationjob") == [("done", 12, "")]
    assert count(data, "select max(attempts) from generation_generationchunk") >= attempts
    made = [row for row in rows_of(alone) if row["set_name"] == "mini-set"]
    assert rows_of(data) == made
    assert len(made) == 12
