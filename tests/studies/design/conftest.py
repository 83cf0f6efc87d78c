"""What tests of designs share."""

import pytest

from studyserver.studies.models import Study
from tests.studies import factories


@pytest.fixture
def draft(db: None) -> Study:
    return factories.make_study(status=Study.Status.DRAFT)
