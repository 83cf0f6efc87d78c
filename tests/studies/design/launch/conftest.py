"""What tests of launch checks share."""

import pytest

from studyserver.studies.design.launch import files
from studyserver.studies.models import Study
from tests.studies import factories


@pytest.fixture
def draft(db: None) -> Study:
    files._good_headers.clear()
    return factories.make_study(status=Study.Status.DRAFT)
