"""Look-ups by name: the row, or one line that says what to do."""

import pytest

from generation.errors import CheckpointError, DatasetError, StimulusSetError
from generation.models import Checkpoint, StimulusSet
from generation.stimuli.finding import check_batch_size, check_set_name, find_dataset, find_set, find_trained
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_rows_are_found_by_name(django_assert_num_queries):
    dataset = factories.make_dataset()
    run = Checkpoint.objects.create(name="run", preset="mini", dataset=dataset, weights_sha256="0", epoch=1)
    images = StimulusSet.objects.create(name="images", dataset=dataset, checkpoint=run)
    with django_assert_num_queries(3):
        assert find_dataset(dataset.name) == dataset
        assert find_trained("run").dataset == dataset
        assert find_set("images").dataset == dataset
    assert find_set("images") == images


@pytest.mark.parametrize(
    ("find", "error", "words"),
    [
        (lambda: find_dataset("x"), DatasetError, "There is no dataset x; import it first with import_dataset."),
        (lambda: find_trained("x"), CheckpointError, "There is no checkpoint x. Train it with train_musipainter."),
        (
            lambda: find_trained("x", unfinished=True),
            CheckpointError,
            "There is no checkpoint x. It has not finished training. Train it with train_musipainter.",
        ),
        (lambda: find_set("x"), StimulusSetError, "There is no stimulus set x."),
        (lambda: find_set("x", purpose=" to shuffle"), StimulusSetError, "There is no stimulus set x to shuffle."),
        (lambda: check_batch_size(0), StimulusSetError, "The batch size must be at least 1, not 0."),
        (lambda: check_set_name("a b"), StimulusSetError, '"a b" cannot name a set: use letters, digits, - and _.'),
        (
            lambda: check_set_name("x" * 81),
            StimulusSetError,
            f'"{"x" * 81}" cannot name a set: use letters, digits, - and _.',
        ),
    ],
)
def test_what_is_not_there_is_said_in_one_line(find, error, words):
    with pytest.raises(error) as caught:
        find()
    assert str(caught.value) == words
