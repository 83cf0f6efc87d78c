"""What a grid declares: cells, run names, and one line for what cannot be."""

import shlex

import pytest

from generation.errors import CheckpointError
from generation.musipainter.presets import PRESETS
from generation.musipainter.sweeps.grid import Grid, check_cells, command_line, make_grid, name_runs, read_grid

GRID = """
seeds = [0, 3]
[fixed]
epochs = 2
[vary]
pooling = ["attentive", "average"]
lambda_l1 = [0.01, 0]
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "grid.toml"
        path.write_text(text)
        return path

    return write


def test_a_full_grid_has_every_combination_and_the_reference_first(write):
    grid = read_grid(write(GRID))
    assert [(cell.settings, cell.is_reference) for cell in grid.cells()] == [
        ({"pooling": "attentive", "lambda_l1": 0.01}, True),
        ({"pooling": "attentive", "lambda_l1": 0.0}, False),
        ({"pooling": "average", "lambda_l1": 0.01}, False),
        ({"pooling": "average", "lambda_l1": 0.0}, False),
    ]
    assert grid.options(grid.cells()[3], 3) == {"epochs": 2, "pooling": "average", "lambda_l1": 0.0, "seed": 3}


def test_one_at_a_time_changes_one_option_of_the_reference(write):
    grid = read_grid(write('design = "one-at-a-time"\n' + GRID))
    assert [str(cell) for cell in grid.cells()] == [
        "pooling attentive, lambda_l1 0.01",
        "pooling average, lambda_l1 0.01",
        "pooling attentive, lambda_l1 0.0",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The grid varies nothing"),
        ("[vary]\n", "The grid varies nothing"),
        ("[vary]\npooling = []", r"gives pooling 0 value\(s\); to vary it takes two"),
        ('[vary]\npooling = ["average"]', r"gives pooling 1 value\(s\)"),
        ('[vary]\npooling = "average"', "vary.pooling is no list of values"),
        ('[vary]\npooling = ["average", "average"]', "gives pooling the value average twice: the same cell"),
        ("[vary]\nlambda_l1 = [0, 0.0]", "gives lambda_l1 the value 0.0 twice"),
        ("[vary]\ndepth = [1, 2]", "There is no option 'depth'"),
        ("[vary]\nepochs = [1, 'two']", "epochs cannot be 'two'"),
        ("[fixed]\nepochs = 2\n[vary]\nepochs = [1, 2]", "epochs is fixed and varied at once"),
        ("[vary]\nseed = [1, 2]", "seed is no option of a grid"),
        ("seeds = [1, 1]\n[vary]\nepochs = [1, 2]", "seeds must be different whole numbers"),
        ("seeds = []\n[vary]\nepochs = [1, 2]", "seeds must be different whole numbers"),
        ("seeds = [0.5]\n[vary]\nepochs = [1, 2]", "seeds are whole numbers"),
        ("seeds = 3\n[vary]\nepochs = [1, 2]", "seeds is no list"),
        ("design = 'half'\n[vary]\nepochs = [1, 2]", "design is full or one-at-a-time, not 'half'"),
        ("cells = 3", "there is no entry 'cells'; there are seeds, design, fixed, vary"),
        ("[vary", "is not TOML"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_by_file_and_reason(write, text, words):
    path = write(text)
    with pytest.raises(CheckpointError, match=words) as caught:
        read_grid(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere.toml cannot be read \(No such file"):
        read_grid(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("preset", "vary", "words"),
    [
        ("mini", {"label_target": ["table", "image"]}, "label_target table: The preset mini has no label target"),
        ("mini", {"ema_decay": [0.0, 0.9]}, "The cell with ema_decay 0.0: --ema-decay is for large networks"),
        ("musipainter-1", {"epochs": [1, 0]}, "The cell with epochs 0: epochs must be at least 1"),
    ],
)
def test_a_cell_that_its_preset_cannot_be_is_named_before_anything_is_trained(preset, vary, words):
    with pytest.raises(CheckpointError, match=words):
        check_cells(make_grid({"vary": vary}), PRESETS[preset])


def test_run_names_follow_from_the_cell_alone():
    small = make_grid({"vary": {"pooling": ["attentive", "average"]}, "seeds": [0]})
    large = make_grid({"vary": {"pooling": ["average", "attentive"]}, "seeds": [0, 1]})
    assert set(name_runs("ablate", small).values()) == {"ablate-pooling-attentive-s0", "ablate-pooling-average-s0"}
    assert set(name_runs("ablate", small).values()) < set(name_runs("ablate", large).values())


def test_names_that_get_too_long_or_alike_are_hashes():
    long = make_grid({"vary": {"prompt": [f"An art image of <*> {'very ' * count}large" for count in (9, 10)]}})
    alike = make_grid({"vary": {"prompt": ["An art image of <*>!", "An art image of <*>?"]}})
    for grid in (long, alike):
        names = list(name_runs("ablate", grid).values())
        assert len(set(names)) == 2
        assert all(len(name) == len("ablate-0123456789-s0") for name in names)


def test_the_command_of_a_run_is_one_that_the_parser_takes():
    from generation.management.commands.train_musipainter import Command

    options = {
        "learning_rate": 1e-3,
        "compiled": True,
        "channels_last": False,
        "gradient_checkpointing": False,
        "prompt": "a photo of <*>",
        "lambda_l1": 0.0,
        "seed": 2,
    }
    line = command_line("musipainter-1", "tiny", "ablate-s2", options)
    words = shlex.split(line)
    parsed = vars(Command().create_parser("manage.py", words[0]).parse_args(words[1:]))
    assert parsed["channels_last"] is None
    assert {name: parsed[name] for name in options} == options | {"channels_last": None}
    assert (parsed["preset"], parsed["dataset"], parsed["run"]) == ("musipainter-1", "tiny", "ablate-s2")


def test_a_grid_without_a_file_is_checked_alike():
    with pytest.raises(CheckpointError, match="varies nothing"):
        Grid(vary={})
