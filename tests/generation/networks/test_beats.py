"""Our BEATs against openbeats, a second implementation, on the same random weights, and its checkpoint's layout."""

import math
import warnings
from dataclasses import asdict, replace

import pytest
import torch

from generation.errors import CheckpointError
from generation.networks.beats import PUBLISHED, Beats, BeatsConfig, shortest_input, token_count
from generation.networks.kaldi import fbank

TINY = replace(
    PUBLISHED,
    embed_dim=12,
    encoder_layers=3,
    encoder_embed_dim=16,
    encoder_ffn_embed_dim=24,
    encoder_attention_heads=2,
    num_buckets=20,
    max_distance=40,
    conv_pos=6,
    conv_pos_groups=4,
)
VARIANTS = {
    "published": TINY,
    "gradient not scaled": replace(TINY, layer_wise_gradient_decay_ratio=1.0),
    "no positions": replace(TINY, relative_position_embedding=False, gru_rel_pos=False),
    "positions without gate": replace(TINY, gru_rel_pos=False),
    "plain post-norm, odd kernel": replace(TINY, deep_norm=False, conv_pos=7),
    "as wide as its patches": replace(TINY, embed_dim=16, conv_bias=True),
}


def random_beats(config, seed=0):
    """A network whose every tensor is drawn at random, also those that start at 0 or 1."""
    beats = Beats(config).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in beats.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.3)
    return beats


