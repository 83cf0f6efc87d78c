"""What tests of the admin share."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from generation.models import StimulusSet
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.jobs import files
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db: None) -> Client:
    user = get_user_model().objects.create_superuser("ada", password="x")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def images(db: None) -> StimulusSet:
    return factories.make_set(factories.make_dataset())


@pytest.fixture
def draft(images: StimulusSet) -> Study:
    return factories.make_study(sets=[images], status=Study.Status.DRAFT)


@pytest.fixture
def reported(study: Study, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A closed study with a folder for reports; jobs are written down but not started."""
    settings.REPORTS_ROOT = tmp_path / "reports"
    monkeypatch.setattr(files.StudyFiles, "tell", lambda work, job, **options: None)
    complete(study)
    return close_study(study=study)
