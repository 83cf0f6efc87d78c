"""Provenance: what every source says of sets and images, and what only some add."""

import json

import pytest

from generation.models import Category, Clip, Dataset, StimulusSet
from generation.run.provenance import describe_code, describe_image, describe_measured, describe_set
from generation.stimuli import Asked, PlannedImage, Request

DATASET = Dataset(name="art", manifest_sha256="d" * 64)
ASKED = Asked(checkpoint="", dataset="art", request=Request(seed=7), source="retrieval", space="embedded")


def test_a_set_is_described_by_what_decides_its_images():
    made = describe_set(ASKED, DATASET, 12, {"painting": {"batch_size": 8}})
    assert made | describe_code() == made
    assert json.loads(json.dumps(made)) == made
    assert {name: made[name] for name in ("schema", "source", "images", "dataset", "painting")} == {
        "schema": "paragone-set/1",
        "source": "retrieval",
        "images": 12,
        "dataset": {"name": "art", "manifest_sha256": "d" * 64},
        "painting": {"batch_size": 8},
    }
    assert made["request"]["seed"] == 7


def test_an_image_is_described_by_its_place_its_seed_and_what_its_source_adds():
    image = PlannedImage(clip=Clip(sha256="c" * 64), index=2, seed=99, rank=1, eligible=4)
    made = describe_image(ASKED, image, {"place": 3})
    code = describe_code()
    assert made == {
        "schema": "paragone-image/1",
        "source": "retrieval",
        "set_seed": 7,
        "seed": 99,
        "index": 2,
        "place": 3,
        **code,
    }
    assert set(code) == {"code", "libraries"}


@pytest.mark.parametrize("limits", ["", "Ten clips."])
def test_a_file_of_vectors_says_what_was_shown_to_what(limits):
    dataset = Dataset(name="art", manifest_sha256="d" * 64, notes=limits)
    network = {"name": "embedded", "notes": ["Its own."]}
    made = describe_measured(
        StimulusSet(name="images", dataset=dataset), [Category(name="A")], ["test"], network, ["No IIS."]
    )
    known = ['Known limits of the dataset "art" apply; they stand with it.'] if limits else []
    assert made["notes"] == ["Its own.", *known, "No IIS."]
    assert (made["set"], made["categories"], made["splits"], made["name"]) == ("images", ["A"], ["test"], "embedded")
