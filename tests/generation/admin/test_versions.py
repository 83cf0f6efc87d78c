"""Forms that two people have open at once."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import signing
from django.test import Client
from django.urls import reverse

from generation.models import Dataset
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(db: None) -> str:
    return reverse("admin:generation_dataset_change", args=[factories.make_dataset(clips=0, contents=0).pk])


def filled(client: Client, url: str, **fields: Any) -> dict[str, Any]:
    """The form of a dataset as a browser would send it."""
    text = client.get(url).content.decode()
    [loaded] = re.findall(r'name="_loaded" value="([^"]*)"', text)
    return {"_loaded": html.unescape(loaded)} | fields


def said(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_the_second_of_two_is_told_and_overwrites_nothing(admin_client: Client, url: str) -> None:
    grace = Client()
    grace.force_login(get_user_model().objects.create_superuser("grace"))
    mine, hers = filled(admin_client, url, notes="Mine."), filled(grace, url, notes="Hers.")
    assert "was changed successfully" in said(grace.post(url, hers, follow=True))
    for _ in range(2):  # to send it again is not to have seen it
        answer = admin_client.post(url, mine, follow=True)
        assert "was changed successfully" not in said(answer)
        assert re.search(
            r"Not saved: grace changed this dataset while you had it open at [-\d]{10} \d\d:\d\d .UTC.: notes\.",
            said(answer),
        )
        assert "Mine.</textarea>" in said(answer)
        assert Dataset.objects.get().notes == "Hers."
        mine["_loaded"] = html.unescape(re.findall(r'name="_loaded" value="([^"]*)"', answer.content.decode())[0])
    assert "was changed successfully" in said(
        admin_client.post(url, filled(admin_client, url, notes="Mine and hers."), follow=True)
    )
    assert Dataset.objects.get().notes == "Mine and hers."


def test_what_a_command_changed_is_told_too(admin_client: Client, url: str) -> None:
    fields = filled(admin_client, url, notes="Mine.")
    Dataset.objects.update(notes="Theirs.")
    assert "Not saved: somebody changed this dataset while you had it open: notes." in said(
        admin_client.post(url, fields)
    )


@pytest.mark.parametrize(
    "loaded", ["", "x", "a:b:c", signing.dumps({}, salt="another")], ids=["empty", "word", "colons", "another salt"]
)
def test_a_form_that_does_not_say_what_it_was_filled_from_is_not_saved(
    admin_client: Client, url: str, loaded: str
) -> None:
    answer = admin_client.post(url, {"notes": "Mine.", "_loaded": loaded})
    assert "Not saved: this form does not say what it was filled from." in said(answer)
    assert Dataset.objects.get().notes == ""


@pytest.mark.parametrize("button", ["_save", "_continue"])
def test_where_nothing_was_changed_nothing_is_said_to_have_been(admin_client: Client, url: str, button: str) -> None:
    answer = admin_client.post(url, filled(admin_client, url, notes="", **{button: "1"}), follow=True)
    assert "Nothing was changed in the dataset “museum”." in said(answer)
    assert "was changed successfully" not in said(answer)
