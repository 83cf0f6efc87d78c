"""Look-ups by name: what is found, and the one line that says what there is."""

import pytest

from studyserver.studies.design.finding import find_categories, find_set, find_study
from studyserver.studies.errors import StudySetupError
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_nothing_there_is_said() -> None:
    with pytest.raises(StudySetupError, match="^There is no study “x”; there is: none yet.$"):
        find_study("x")
    with pytest.raises(StudySetupError, match="^There is no stimulus set “x”; there is: none yet.$"):
        find_set("x")
    with pytest.raises(StudySetupError, match="^The dataset “empty” has no category “x”; it has: none.$"):
        find_categories(["x"], factories.make_dataset("empty", categories=[]))


def test_what_is_there_is_found_or_listed() -> None:
    images = factories.make_set(factories.make_dataset())
    study = factories.make_study(sets=[images])
    assert find_study(study.slug) == study
    assert find_set("set-a") == images
    wanted = list(reversed(factories.CATEGORIES))
    assert [category.name for category in find_categories(wanted, images.dataset)] == wanted
    assert find_categories([], images.dataset) == []
    with pytest.raises(StudySetupError, match="there is: do-pictures-sound.$"):
        find_study("x")
    with pytest.raises(StudySetupError, match="it has: Renaissance symbolism, Asian traditional folklore, "):
        find_categories([*wanted, "x"], images.dataset)
