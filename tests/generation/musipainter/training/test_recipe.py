"""What the paper's runs take: their own figures where they print them, arithmetic where they do not."""

from dataclasses import replace

import pytest
import torch

from generation.musipainter.training.recipe import (
    GIB,
    Plan,
    count_parameters,
    describe,
    estimate_memory,
    networks,
    updates,
    updates_per_epoch,
)

MODEL_1 = Plan(pairs=19_366, epochs=25, batch_size=8, accumulation=1, trained=("embedder",))
MODEL_2 = Plan(pairs=19_366, epochs=50, batch_size=8, accumulation=1, trained=("embedder", "beats", "unet"))


def test_parameter_counts():
    assert count_parameters(["embedder"]) == 8_853_507
    assert count_parameters(["beats"]) == 90_311_792
    assert count_parameters(["unet"]) == 859_520_964
    assert count_parameters(["vae"]) == 83_653_863
    assert count_parameters(["text_encoder"]) == 123_060_480
    assert count_parameters(MODEL_2.trained) == 958_686_263
    assert count_parameters(networks()) == 1_165_400_606


@pytest.mark.parametrize(
    ("epochs", "batch", "accumulation", "each", "all_"),
    [(25, 8, 1, 2_421, 60_525), (50, 8, 1, 2_421, 121_050), (8, 1, 4, 4_842, 38_736), (13, 1, 4, 4_842, 62_946)],
)
def test_updates_of_the_papers_four_models(epochs, batch, accumulation, each, all_):
    plan = replace(MODEL_1, epochs=epochs, batch_size=batch, accumulation=accumulation)
    assert (updates_per_epoch(plan), updates(plan)) == (each, all_)


def test_more_processes_share_the_batches_and_change_no_update():
    eight = replace(MODEL_1, processes=8)
    assert updates(eight) == updates(MODEL_1)
    assert estimate_memory(eight).activations * 8 == estimate_memory(MODEL_1).activations
    assert estimate_memory(eight).weights == estimate_memory(MODEL_1).weights


def test_weights_gradients_and_moments_are_counted_exactly():
    memory = estimate_memory(MODEL_2)
    assert memory.weights == 4 * 1_165_400_606
    assert memory.gradients == 4 * 958_686_263
    assert memory.optimizer == 8 * 958_686_263
    frozen_in_half = estimate_memory(replace(MODEL_1, frozen_bytes=2))
    assert frozen_in_half.weights == 4 * 8_853_507 + 2 * (1_165_400_606 - 8_853_507)


def test_a_running_mean_is_one_more_copy_of_what_is_trained():
    plain, mean = (estimate_memory(replace(MODEL_2, running_mean=kept)) for kept in (False, True))
    assert mean.weights - plain.weights == 4 * 958_686_263
    assert (mean.gradients, mean.optimizer, mean.activations) == (plain.gradients, plain.optimizer, plain.activations)


def test_activations_grow_with_the_batch_and_shrink_with_checkpointing():
    one, eight = (estimate_memory(replace(MODEL_1, batch_size=size)) for size in (1, 8))
    assert eight.activations == 8 * one.activations
    # The U-Net's share for one pair in float32; more when its weights are trained too.
    assert 3 * GIB < one.activations < 6 * GIB
    all_trained = estimate_memory(replace(MODEL_2, batch_size=1))
    assert all_trained.activations > one.activations
    spared = estimate_memory(replace(MODEL_2, batch_size=1, gradient_checkpointing=True))
    assert spared.activations < all_trained.activations / 2
    assert estimate_memory(replace(MODEL_1, batch_size=1, activation_bytes=2)).activations == one.activations // 2


def test_counted_activations_are_what_autograd_keeps():
    """On real numbers, in small: the count of the meta device equals the bytes that saved tensors hold."""
    from generation.musipainter.training.recipe import _saved_numbers

    def network(device):
        with torch.device(device):
            return torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.GELU(), torch.nn.Linear(16, 4))

    kept = {}
    real = network("cpu")
    own = {parameter.data_ptr() for parameter in real.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: kept.setdefault(tensor.data_ptr(), tensor) if tensor.data_ptr() not in own else tensor,
        lambda tensor: tensor,
    ):
        real(torch.randn(3, 8))
    meta = network("meta")
    counted = _saved_numbers(lambda: meta(torch.empty(3, 8, device="meta")), meta)
    assert counted.total == sum(tensor.numel() for tensor in kept.values()) == 3 * (8 + 16 + 16)


def test_the_recipe_names_every_figure():
    text = describe("musipainter-2", MODEL_2)
    assert text.splitlines()[0] == "musipainter-2"
    for words in ("958,686,263", "121,050", "2,421", "8,853,507", "1,488", "GiB", "window mode windows"):
        assert words in text
    assert "frozen" not in [line.split()[-1] for line in text.splitlines() if line.strip().startswith("U-Net")]
    assert "60,525" in describe("musipainter-1", MODEL_1)
