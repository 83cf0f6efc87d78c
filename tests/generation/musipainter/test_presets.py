"""The recipes by name, against what the paper prints."""

import pytest

from generation.errors import CheckpointError
from generation.musipainter.presets import PRESETS, find_preset


@pytest.mark.parametrize(
    ("name", "epochs", "paper_epoch", "rate", "batch", "accumulation", "schedule"),
    [
        ("musipainter-1", 25, 21, 8e-5, 8, 1, "cosine"),
        ("musipainter-2", 50, 36, 1e-5, 8, 1, "cosine"),
        ("preliminary-1", 8, 8, 8e-5, 1, 4, "constant"),
        ("preliminary-2", 13, 13, 8e-5, 1, 4, "cosine"),
    ],
)
def test_the_papers_models_are_trained_as_it_says(name, epochs, paper_epoch, rate, batch, accumulation, schedule):
    preset = find_preset(name)
    train = preset.train
    assert (train.epochs, preset.paper_epoch, train.learning_rate) == (epochs, paper_epoch, rate)
    assert (train.batch_size, train.accumulation, train.schedule) == (batch, accumulation, schedule)
    assert train.steps_per_epoch is None


def test_the_second_preliminary_model_alone_has_the_l2_term():
    assert {name for name, preset in PRESETS.items() if preset.train.loss.lambda_l2} == {"preliminary-2"}
    assert PRESETS["preliminary-2"].train.loss.lambda_l2 == 0.01


def test_mini_learns_in_300_steps_of_48_clips_and_16_tokens():
    train = PRESETS["mini"].train
    assert train.epochs * train.steps_per_epoch == 300
    assert (train.batch_size, train.tokens_per_clip, train.learning_rate) == (48, 16, 2e-3)
    assert "stylisation" in PRESETS["mini"].title


def test_an_unknown_preset_is_refused_with_the_names_there_are():
    with pytest.raises(CheckpointError, match=r'no preset "maxi"; choose one of mini, musipainter-1, .*audiotoken'):
        find_preset("maxi")
