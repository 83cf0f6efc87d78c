"""Sets that somebody has looked through."""

import pytest

from generation.errors import StimulusSetError
from generation.models import StimulusSet
from generation.stimuli import review_set
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_a_review_says_who_when_and_what_to_warn_of() -> None:
    made = factories.make_set(factories.make_dataset(clips=1))
    row = review_set(stimulus_set=made, by="grace", warning=" Blood. \n", seen=5)
    row.refresh_from_db()
    assert (row.reviewed_by, row.content_warning) == ("grace", "Blood.")
    assert row.reviewed_at is not None
    assert made.reviewed_at is not None
    assert row.reviewed_at > made.reviewed_at


def test_other_images_than_were_seen_and_sets_in_the_making_are_not_reviewed() -> None:
    made = factories.make_set(factories.make_dataset(clips=1))
    with pytest.raises(StimulusSetError, match="holds 5 images now, not the 4 that you were shown"):
        review_set(stimulus_set=made, by="grace", seen=4)
    StimulusSet.objects.update(status=StimulusSet.Status.BUILDING)
    with pytest.raises(StimulusSetError, match="is being made; look through it when it is complete"):
        review_set(stimulus_set=made, by="grace")
