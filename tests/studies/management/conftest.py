"""What tests of commands share."""

import pytest

from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def image_set(db: None) -> None:
    factories.make_set(factories.make_dataset())
