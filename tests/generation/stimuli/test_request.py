"""What is asked for: checked when it is made, and the same after a round trip through a row."""

import json

import pytest

from generation.errors import SeedError, StimulusSetError
from generation.models import Checkpoint, Dataset, GenerationJob, StimulusSet
from generation.stimuli.request import Asked, Request, asked_of_job, check_same

ASKED = Asked(
    checkpoint="run",
    dataset="art",
    request=Request(categories=("a", "b"), splits=("val", "test"), images_per_clip=2, seed=5),
    batch_size=4,
    painting={"steps": 20},
)
DATASET = Dataset(name="art", manifest_sha256="d" * 64)
CHECKPOINT = Checkpoint(name="run", weights_sha256="c" * 64, epoch=3)


def test_a_request_is_the_same_after_a_row():
    assert Asked.from_json(json.loads(json.dumps(ASKED.to_json()))) == ASKED
    assert list(ASKED.to_json()) == ["checkpoint", "dataset", "request", "batch_size", "painting", "source", "space"]


def test_jobs_of_earlier_versions_ask_for_a_checkpoint():
    values = ASKED.to_json()
    del values["source"], values["space"]
    assert Asked.from_json(values) == ASKED


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"images_per_clip": 0}, "^images_per_clip must be at least 1, not 0.$"),
        ({"clips_per_category": 1, "total": 2}, "^Ask for clips per category or for a total, not for both.$"),
        ({"splits": ("all",)}, '^There is no split "all"; choose from train, val, test.$'),
    ],
)
def test_what_cannot_be_is_refused(values, words):
    with pytest.raises(StimulusSetError, match=words):
        Request(**values)
    with pytest.raises(SeedError):
        Request(seed=-1)


def settled(**changes):
    settings = {
        "checkpoint": CHECKPOINT.describe(),
        "dataset": DATASET.describe(),
        "request": ASKED.to_json()["request"],
        "painting": {"steps": 20, "device": "cpu", "batch_size": 4, "set_seed": 5},
    }
    return StimulusSet(name="images", settings=settings | changes)


def test_a_begun_set_says_how_all_was_settled():
    asked = asked_of_job(GenerationJob(), settled())
    assert asked.painting == {"steps": 20, "device": "cpu"}
    assert (asked.batch_size, asked.request, asked.checkpoint) == (4, ASKED.request, "run")
    job = GenerationJob(asked=ASKED.to_json())
    assert asked_of_job(job, StimulusSet(name="new")) == ASKED
    assert asked_of_job(GenerationJob(), StimulusSet(name="shuffled", settings={"parent": "images"})) is None


def test_a_set_is_the_same_or_the_first_difference_is_said():
    check_same(settled(), ASKED, CHECKPOINT, DATASET)
    check_same(StimulusSet(name="new"), ASKED, CHECKPOINT, DATASET)
    with pytest.raises(StimulusSetError, match="checkpoint.epoch is 9 there and 3 here"):
        check_same(settled(checkpoint=CHECKPOINT.describe() | {"epoch": 9}), ASKED, CHECKPOINT, DATASET)
    with pytest.raises(StimulusSetError, match="painting.steps is 30 there and 20 here"):
        check_same(settled(painting={"steps": 30}), ASKED, CHECKPOINT, DATASET)
