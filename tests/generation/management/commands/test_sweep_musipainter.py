"""`sweep_musipainter` on a tiny dataset: ordinary runs, one table, and a killed sweep that goes on."""

import hashlib
import json
import shlex
import shutil

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from generation.models import Checkpoint, Clip
from tests.generation.killing import Killer
from tests.generation.musipainter.toy import write_weights
from tests.generation.run.test_killed import files_of, rows_of
from tests.generation.tiny import write_dataset

FIX = [["epochs", "2"], ["steps_per_epoch", "2"], ["batch_size", "4"]]
VARY = [["pooling", "attentive", "average"]]


def sweep(name="ablate", **options):
    given = {"preset": "mini", "dataset": "tiny", "vary": VARY, "fix": FIX, "seeds": [0, 1], "verbosity": 0}
    return call_command("sweep_musipainter", name, **(given | options))


def table(name="ablate"):
    return json.loads((settings.SWEEPS_ROOT / name / "comparison.json").read_bytes())


def run_bytes():
    return {
        path.relative_to(settings.RUNS_ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in settings.RUNS_ROOT.rglob("*")
        if path.is_file()
    }


def test_a_sweep_trains_every_cell_and_compares_them(tiny):
    sentence = sweep(seeds=[0, 1, 2])
    assert sentence.startswith("Compared 2 cells over 6 runs: ")
    document = table()
    assert document["runs"] == {"asked": 6, "finished": 6}
    assert document["dataset"] == {"name": "tiny", "manifest_sha256": tiny.manifest_sha256}
    for cell, pooling in zip(document["cells"], ("attentive", "average"), strict=True):
        assert cell["settings"] == {"pooling": pooling}
        for run in cell["runs"]:
            row = Checkpoint.objects.get(name=run["run"])
            assert row.config["choices"]["pooling"] == pooling
            assert row.config["train"]["seed"] == run["seed"]
            kept = next(losses for losses in row.losses if losses["epoch"] == row.epoch)
            assert run["values"]["generator"] == kept["validation_generator"]
            assert run["values"]["hits"] in (0.0, 0.5, 1.0)  # of two validation clips
        values = [run["values"]["loss"] for run in cell["runs"]]
        assert cell["measures"]["loss"]["mean"] == pytest.approx(sum(values) / 3)
        assert cell["measures"]["loss"]["status"] == "ok"
    apart = document["cells"][1]["measures"]["generator"]["difference"]
    assert (apart["n"], apart["status"]) == (3, "ok")
    assert apart["ci_low"] < apart["mean"] < apart["ci_high"]
    folder = settings.SWEEPS_ROOT / "ablate"
    assert {path.name for path in folder.iterdir()} == {"comparison.json", "comparison.csv", "comparison.md", "hits"}


def test_a_finished_sweep_trains_nothing_again_and_more_seeds_add_to_it(tiny):
    sweep(seeds=[0])
    assert "1 seed: too few for an interval" in (settings.SWEEPS_ROOT / "ablate" / "comparison.md").read_text()
    before, first = run_bytes(), table()
    assert "(2 were there already)" in sweep(seeds=[0])
    assert (run_bytes(), table()) == (before, first)
    assert "over 4 runs (2 were there already)" in sweep(seeds=[0, 1])
    assert before.items() < run_bytes().items()
    assert table()["runs"] == {"asked": 4, "finished": 4}


def test_runs_that_were_trained_by_the_printed_commands_are_taken_as_they_are(tiny, capsys):
    call_command(
        "sweep_musipainter", "ablate", preset="mini", dataset="tiny", vary=VARY, fix=FIX, seeds=[0], dry_run=True
    )
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == "2 cells with 1 seed each: 2 runs"
    assert not settings.RUNS_ROOT.exists()
    for line in lines:
        call_command(*shlex.split(line), verbosity=0)
    assert "over 2 runs (2 were there already)" in sweep(seeds=[0])


def test_a_run_of_the_same_name_that_was_trained_otherwise_is_named(tiny):
    sweep(seeds=[0])
    with pytest.raises(CommandError, match="ablate-pooling-attentive-s0 has been trained otherwise: train.epochs is 2"):
        sweep(seeds=[0], fix=[["epochs", "3"], *FIX[1:]])


def test_a_run_that_fails_is_named_with_its_cell_and_the_sweep_goes_on(tiny):
    path = settings.DATA_DIR / "media" / Clip.objects.filter(split="train").first().file.name
    good = path.read_bytes()
    path.write_bytes(b"nonsense")
    shutil.rmtree(settings.CACHE_ROOT, ignore_errors=True)
    with pytest.raises(CommandError, match=r"The run ablate-pooling-attentive-s0 \(pooling attentive, seed 0\): .*wav"):
        sweep(seeds=[0])
    path.write_bytes(good)
    assert sweep(seeds=[0]).startswith("Compared 2 cells over 2 runs:")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"vary": None}, "The grid varies nothing"),
        ({"vary": [["pooling", "average"]]}, "pooling 1 value"),
        ({"vary": [["pooling", "average", "average"]]}, "the value average twice: the same cell"),
        ({"vary": [["depth", "1", "2"]]}, "There is no option 'depth'"),
        ({"vary": [["epochs", "1", "x"]]}, "epochs cannot be 'x'; it takes a whole number"),
        ({"vary": [*VARY, *VARY]}, "--vary pooling is given twice"),
        ({"vary": [["window", "windows", "full"]]}, "The preset mini has no window to choose"),
        ({"grid": "grid.toml"}, "--vary does not go with --grid"),
        ({"grid": "grid.toml", "vary": None, "fix": None, "seeds": None}, "The grid grid.toml cannot be read"),
        ({"preset": "maxi"}, 'There is no preset "maxi"'),
        ({"dataset": "none"}, "There is no dataset none"),
        ({"dataset": "none", "dry_run": True}, "There is no dataset none"),
        ({"seeds": [1, 1]}, "seeds must be different"),
    ],
)
def test_what_cannot_be_gives_one_line_and_trains_nothing(tiny, options, words):
    with pytest.raises(CommandError, match=words) as caught:
        sweep(**options)
    assert "\n" not in str(caught.value)
    assert not settings.RUNS_ROOT.exists()


