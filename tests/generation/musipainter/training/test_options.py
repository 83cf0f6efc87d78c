"""Options by name: taken with the type they have, refused in words."""

import pytest

from generation.errors import CheckpointError
from generation.musipainter.presets import CHOICES, PRESETS
from generation.musipainter.training.options import LARGE, LOSS, OPTIONS, TRAIN, change_train, check_option


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("epochs", 3, 3),
        ("lambda_l1", 0, 0.0),
        ("lambda_l1", 0.5, 0.5),
        ("pooling", "average", "average"),
        ("label_target", "image", "image"),
        ("l2_power", 1, 1),
        ("patience", 4, 4),
        ("compiled", True, True),
        ("prompt", "a photo of <*>", "a photo of <*>"),
    ],
)
def test_a_value_is_taken_with_the_type_of_its_option(name, value, taken):
    found = check_option(name, value)
    assert (found, type(found)) == (taken, type(taken))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", "three", "epochs cannot be 'three'; it takes a whole number"),
        ("epochs", True, "it takes a whole number"),
        ("epochs", 1.5, "it takes a whole number"),
        ("lambda_l1", "much", "it takes a number"),
        ("pooling", "maximum", "it takes attentive or average"),
        ("label_target", "sound", "it takes table or encoder or image"),
        ("l2_power", 3, "it takes 2 or 1"),
        ("compiled", 1, "it takes true or false"),
        ("prompt", 5, "it takes a text"),
        ("depth", 3, "There is no option 'depth'; there are epochs, batch_size"),
    ],
)
def test_other_values_and_names_are_refused_in_one_line(name, value, words):
    with pytest.raises(CheckpointError, match=words) as caught:
        check_option(name, value)
    assert "\n" not in str(caught.value)


def test_every_option_reaches_the_training_or_the_preset():
    assert list(OPTIONS) == [*TRAIN, *LOSS, *LARGE, *CHOICES]
    paper = PRESETS["musipainter-1"].train
    changed = change_train(paper, {"epochs": 3, "lambda_l1": 0.5, "ema_decay": 0.9, "pooling": "average", "seed": None})
    assert (changed.epochs, changed.loss.lambda_l1, changed.large.ema_decay, changed.seed) == (3, 0.5, 0.9, 0)
    assert change_train(paper, {"validation_batch_size": 2}).validation_batch_size == 2
    with pytest.raises(CheckpointError, match="--ema-decay is for large networks"):
        change_train(PRESETS["mini"].train, {"ema_decay": 0.9})


def test_small_networks_are_not_said_to_compute_elsewhere():
    mini = PRESETS["mini"].train
    with pytest.raises(CheckpointError, match="--device cuda is for large networks; this preset computes on the CPU"):
        change_train(mini, {"device": "cuda"})
    assert change_train(mini, {"device": "auto"}) == change_train(mini, {"device": "cpu"}) == mini
