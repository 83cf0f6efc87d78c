"""A question to the planner: what it needs, and what it refuses."""

from typing import Any

import pytest

from studyserver.studies.admin.planner.form import PlanForm

ASKED = {"k": 4, "design": "free", "participants": 9, "trials": 1, "arms": 1, "alpha": 0.05, "target": 0.8}
ASKED |= {"correction": "holm"}


def test_an_image_for_each_clip_is_the_same_as_no_number_of_images() -> None:
    form = PlanForm(ASKED | {"images": 4})
    assert form.is_valid()
    plain = PlanForm(ASKED)
    assert plain.is_valid()
    assert form.to_inputs() == plain.to_inputs()
    assert form.to_inputs().images is None


@pytest.mark.parametrize(
    ("more", "name", "sentence"),
    [
        ({"images": 3}, "images", "A board of 4 clips needs 4 images or more, not 3."),
        ({"participants": 2000, "trials": 100}, "participants", "Participants times boards can be"),
        ({"share": 0.25}, "share", "A share of 0.25 is chance on this board; assume more."),
        ({"share": 0.15, "images": 8}, None, None),
    ],
)
def test_what_makes_no_sense_is_said(more: dict[str, Any], name: str | None, sentence: str | None) -> None:
    form = PlanForm(ASKED | more)
    assert form.is_valid() == (name is None)
    if name and sentence:
        assert sentence in form.errors[name][0]
