"""Checks as part of a design: found before opening, hashed, switched on."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.models import Content
from studyserver.studies.design import lifecycle
from studyserver.studies.design.document import design_document
from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.screened import RULES, make_study

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "rules", "sentence"),
    [
        ({"attention_boards": 4}, [], "4 attention checks do not fit among 3 trials."),
        ({"attention_boards": 0}, RULES[:1], "leaves out nobody: the study has 0 attention checks."),
        ({"headphone_check": "off"}, RULES[1:], "needs the headphone screening. Switch it on"),
        ({}, [{"rule": "headphones", "threshold": 7}], "leaves out everybody. Ask for 6 or less; 5 is usual."),
        ({"practice": []}, [], "Attention checks need practice material with two pictures or more."),
    ],
)
def test_checks_that_cannot_work_are_found_before_opening(
    db: None, fields: dict[str, Any], rules: list[Any], sentence: str
) -> None:
    draft = make_study(status=Study.Status.DRAFT, exclusion_rules=rules, **fields)
    assert any(sentence in problem for problem in errors_of(check_launch(draft, thorough=False)))


def test_few_pictures_are_warned_of(db: None) -> None:
    draft = make_study(status=Study.Status.DRAFT)
    Content.objects.all().delete()
    found = [str(finding) for check in check_launch(draft, thorough=False) for finding in check.findings]
    assert any("shows 3 pictures only, so one in 3 passes by chance" in sentence for sentence in found)


def test_checks_are_part_of_the_design(db: None) -> None:
    draft = make_study(status=Study.Status.DRAFT)
    document = design_document(draft)
    assert (document["attention_boards"], document["headphone_check"]) == (1, "record")
    copy = lifecycle.duplicate_study(study=lifecycle.open_study(study=draft))
    assert (copy.attention_boards, copy.headphone_check) == (1, "record")
    plain = factories.make_study(slug="plain", sets=[draft.arms.get().stimulus_set])
    assert not {"attention_boards", "headphone_check"} & set(design_document(plain))


def test_create_study_switches_checks_on(db: None) -> None:
    factories.make_set(factories.make_dataset())
    options = ["--title", "T", "--set", "set-a", "--categories", *factories.CATEGORIES]
    call_command("create_study", *options, "--headphones", "record", "--attention", "1", verbosity=0)
    study = Study.objects.get()
    assert (study.headphone_check, study.attention_boards) == ("record", 1)
    assert "about 7 minutes" in study.consent_text  # 120 s before, 12 clips of 15 s, 60 s of tones, 15 s of a check
    assert "whether the attention check was passed" in study.consent_text
    with pytest.raises(CommandError, match="attention_boards"):
        call_command("create_study", *options, "--slug", "t2", "--attention", "11", verbosity=0)
