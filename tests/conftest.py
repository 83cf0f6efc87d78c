"""What all tests share: whole small things to test with, built by `tests.studies.factories`."""

import pytest

from studyserver.studies.models import Study
from tests.studies import factories


@pytest.fixture
def study(db: None) -> Study:
    """An open one-to-one study: four categories, two trials, practice with one category, one arm."""
    return factories.make_study()
