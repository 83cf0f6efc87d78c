"""One list of fields: what is entered there is asked for, copied, frozen, exported and shown; nothing is forgotten."""

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command, load_command_class
from django.test import Client

from studyserver.studies.design import STUDY_FIELDS, StudyField, duplicate_study, list_fieldsets
from studyserver.studies.design.document import design_document, design_hash
from studyserver.studies.exports.study_document import study_document
from studyserver.studies.models import Study
from tests.studies import factories

pytestmark = pytest.mark.django_db
# Fields of the model that nobody asks for, freezes or exports.
NOT_LISTED = {
    "id": "the database's own",
    "salt": "secret",
    "created_at": "the log says when and by whom",
}


def test_every_field_of_the_model_is_listed_once() -> None:
    fields = [*Study._meta.concrete_fields, *Study._meta.many_to_many]
    assert set(STUDY_FIELDS) | set(NOT_LISTED) == {field.name for field in fields}
    assert not set(STUDY_FIELDS) & set(NOT_LISTED)


def test_what_a_form_asks_for_is_asked_for_by_the_command_and_the_other_way_round() -> None:
    assert {name for name, field in STUDY_FIELDS.items() if field.flag} == {
        str(name) for _, options in list_fieldsets() for name in options["fields"]
    }


def test_the_form_keeps_its_order() -> None:
    assert [(title, options["fields"]) for title, options in list_fieldsets()][:3] == [
        (None, ["title", "slug"]),
        ("What is matched", ["categories", "design", "trials_per_session", "practice_categories"]),
        (
            "Listening and confidence",
            ["listening_rule", "min_listen_s", "level_limit_lu", "ask_confidence", "script_required"],
        ),
    ]


def test_a_design_is_copied_whole_but_for_its_seed() -> None:
    frozen = {name for name, field in STUDY_FIELDS.items() if field.design}
    assert frozen - {name for name, field in STUDY_FIELDS.items() if field.copied} == {"seed"}


def test_a_field_of_the_list_appears_in_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Study._meta.get_field("salt"), "editable", True)
    field = StudyField(
        "The end", "--grain-of-salt", "how much", "GRAIN", design=str.upper, export=lambda salt: salt + "!"
    )
    monkeypatch.setitem(STUDY_FIELDS, "salt", field)
    factories.make_set(factories.make_dataset())
    asked = ["--title", "T", "--set", "set-a", "--categories", *factories.CATEGORIES, "--grain-of-salt", "some"]
    call_command("create_study", *asked, stdout=StringIO())
    study = Study.objects.get()
    assert study.salt == "some"
    assert (
        "--grain-of-salt GRAIN"
        in load_command_class("studyserver.studies", "create_study")
        .create_parser("manage.py", "create_study")
        .format_help()
    )
    assert duplicate_study(study=study).salt == "some"
    assert design_document(study)["salt"] == "SOME"
    assert study_document(study, interim=True)["salt"] == "some!"
    staff = Client()
    staff.force_login(get_user_model().objects.create_superuser("ada", password="x"))
    assert 'name="salt"' in staff.get(f"/admin/studies/study/{study.pk}/change/").content.decode()
    before = design_hash(study)
    study.salt = "more"
    assert design_hash(study) != before


def test_what_a_study_does_without_is_left_out_of_its_design() -> None:
    plain = factories.make_study(status=Study.Status.DRAFT)
    optional = {name for name, field in STUDY_FIELDS.items() if field.optional}
    assert optional == {
        "content_warning",
        "headphone_check",
        "attention_boards",
        "exclusion_rules",
        "language",
        "plan",
        "resume_by_id",
        "script_required",
        "smallest_effect",
    }
    assert not optional & set(design_document(plain))
    plain.headphone_check, plain.attention_boards = Study.HeadphoneCheck.RECORD, 2
    assert {"headphone_check", "attention_boards"} < set(design_document(plain))


def test_the_smallest_effect_of_interest_is_declared_frozen_and_exported() -> None:
    factories.make_set(factories.make_dataset())
    asked = ["--title", "T", "--set", "set-a", "--categories", *factories.CATEGORIES]
    call_command("create_study", *asked, "--slug", "without", stdout=StringIO())
    call_command("create_study", *asked, "--slug", "with", "--smallest-effect", "share=0.1", stdout=StringIO())
    without, study = (Study.objects.get(slug=slug) for slug in ("without", "with"))
    assert "smallest_effect" not in design_document(without)  # so that older studies keep their hash
    assert study_document(without, interim=True)["smallest_effect"] is None
    assert design_document(study)["smallest_effect"] == "share=0.1"
    assert study_document(study, interim=True)["smallest_effect"] == {"scale": "share", "value": 0.1}
    assert duplicate_study(study=study).smallest_effect == "share=0.1"
    for wrong in ("0.1", "share=1", "share=0", "theta=.000", "share=0.1\n", "power=0.2", "share=-0.1"):
        study.smallest_effect = wrong
        with pytest.raises(ValidationError, match="Write share=NUMBER or theta=NUMBER, between 0 and 1: share=0.1."):
            study.clean_fields()
    for right in ("theta=.15", "share=0.05", ""):
        study.smallest_effect = right
        study.clean_fields()
