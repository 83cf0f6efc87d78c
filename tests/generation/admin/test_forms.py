"""The form that asks for images: what a backbone's settings declare, in the words that they declare."""

import pytest

from generation.admin.forms import painting_fields
from generation.models import Checkpoint


def fields_of(config):
    return painting_fields(Checkpoint(config=config))


def test_the_fields_of_stable_diffusion_say_what_an_empty_one_means():
    fields = fields_of({"backbone": {"name": "stable-diffusion"}})
    assert {name: field.help_text for name, field in fields.items()} == {
        "steps": "Empty: 50.",
        "guidance": "Classifier-free guidance; 1 is none. Empty: 7.5.",
        "negative_prompt": "What guidance leads away from. Empty: nothing.",
        "scheduler": "",
        "size": "Side of the images in pixels, a multiple of 8. Empty: 512.",
        "device": "cuda, mps or cpu. Empty: the best that the worker has.",
        "precision": "",
    }
    assert not any(field.required for field in fields.values())
    assert fields["steps"].label == "Denoising steps"
    assert (fields["steps"].min_value, fields["size"].min_value) == (1, 8)
    assert fields["scheduler"].choices[0] == ("", "as published (pndm)")
    assert [value for value, _ in fields["precision"].choices] == ["", "float32", "bfloat16", "float16"]
    assert fields["precision"].choices[0][1] == "float16 on cuda, else float32"


@pytest.mark.parametrize(
    "config", [{}, {"backbone": None}, {"backbone": {"name": "style-transfer"}}, {"backbone": {"name": "gone"}}]
)
def test_other_backbones_ask_for_nothing(config):
    assert fields_of(config) == {}
