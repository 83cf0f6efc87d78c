"""Whose language a page and its parts are in: the study's own words, and the pages'."""

import re

import pytest
from django.test import Client

from studyserver.studies.design.document import design_document
from studyserver.studies.languages import direction_of, list_languages
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.pages.browsing import LISTENED, STRAIGHT, consent

pytestmark = pytest.mark.django_db
TEXT = "# مرحبا\n\nهذه دراسة عن الموسيقى والصور."


def make_study(**fields: str) -> Study:
    texts = {f"{name}_text": TEXT for name in ("consent", "instruction", "debrief")}
    return factories.make_study(title="موسيقى وصور.", trials_per_session=1, headphone_check="record", **texts, **fields)


def open_tags(page: str, name: str) -> list[str]:
    return re.findall(rf"<{name}\b[^>]*>", page)


def test_every_page_of_an_arabic_study_says_whose_words_are_which(client: Client) -> None:
    study = make_study(language="ar")
    pages = {"consent": client.get(f"/s/{study.slug}/").content.decode()}
    session = consent(client, study)
    base = f"/p/{session.code}/"
    for name, data in (
        ("sound", {"heard": "clearly", "device": "headphones"}),
        ("headphones", {"action": "skip"}),
        ("practice", {"clip-1": "1", "clip-2": "2"} | LISTENED),
        ("practice", {"action": "start"}),
        ("trial/1", STRAIGHT),
        ("debrief", {}),
    ):
        pages[name] = client.get(f"{base}{name}/").content.decode()
        client.post(f"{base}{name}/", data)
    pages["leave"] = client.get(f"{base}leave/").content.decode()
    client.post(f"{base}leave/", {"action": "erase", "sure": "on"})
    pages["left"] = client.get(f"{base}left/").content.decode()
    for name, page in pages.items():
        assert '<html lang="ar" dir="rtl">' in page, name
        (main,) = open_tags(page, "main")
        assert ('lang="en" dir="ltr"' in main) == (name != "consent"), name
        assert all('lang="ar" dir="auto"' in tag for tag in re.findall(r'<div class="prose"[^>]*>', page))
        (top,) = open_tags(page, "header")
        assert 'lang="en" dir="ltr"' in top
        assert ('<span lang="ar" dir="auto">موسيقى وصور.</span>' in page) == (name != "consent")
    assert '<h1 lang="ar" dir="auto">موسيقى وصور.</h1>' in pages["consent"]
    assert '<h2 dir="auto">مرحبا</h2>' in pages["consent"]
    assert '<form method="post" class="actions" lang="en">' in pages["consent"]
    assert 'class="prose" lang="ar"' in pages["debrief"]


def test_an_english_page_is_as_it_was_and_arabic_words_in_it_begin_at_the_right(client: Client) -> None:
    study = make_study()
    page = client.get(f"/s/{study.slug}/").content.decode()
    assert '<html lang="en" dir="ltr">' in page
    assert '<h1 dir="auto">' in page
    assert '<div class="prose" dir="auto">' in page
    assert '<html lang="en" dir="ltr">' in client.get("/").content.decode()


def test_languages_are_offered_once_by_tag_and_english_changes_no_design() -> None:
    tags = [tag for tag, _ in list_languages()]
    assert tags[0] == "en"
    assert len(tags) == len(set(tags)) > 90
    assert [direction_of(tag) for tag in ("ar", "he", "fa", "ur", "de", "zh-hans")] == ["rtl"] * 4 + ["ltr"] * 2
    study = make_study()
    assert "language" not in design_document(study)
    study.language = "ar"
    assert design_document(study)["language"] == "ar"
