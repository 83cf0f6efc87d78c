"""A draft from names: what is made, and what is refused."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from studyserver.studies.design.create import create_study
from studyserver.studies.design.lifecycle import (
    open_study,
)
from studyserver.studies.errors import StudySetupError
from studyserver.studies.models import Study
from tests.studies import factories


def create(*, sets: Sequence[str] = ("set-a",), by: str = "", **more: Any) -> Study:
    values: dict[str, Any] = {
        "title": "Which image belongs to which music?",
        "categories": list(factories.CATEGORIES),
        "practice_categories": list(factories.PRACTICE),
    }
    arm_names = more.pop("arm_names", ())
    return create_study(sets=sets, arm_names=arm_names, values=values | more, by=by)


def test_create_study_makes_a_draft_that_can_be_opened_as_it_is(db: None) -> None:
    factories.make_set(factories.make_dataset())
    study = create(by="ada")
    assert (study.slug, study.status) == ("which-image-belongs-to-which-music", Study.Status.DRAFT)
    assert [arm.name for arm in study.arms.all()] == ["set-a"]
    assert list(study.categories.values_list("name", flat=True)) == list(factories.CATEGORIES)
    assert "about 5 minutes" in study.consent_text
    assert open_study(study=study, by="ada").status == Study.Status.OPEN
    assert [(entry.action, entry.by) for entry in study.log.all()] == [("created", "ada"), ("opened", "ada")]


def test_create_study_names_what_it_does_not_know(db: None) -> None:
    factories.make_set(factories.make_dataset())
    factories.make_set(factories.make_dataset("other"), "set-b")
    for fields, sentence in (
        ({"sets": ["set-x"]}, "There is no stimulus set “set-x”; there is: set-a, set-b."),
        ({"sets": []}, "No stimulus set is named"),
        ({"sets": ["set-a", "set-b"]}, "come from different datasets"),
        ({"categories": ["Jazz"]}, "The dataset “museum” has no category “Jazz”; it has: Renaissance symbolism, "),
        ({"practice_categories": ["Jazz"]}, "has no category “Jazz”"),
        ({"arm_names": ["one", "two"]}, "2 arm names for 1 stimulus sets"),
        ({"arm_names": ["not a slug"]}, "name: "),
        ({"trials_per_session": 0}, "trials_per_session: "),
        ({"design": "paired"}, "design: "),
        ({"title": "¿?"}, "give a slug"),
        ({"slug": "not a slug"}, "slug: "),
        ({"slug": "-2"}, 'slug: The slug begins with "-", which spreadsheets take for a formula; rename it.'),
        ({"title": "-2", "slug": "s"}, 'title: The title begins with "-", which spreadsheets take for a formula;'),
        ({"title": "Loud\x07er"}, "title: The title holds the control character U+0007; take it out."),
        ({"arm_names": ["--1"]}, 'name: The name begins with "-", which spreadsheets take for a formula; rename it.'),
        ({"arm_names": ["NA"]}, 'name: The name is "NA", which R and pandas read as no value; rename it.'),
        ({"notes": "one\x00two"}, "notes: "),
        ({"consent_text": "Agree.\x1b[31m"}, "consent_text: The consent text holds the control character U+001B"),
    ):
        with pytest.raises(StudySetupError) as caught:
            create(**fields)
        assert sentence in str(caught.value)
    assert Study.objects.count() == 0


def test_a_set_shown_in_two_arms_gets_two_names(db: None) -> None:
    factories.make_set(factories.make_dataset())
    study = create(sets=["set-a", "set-a"])
    assert [arm.name for arm in study.arms.all()] == ["set-a-1", "set-a-2"]


def test_names_of_categories_and_titles_are_read_as_they_are_meant(db: None) -> None:
    factories.make_set(factories.make_dataset(categories=("Café", "Metal", *factories.PRACTICE)))
    study = create(categories=["Cafe\u0301 ", "\u200bMetal"], title=" Is it\u00a0loud? ")
    assert list(study.categories.values_list("name", flat=True)) == ["Café", "Metal"]
    assert study.title == "Is it\u00a0loud?"


def test_an_opened_study_whose_slug_a_spreadsheet_would_run_can_still_be_noted_on(db: None) -> None:
    study = factories.make_study(slug="-2", notes="")
    study.notes = "Ended early."
    study.full_clean()
    study.notes = "Ended\x07early."
    with pytest.raises(ValidationError, match="notes holds the control character"):
        study.full_clean()
