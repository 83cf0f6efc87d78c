"""The preview: every page for researchers, nothing stored."""

import pytest
from django.test import Client

from studyserver.studies.models import Session, Study, Trial
from tests.studies import factories
from tests.studies.pages.browsing import location
from tests.studies.screened import make_study

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", [Study.Status.DRAFT, Study.Status.OPEN])
def test_preview_shows_every_page_to_researchers_and_stores_nothing(admin_client: Client, status: str) -> None:
    study = factories.make_study(status=status, ask_confidence=True)
    address = f"/s/{study.slug}/preview/"
    says = ["Please <strong>read</strong>", "Sound check", "Try it out", "Round 1 of 2", "Your answers are saved"]
    for text in says:
        html = admin_client.get(address).content.decode()
        assert text in html
        assert "Preview: nothing is stored." in html
        assert "/api/" not in html
        response = admin_client.post(address, {"action": "agree", "clip-1": "1"})
        address = response["Location"]
    assert address == f"/s/{study.slug}/preview/?page=consent"
    assert not Session.objects.exists()
    assert not Trial.objects.exists()
    assert admin_client.get(f"/s/{study.slug}/preview/?page=other").status_code == 404


def test_preview_says_what_is_missing_and_is_not_for_participants(client: Client, admin_client: Client) -> None:
    study = factories.make_study(status=Study.Status.DRAFT)
    study.arms.all().delete()
    page = admin_client.get(f"/s/{study.slug}/preview/?page=trial").content.decode()
    assert "The study has no arm, so there is nothing to show." in page
    assert location(Client().get(f"/s/{study.slug}/preview/")) == "/admin/login/"


def test_the_preview_shows_the_checks(db: None, admin_client: Client) -> None:
    study = make_study(status=Study.Status.DRAFT)
    address = f"/s/{study.slug}/preview/"
    assert admin_client.get(f"{address}?page=headphones").content.decode().count("<audio") == 6
    assert "instructed" in admin_client.get(f"{address}?page=attention").content.decode()
    assert admin_client.post(f"{address}?page=sound").headers["Location"] == f"{address}?page=headphones"
    Study.objects.update(headphone_check="off", attention_boards=0)
    assert admin_client.get(f"{address}?page=headphones").status_code == 404
    assert admin_client.post(f"{address}?page=sound").headers["Location"] == f"{address}?page=practice"
