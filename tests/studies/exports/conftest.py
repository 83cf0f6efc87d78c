"""What tests of exports share."""

import pytest

from studyserver.studies.design import lifecycle
from studyserver.studies.models import Study
from tests.studies.participants import answer, begin, complete, show, swap

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(study: Study) -> Study:
    """A closed study with two complete participants and one who stopped at the second board."""
    complete(study, simulated=True)
    complete(study, swap("Heavy metal", "Electronic music"), external_id="PERSON-1")
    answer(session := begin(study))
    show(session)
    return lifecycle.close_study(study=study, by="ada")
