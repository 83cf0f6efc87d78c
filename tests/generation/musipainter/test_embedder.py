"""The embedder against its published size, an exact small case, and the definition evaluated directly."""

import pytest
import torch
from safetensors.torch import save_file

from generation.errors import CheckpointError
from generation.musipainter.embedder import AttentivePooling, Embedder, as_published, import_state, read_state

# Names and shapes of a public AudioToken `embedder_learned_embeds.bin`.
PUBLISHED = {
    "fc1.weight": (2304, 2304),
    "fc1.bias": (2304,),
    "fc2.weight": (768, 2304),
    "fc2.bias": (768,),
    "fga.un_models.0.embed.weight": (768, 768, 1),
    "fga.un_models.0.embed.bias": (768,),
    "fga.un_models.0.feature_reduce.weight": (1, 768, 1),
    "fga.un_models.0.feature_reduce.bias": (1,),
    "fga.pp_models.0.embed_X.weight": (768, 768, 1),
    "fga.pp_models.0.embed_X.bias": (768,),
    "fga.pp_models.0.embed_Y.weight": (768, 768, 1),
    "fga.pp_models.0.embed_Y.bias": (768,),
    "fga.reduce_potentials.0.weight": (1, 2, 1),
}


def make_embedder(in_dim=12, out_dim=8, seed=0, **options):
    torch.manual_seed(seed)
    return Embedder(in_dim, out_dim, **options).eval()


def tiny_pooling():
    pooling = AttentivePooling(2).eval().double()
    pooling.load_state_dict(
        {
            "un_models.0.embed.weight": torch.eye(2),
            "un_models.0.embed.bias": torch.zeros(2),
            "un_models.0.feature_reduce.weight": torch.tensor([[1.0, -1.0]]),
            "un_models.0.feature_reduce.bias": torch.tensor([0.5]),
            "pp_models.0.embed_X.weight": torch.eye(2),
            "pp_models.0.embed_X.bias": torch.zeros(2),
            "pp_models.0.embed_Y.weight": torch.tensor([[0.0, 1.0], [1.0, 0.0]]),
            "pp_models.0.embed_Y.bias": torch.zeros(2),
            "reduce_potentials.0.weight": torch.tensor([[1.0, 2.0]]),
        }
    )
    return pooling


@pytest.mark.parametrize(("out_dim", "count"), [(768, 8_853_507), (1024, 10_820_867)])
def test_embedder_has_the_published_number_of_parameters(out_dim, count):
    with torch.device("meta"):
        embedder = Embedder(2304, out_dim)
    assert sum(parameter.numel() for parameter in embedder.parameters()) == count


def test_exported_state_has_the_published_names_and_shapes():
    with torch.device("meta"):
        state = as_published(Embedder(2304, 768).state_dict())
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == PUBLISHED


def test_pooling_equals_the_exact_small_case():
    pooling, x = tiny_pooling(), torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]], dtype=torch.float64)
    expected = {
        "u": [1.5, -0.5, 0.5],
        "p": [0.5690355897, 0.5690355897, 0.8047378063],
        "a": [0.5797882, 0.0784658, 0.3417459],
        "e": [0.9215341, 0.4202117],
    }
    got = {
        "u": pooling.un_models[0](x)[0],
        "p": pooling.pp_models[0](x)[0],
        "a": pooling.weights(x)[0],
        "e": pooling(x)[0],
    }
    for name, values in expected.items():
        assert got[name].tolist() == pytest.approx(values, abs=1e-7), name


