"""Rows that refuse what cannot be: designs changed after opening, rows stored twice, codes that look alike."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from studyserver.studies.design.lifecycle import duplicate_study
from studyserver.studies.models import Arm, Session, Study, new_code, new_receipt, new_seed
from tests.studies.participants import complete


def test_codes_are_long_and_receipts_can_be_read_out() -> None:
    codes, receipts = {new_code() for _ in range(50)}, {new_receipt() for _ in range(50)}
    assert len(codes) == len(receipts) == 50
    assert all(len(code) >= 22 for code in codes)
    assert all(re.fullmatch(r"([2-9A-HJKMNP-Z]{4}-){2}[2-9A-HJKMNP-Z]{4}", receipt) for receipt in receipts)
    assert all(0 <= new_seed() < 2**53 for _ in range(50))


def test_only_notes_of_an_open_study_can_change(study: Study) -> None:
    study.notes, study.contact, study.seed = "Rain.", "other@example.org", 8
    with pytest.raises(ValidationError, match="The study is open; it cannot change any more: contact, seed."):
        study.clean()
    study.refresh_from_db()
    study.notes = "Rain."
    study.clean()
    with pytest.raises(ValidationError, match="its arms cannot change any more"):
        Arm(study=study, name="late", stimulus_set=study.arms.get().stimulus_set).clean()


def test_what_is_stored_once_cannot_be_stored_twice(study: Study) -> None:
    session = complete(study)
    response = session.trials.filter(responses__isnull=False).first().responses.first()  # type: ignore[union-attr]
    assert response is not None
    response.pk = None
    draft = duplicate_study(study=study)
    for row in (response, Arm(study=draft, name="arm-1", stimulus_set=study.arms.get().stimulus_set)):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
    assert Session.objects.count() == 1
