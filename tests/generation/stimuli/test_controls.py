"""What a perfect recogniser scores in a control."""

import pytest

from generation.stimuli import find_recognition
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_the_stored_permutations_of_any_control_say_what_a_recogniser_scores():
    images = factories.make_set(factories.make_dataset())
    assert find_recognition(images.stimuli.all()) is None  # no control
    control = factories.make_shuffled_set(images)  # turned by 0, 1 and 2 places: one board of three stays as it is
    found = find_recognition(control.stimuli.select_related("clip"))
    assert found is not None
    assert (found.right, found.images, found.boards, found.at_chance) == (4, 12, 3, False)
    assert str(found) == ("whoever recognises the music behind every image matches 4 of 12 (33.3 %; chance 25.0 %)")
    shown = find_recognition(control.stimuli.filter(board__lt=1).select_related("clip"))
    assert shown is not None
    assert (shown.right, shown.boards) == (4, 1)