@pytest.mark.parametrize("tokens", [1, 7, 248])
def test_pooling_equals_the_definition_over_all_pairs_of_tokens(tokens):
    embedder = make_embedder()
    pooling, x = embedder.fga, torch.randn(2, tokens, 8)
    unary, pair = pooling.un_models[0], pooling.pp_models[0]
    u = torch.relu(x @ unary.embed.weight.T + unary.embed.bias) @ unary.feature_reduce.weight[0]
    p = x @ pair.embed_X.weight.T + pair.embed_X.bias
    q = x @ pair.embed_Y.weight.T + pair.embed_Y.bias
    p, q = p / p.norm(dim=-1, keepdim=True), q / q.norm(dim=-1, keepdim=True)
    all_pairs = torch.einsum("btd,bsd->bts", p, q)
    r1, r2 = pooling.reduce_potentials[0].weight[0]
    z = r1 * (u + unary.feature_reduce.bias) + r2 * all_pairs.mean(dim=2)
    expected = (z.softmax(dim=1)[:, :, None] * x).sum(dim=1)
    torch.testing.assert_close(pooling(x), expected, atol=1e-6, rtol=1e-5)


def test_dropout_works_in_training_only():
    embedder, x = make_embedder(), torch.randn(1, 20, 12)
    assert torch.equal(embedder(x), embedder(x))
    embedder.train()
    assert not torch.equal(embedder(x), embedder(x))


def test_original_behaviour_keeps_dropout_at_inference():
    embedder, x = make_embedder(dropout_in_eval=True), torch.randn(1, 20, 12)
    assert not torch.equal(embedder(x), embedder(x))


def test_every_tensor_but_the_one_that_cancels_gets_a_gradient():
    embedder = make_embedder()
    embedder(torch.randn(3, 20, 12)).square().sum().backward()
    without = {name for name, p in embedder.named_parameters() if p.grad.abs().max() < 1e-5}
    assert without <= {"fga.un_models.0.feature_reduce.bias"}
    assert len(list(embedder.parameters())) == 13


@pytest.mark.parametrize("suffix", [".bin", ".safetensors"])
def test_exported_weights_load_into_another_embedder(tmp_path, suffix):
    first, second, x = make_embedder(seed=1), make_embedder(seed=2), torch.randn(1, 9, 12)
    path = tmp_path / f"learned_embeds{suffix}"
    torch.save(as_published(first.state_dict()), path) if suffix == ".bin" else save_file(
        as_published(first.state_dict()), path
    )
    import_state(second, read_state(path))
    assert torch.equal(first(x), second(x))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("fc2.bias"), r"the tensor fc2.bias of the embedder \(.*\) is missing"),
        (lambda s: s.update(fc3=torch.zeros(1)), "fc3 is no tensor of the embedder"),
        (
            lambda s: s.update({"fc1.bias": torch.zeros(13)}),
            r"fc1.bias of the embedder .* has the shape \(13,\), not \(12,\)",
        ),
    ],
)
def test_wrong_weights_are_refused_by_key(change, words):
    state = as_published(make_embedder().state_dict())
    change(state)
    with pytest.raises(CheckpointError, match=words):
        import_state(make_embedder(), state)


def test_a_file_that_is_no_weights_file_is_refused(tmp_path):
    # torch takes each of these for something else, and fails in another way.
    foreign = [
        ("a.safetensors", b"nonsense"),
        *(("a.bin", text) for text in (b"nonsense", b"junk\n", b".", b"r}", b"")),
    ]
    for name, content in foreign:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=f"{name} cannot be read as embedder weights"):
            read_state(tmp_path / name)
    with pytest.raises(CheckpointError, match="There is no weights file"):
        read_state(tmp_path / "missing.bin")
    torch.save([1, 2], tmp_path / "list.bin")
    with pytest.raises(CheckpointError, match="is not a table of named tensors"):
        read_state(tmp_path / "list.bin")


def test_average_pooling_is_the_mean_of_the_projected_tokens():
    embedder = make_embedder(pooling="average")
    features = torch.randn(2, 5, 12)
    assert sum(parameter.numel() for parameter in embedder.parameters()) == 12 * 12 + 12 + 12 * 8 + 8
    each = [embedder(features[:, [token]]) for token in range(5)]
    torch.testing.assert_close(embedder(features), torch.stack(each).mean(dim=0))
