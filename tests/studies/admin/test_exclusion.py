"""Exclusion rules in the form: ticked with their numbers, told in words."""

from typing import Any

import pytest
from django.test import Client

from studyserver.studies.design import lifecycle
from studyserver.studies.models import Study
from tests.studies.admin.reading import page, read_form

pytestmark = pytest.mark.django_db


DECLARED = [{"rule": "too_fast", "threshold": 0.3}, {"rule": "incomplete", "threshold": 2}]


def form_of(client: Client, study: Study) -> dict[str, Any]:
    """The study's form as it stands, the arm's set included."""
    fields = read_form(client.get(page(study)).content.decode())
    return fields | {"arms-0-stimulus_set": str(study.arms.get().stimulus_set_id)}


def test_rules_are_ticked_in_the_form_with_their_numbers(client: Client, draft: Study) -> None:
    fields = form_of(client, draft)
    assert "exclusion_rules-too_fast" not in fields
    assert fields["exclusion_rules-too_fast-threshold"] == "0.3"
    fields |= {"exclusion_rules-too_fast": "on", "exclusion_rules-incomplete": "on"}
    client.post(page(draft), fields | {"exclusion_rules-incomplete-threshold": "2"})
    draft.refresh_from_db()
    assert draft.exclusion_rules == DECLARED
    again = form_of(client, draft)
    assert (again["exclusion_rules-incomplete"], again["exclusion_rules-incomplete-threshold"]) == ("on", "2")
    without = {name: value for name, value in again.items() if not name.endswith(("-too_fast", "-incomplete"))}
    client.post(page(draft), without)
    draft.refresh_from_db()
    assert draft.exclusion_rules == []


def test_a_number_that_is_none_is_refused_in_the_form_and_kept_for_mending(client: Client, draft: Study) -> None:
    fields = form_of(client, draft)
    fields |= {"exclusion_rules-too_fast": "on", "exclusion_rules-too_fast-threshold": "-2"}
    text = client.post(page(draft), fields).content.decode()
    assert "“median time per choice below … s” needs a number above 0, not -2." in text
    assert read_form(text)["exclusion_rules-too_fast-threshold"] == "-2"
    draft.refresh_from_db()
    assert draft.exclusion_rules == []


def test_an_open_study_tells_its_rules_in_words(client: Client, draft: Study) -> None:
    draft.exclusion_rules = DECLARED
    draft.save()
    text = client.get(page(lifecycle.open_study(study=draft))).content.decode()
    assert "<div>median time per choice below 0.3 s</div><div>fewer than 2 boards answered</div>" in text
    assert 'name="exclusion_rules' not in text