def test_a_name_that_no_run_can_have_is_refused(tiny):
    with pytest.raises(CommandError, match='"a/b" cannot name a run'):
        sweep("a/b")


def test_several_processes_are_told_to_train_run_by_run(tiny, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(CommandError, match="A sweep works in one process. Train its runs by the commands"):
        sweep()


def test_the_papers_networks_are_swept_by_a_file(tiny, tmp_path):
    write_weights(settings.WEIGHTS_ROOT)
    grid = tmp_path / "grid.toml"
    grid.write_text(
        'seeds = [0]\ndesign = "one-at-a-time"\n[fixed]\nepochs = 1\nsample_clips = 0\n'
        '[vary]\npooling = ["attentive", "average"]\nlabel_target = ["table", "encoder"]\nlambda_class = [0.01, 0]\n'
    )
    sentence = sweep(preset="musipainter-1", grid=str(grid), vary=None, fix=None, seeds=None)
    assert sentence.startswith("Compared 4 cells over 4 runs")
    assert [cell["settings"]["label_target"] for cell in table()["cells"]] == ["table", "table", "encoder", "table"]
    statuses = [cell["measures"]["class"]["difference"]["status"] for cell in table()["cells"] if not cell["reference"]]
    assert statuses == ["too_small", "not_applicable", "too_small"]


@pytest.mark.slow
def test_a_killed_sweep_goes_on_to_the_same_table(tmp_path):
    given = {"preset": "mini", "dataset": "tiny", "vary": VARY, "fix": FIX, "seeds": [0, 1]}
    command = ("sweep_musipainter", ["ablate"], given)
    write_dataset(tmp_path / "source")
    with Killer() as killer:
        template = tmp_path / "template"
        commands = [
            ("migrate", [], {}),
            ("import_dataset", [str(tmp_path / "source" / "manifest.csv")], {"name": "tiny"}),
        ]
        assert killer.run(template, commands)[0] == 0
        plain, killed = (shutil.copytree(template, tmp_path / name) for name in ("plain", "killed"))
        assert killer.run(plain, [command])[0] == 0
        # In the first run, at the end of one, and while its figures are written into the table.
        for instant in (("before update", 3), ("after unlink", 1), ("half of a write", 9)):
            assert killer.run(killed, [command], kill=instant)[0] == -9, instant
        assert killer.run(killed, [command])[0] == 0
    assert files_of(killed) == files_of(plain)
    assert rows_of(killed) == rows_of(plain)
