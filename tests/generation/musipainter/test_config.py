"""Configs go to JSON and come back; impossible values are refused by name."""

import json

import pytest

from generation.errors import CheckpointError
from generation.musipainter.backbones.style_transfer.kind import StyleSettings
from generation.musipainter.config import LossConfig, TrainConfig, from_json, to_json
from generation.musipainter.presets import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_json(name):
    train = PRESETS[name].train
    assert from_json(TrainConfig, json.loads(json.dumps(to_json(train)))) == train


def test_style_settings_survive_json():
    settings = StyleSettings(set_seed=2**62, strength=1.05)
    assert from_json(StyleSettings, json.loads(json.dumps(to_json(settings)))) == settings


def test_an_unknown_or_missing_field_is_named():
    values = to_json(LossConfig())
    with pytest.raises(CheckpointError, match="LossConfig has no field 'lambda_3'"):
        from_json(LossConfig, values | {"lambda_3": 1})
    del values["l2_power"]
    with pytest.raises(CheckpointError, match="'l2_power', or lacks it"):
        from_json(LossConfig, values)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": -1},
        {"accumulation": 0},
        {"validation_batch_size": 0},
        {"learning_rate": 0.0},
        {"feature_dropout": 1.0},
        {"steps_per_epoch": 0},
        {"steps_per_epoch": -3},
        {"tokens_per_clip": 0},
    ],
)
def test_impossible_training_is_refused(wrong):
    with pytest.raises(CheckpointError, match=next(iter(wrong))):
        TrainConfig(**wrong)


@pytest.mark.parametrize("name", ["lambda_l1", "lambda_l2", "lambda_class"])
@pytest.mark.parametrize("weight", [-0.01, float("nan"), float("inf")])
def test_a_loss_is_not_weighted_by_what_is_no_weight(name, weight):
    with pytest.raises(CheckpointError, match=f"{name} must be a number from 0 on, not {weight}"):
        LossConfig(**{name: weight})
