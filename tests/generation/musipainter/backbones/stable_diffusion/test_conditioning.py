"""The audio token's place in the prompt, with CLIP's real vocabulary."""

import copy

import pytest
import torch

from generation.errors import CheckpointError
from generation.musipainter.backbones.stable_diffusion.conditioning import PromptConditioning
from generation.musipainter.config import PLACEHOLDER, PROMPT
from tests.generation.musipainter.toy import clip_tokenizer, tiny_text_encoder

BEGIN, END = 49_406, 49_407


@pytest.fixture(scope="module")
def tokenizer():
    return clip_tokenizer()


@pytest.fixture(scope="module")
def text_encoder():
    return tiny_text_encoder()


@pytest.fixture
def conditioning(tokenizer, text_encoder):
    return PromptConditioning(tokenizer, text_encoder)


def audio_tokens(count=2, seed=0):
    return torch.randn(count, 16, generator=torch.Generator().manual_seed(seed))


def learned_token_route(tokenizer, text_encoder, prompt, vector):
    """The usual way for a learned token, step by step on copies; returns (token numbers, conditioning (1, 77, d))."""
    tokenizer, text_encoder = copy.deepcopy(tokenizer), copy.deepcopy(text_encoder)
    assert tokenizer.add_tokens(PLACEHOLDER) == 1
    number = tokenizer.convert_tokens_to_ids(PLACEHOLDER)
    text_encoder.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    with torch.no_grad():
        text_encoder.get_input_embeddings().weight[number] = vector
    ids = tokenizer(prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    with torch.no_grad():
        return number, ids[0].tolist(), text_encoder(ids).last_hidden_state


def test_the_vocabulary_is_clips(tokenizer):
    assert len(tokenizer) == 49_408
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (BEGIN, END, END)


def test_the_music_is_token_5_of_77(conditioning, tokenizer, text_encoder):
    assert PROMPT == "An art image of <*>"
    assert conditioning.words("An art image of") == [550, 794, 2867, 539]
    assert conditioning.position == 5
    assert conditioning.ids.shape == (1, 77)
    number, usual, _ = learned_token_route(tokenizer, text_encoder, PROMPT, torch.zeros(16))
    assert number == 49_408
    assert usual == [BEGIN, 550, 794, 2867, 539, 49_408, END] + [END] * 70
    ours = conditioning.ids[0].tolist()
    assert ours[:5] + [49_408] + ours[6:] == usual


@pytest.mark.parametrize(
    "prompt", [PROMPT, "a photo of <*>", "a photo of <*>, 4k, high resolution", "<*>", "in the style of <*> painting"]
)
def test_the_hook_equals_the_learned_token_exactly(tokenizer, text_encoder, prompt):
    conditioning = PromptConditioning(tokenizer, text_encoder, prompt)
    for vector in audio_tokens(3):
        _, usual, expected = learned_token_route(tokenizer, text_encoder, prompt, vector)
        assert usual.index(49_408) == conditioning.position
        assert torch.equal(conditioning.embed(vector[None]), expected)


def test_words_before_the_music_do_not_hear_it_and_all_after_do(conditioning):
    first, second = conditioning.embed(audio_tokens())
    same = (first == second).all(dim=-1).tolist()
    assert same == [True] * 5 + [False] * 72


def test_nothing_is_left_behind(conditioning, tokenizer, text_encoder):
    before = conditioning.embed_text("An art image of a tree")
    table = text_encoder.get_input_embeddings()
    conditioning.embed(audio_tokens())
    with pytest.raises(CheckpointError, match="audio tokens of 16 numbers, not \\(2, 3\\)"):
        conditioning.embed(torch.zeros(2, 3))
    assert not table._forward_hooks
    assert len(tokenizer) == table.num_embeddings == 49_408
    assert torch.equal(conditioning.embed_text("An art image of a tree"), before)


def test_the_hook_goes_even_when_the_encoder_fails(conditioning, monkeypatch):
    def fail(ids):
        raise RuntimeError("no memory")

    monkeypatch.setattr(conditioning, "text_encoder", fail)
    with pytest.raises(RuntimeError, match="no memory"):
        conditioning.embed(audio_tokens())
    assert not conditioning.table._forward_hooks


def test_gradients_reach_the_music_and_nothing_frozen(conditioning, text_encoder):
    e_audio = audio_tokens().requires_grad_(True)
    conditioning.embed(e_audio).square().mean().backward()
    assert e_audio.grad is not None
    assert (e_audio.grad.abs().sum(dim=1) > 0).all()
    assert all(parameter.grad is None for parameter in text_encoder.parameters())


def test_half_precision_encoders_take_full_precision_music(tokenizer, text_encoder):
    half = copy.deepcopy(text_encoder).to(torch.bfloat16)
    e_audio = audio_tokens().requires_grad_(True)
    out = PromptConditioning(tokenizer, half).embed(e_audio)
    assert out.dtype == torch.bfloat16
    out.float().mean().backward()
    assert e_audio.grad.dtype == torch.float32


def test_plain_texts_are_read_as_the_tokenizer_reads_them(conditioning, tokenizer, text_encoder):
    for text in ("", "Heavy metal", "An art image of Renaissance symbolism"):
        ids = tokenizer(text, padding="max_length", max_length=77, return_tensors="pt").input_ids
        with torch.no_grad():
            expected = text_encoder(ids).last_hidden_state
        assert torch.equal(conditioning.embed_text(text), expected)


@pytest.mark.parametrize(
    ("label", "ids"),
    [
        ("Heavy metal", [4200, 4044]),
        ("Electronic music", [9273, 1179]),
        ("20th century traditional figure", [273, 271, 640, 4275, 5604, 5274]),
    ],
)
def test_label_targets_are_means_over_the_labels_tokens(conditioning, text_encoder, label, ids):
    assert conditioning.words(label) == ids
    rows = text_encoder.get_input_embeddings().weight[ids]
    assert torch.equal(conditioning.label_target(label), rows.mean(dim=0))
    outputs = conditioning.embed_text(label)[0, 1 : 1 + len(ids)]
    assert torch.equal(conditioning.label_target(label, "encoder"), outputs.mean(dim=0))


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("An art image", "must hold <\\*> once"),
        ("<*> and <*>", "must hold <\\*> once"),
        ("tree " * 76 + "<*>", "77 tok"),
    ],
)
def test_prompts_without_a_place_for_the_music_are_refused(tokenizer, text_encoder, prompt, words):
    with pytest.raises(CheckpointError, match=words):
        PromptConditioning(tokenizer, text_encoder, prompt)


def test_a_label_without_words_is_refused(conditioning):
    with pytest.raises(CheckpointError, match="no words"):
        conditioning.label_target(" ")
