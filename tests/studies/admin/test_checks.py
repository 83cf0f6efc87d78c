"""What researchers see of attention and headphone checks."""

import pytest
from django.test import Client

from studyserver.studies.progress import read_progress
from tests.studies.screened import at_trials, go_through, make_study, start

pytestmark = pytest.mark.django_db


def test_researchers_see_the_outcome_of_checks_and_where_people_left(db: None, admin_client: Client) -> None:
    study = make_study()
    go_through(session := at_trials(study), attentive=False)
    start(study)
    text = admin_client.get(f"/admin/studies/session/{session.pk}/change/").content.decode()
    assert "passed, 6 of 6 right" in text
    assert "0 of 1 passed" in text
    assert "(never analysed): failed" in text
    steps = {step.step: step.reached for step in read_progress(study).steps}
    assert list(steps)[:3] == ["Sound check", "Headphones", "Practice"]
    assert (steps["Sound check"], steps["Headphones"], steps["Practice"], steps["Debrief"]) == (2, 2, 1, 1)