def features(seconds, batch=2, seed=1):
    """Random filter banks on BEATs' scale, double precision: (batch, frames, 128)."""
    frames = 1 + (round(seconds * 16_000) - 400) // 160
    return torch.randn(batch, frames, 128, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 0.5


def hidden_states_of_openbeats(beats, banks, *, ratio=None):
    """Outputs of all layers of the other implementation with the same weights: list of (B, T, C)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openbeats.beats_encoder import BeatsEncoder

        config = asdict(beats.config) | {"dropout": 0.0, "attention_dropout": 0.0, "encoder_layerdrop": 0.0}
        if ratio is not None:
            config["layer_wise_gradient_decay_ratio"] = ratio
        other = BeatsEncoder(input_size=0, beats_config=config, fbank_mean=0.0, fbank_std=0.5).double().eval()
        result = other.load_state_dict(beats.state_dict(), strict=False)
        # Its own helper layers that count padding; no weights of the network.
        assert {name.split(".")[0] for name in result.missing_keys} <= {"patch_embedding_pad", "raw2fbank_pad"}
        assert not result.unexpected_keys
        states = []
        for layer in other.encoder.layers:
            layer.register_forward_hook(lambda module, inputs, output: states.append(output[0].transpose(0, 1)))
        other.extract_features(banks, skip_fbank_extraction=True)
    return states, other


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
@pytest.mark.parametrize("seconds", [0.2, 1.03])
def test_hidden_states_equal_those_of_openbeats(config, seconds):
    beats = random_beats(config)
    banks = features(seconds)
    expected, _ = hidden_states_of_openbeats(beats, banks)
    with torch.no_grad():
        ours = beats(banks, layers=(1, 2, 3))
    assert ours.shape == (2, token_count(round(seconds * 16_000)), 3 * 16)
    # Buckets of positions are the same integers in both; the rest is the order of sums in double precision.
    torch.testing.assert_close(ours, torch.cat(expected, dim=-1).detach(), atol=1e-11, rtol=1e-11)


def test_gradients_equal_those_of_openbeats():
    beats = random_beats(VARIANTS["gradient not scaled"])
    banks = features(0.5)
    states, other = hidden_states_of_openbeats(beats, banks)
    torch.cat(states, dim=-1).square().mean().backward()
    beats(banks, layers=(1, 2, 3)).square().mean().backward()
    theirs = dict(other.named_parameters())
    for name, parameter in beats.named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name].grad, atol=1e-11, rtol=1e-9, msg=name)


def test_gradients_are_scaled_once_on_the_way_into_each_layer():
    banks = features(0.2, batch=1)
    gradients = []
    for ratio in (1.0, 0.6):
        beats = random_beats(replace(TINY, layer_wise_gradient_decay_ratio=ratio))
        beats(banks, layers=(3,)).square().mean().backward()
        gradients.append({name: parameter.grad for name, parameter in beats.named_parameters()})
    plain, scaled = gradients
    for name, power in [
        ("encoder.layers.2.fc1.weight", 0),
        ("encoder.layers.1.fc1.weight", 1),
        ("encoder.layers.0.fc1.weight", 2),
        ("patch_embedding.weight", 3),
    ]:
        torch.testing.assert_close(scaled[name], plain[name] * 0.6**power)


def test_gradient_checkpointing_changes_no_gradient():
    banks = features(0.5)
    gradients = []
    for on in (False, True):
        beats = random_beats(TINY)
        beats.gradient_checkpointing = on
        assert beats.gradient_checkpointing is on
        beats(banks, layers=(1, 3)).square().mean().backward()
        gradients.append([parameter.grad for parameter in beats.parameters()])
    for plain, recomputed in zip(*gradients, strict=True):
        torch.testing.assert_close(recomputed, plain)


def test_the_published_network_has_the_published_size():
    with torch.device("meta"):
        beats = Beats(PUBLISHED)
    assert sum(parameter.numel() for parameter in beats.parameters()) == 90_311_792
    state = beats.state_dict()
    assert len(state) == 250
    assert {"encoder.pos_conv.0.weight_g", "encoder.pos_conv.0.weight_v"} <= state.keys()


def test_features_of_the_published_size_have_2304_channels():
    with torch.device("meta"):
        assert Beats(PUBLISHED)(torch.zeros(1, 498, 128)).shape == (1, 248, 2304)


@pytest.mark.parametrize(
    ("samples", "tokens"),
    [
        (2_799, 0),
        (2_800, 8),
        (16_000, 48),
        (80_000, 248),
        (160_000, 496),
        (480_000, 1_496),
        (220_500, 688),
        (1_323_000, 4_128),
    ],
)
def test_token_counts(samples, tokens):
    assert token_count(samples) == tokens


def test_shortest_input_and_real_token_counts_agree():
    assert shortest_input() == 2_800
    beats = random_beats(TINY).float()
    for samples in (2_800, 5_360, 16_000):
        assert beats(fbank(torch.zeros(samples))[None], layers=(1,)).shape[1] == token_count(samples)


def test_layers_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="layers 1 to 3"):
        random_beats(TINY)(features(0.2))


@pytest.fixture
def checkpoint():
    """A checkpoint in the published layout: configuration, weights, classifier, entries that features do not need."""
    beats = random_beats(TINY, seed=3).float()
    cfg = asdict(TINY) | {"dropout": 0.0, "encoder_layerdrop": 0.05, "finetuned_model": True, "predictor_class": 527}
    model = dict(beats.state_dict()) | {"predictor.weight": torch.zeros(527, 16), "predictor.bias": torch.zeros(527)}
    return {"cfg": cfg, "model": model}, beats


def test_loads_a_checkpoint_of_the_published_layout_and_drops_its_classifier(tmp_path, checkpoint):
    saved, beats = checkpoint
    torch.save(saved, tmp_path / "beats.pt")
    loaded = Beats.load(tmp_path / "beats.pt")
    assert loaded.config == TINY
    assert len(loaded.weights_sha256) == 64
    banks = features(0.3).float()
    assert torch.equal(loaded(banks, layers=(1, 3)), beats(banks, layers=(1, 3)))


def test_an_absent_entry_of_the_configuration_means_what_it_meant_when_published():
    config = BeatsConfig.read({})
    assert (config.deep_norm, config.relative_position_embedding, config.max_distance) == (False, False, 1280)
    assert BeatsConfig.read(asdict(PUBLISHED)) == PUBLISHED


class Payload:
    """Stands for anything that runs code when it is unpickled."""

    def __reduce__(self):
        return (math.sqrt, (2.0,))


def without(saved, name):
    del saved["model"][name]


def of_other_shape(saved, name):
    saved["model"][name] = saved["model"][name][:-1]


def of_nan(saved, name):
    saved["model"][name] = saved["model"][name] * math.nan


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda saved: without(saved, "patch_embedding.weight"), "patch_embedding.weight of the BEATs .* is missing"),
        (lambda saved: saved["model"].update(extra=torch.zeros(1)), "extra is no tensor of the BEATs"),
        (
            lambda saved: of_other_shape(saved, "encoder.layers.1.fc1.bias"),
            "fc1.bias of the BEATs that its cfg describes has the shape \\(23,\\)",
        ),
        (
            lambda saved: of_nan(saved, "layer_norm.bias"),
            "layer_norm.bias of the BEATs .* holds values that are no numbers",
        ),
        (lambda saved: saved.pop("cfg"), "two entries cfg and model"),
        (lambda saved: saved["model"].update(extra="text"), "tensors only"),
        (lambda saved: saved["cfg"].update(activation_fn="glu"), "activation_fn 'glu'"),
        (lambda saved: saved["cfg"].update(layer_norm_first=True), "layer_norm_first True"),
        (lambda saved: saved["cfg"].update(embed_dim="wide"), "beats.pt: "),
        (lambda saved: saved.update(extra=Payload()), "cannot be read as BEATs weights"),
    ],
)
def test_a_damaged_checkpoint_names_the_file_and_the_damage(tmp_path, checkpoint, damage, words):
    saved, _ = checkpoint
    damage(saved)
    torch.save(saved, tmp_path / "beats.pt")
    with pytest.raises(CheckpointError, match=words) as caught:
        Beats.load(tmp_path / "beats.pt")
    assert "beats.pt" in str(caught.value)
    assert "\n" not in str(caught.value)


FOREIGN = [
    b"la la la",
    b"junk\n",
    b".",
    b"r}",
    b"",
    b"<!DOCTYPE html>",
    b"version https://git-lfs.github.com/spec/v1\n",
]


def test_missing_cut_off_and_foreign_files_are_named(tmp_path, checkpoint):
    with pytest.raises(CheckpointError, match="There are no BEATs weights at .*nothing.pt: put BEATs_iter3_plus"):
        Beats.load(tmp_path / "nothing.pt")
    # torch takes each of these for something else, and fails in another way.
    for foreign in FOREIGN:
        (tmp_path / "text.pt").write_bytes(foreign)
        with pytest.raises(CheckpointError, match="text.pt cannot be read as BEATs weights"):
            Beats.load(tmp_path / "text.pt")
    torch.save(checkpoint[0], tmp_path / "cut.pt")
    whole = (tmp_path / "cut.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cut.pt cannot be read as BEATs weights"):
        Beats.load(tmp_path / "cut.pt")
    with pytest.raises(CheckpointError, match="cannot be read as BEATs weights"):
        Beats.load(tmp_path)
