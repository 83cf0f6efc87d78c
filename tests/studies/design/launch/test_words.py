"""Launch checks of what is promised."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from studyserver.studies.models import Study
from tests.studies.design.launch.spoiling import errors_after


def empty_debrief(study: Study) -> None:
    Study.objects.update(debrief_text=" \n")


def withdrawal_in_the_past(study: Study) -> None:
    Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=2))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (empty_debrief, "The debrief text is empty."),
        (withdrawal_in_the_past, "has passed. Choose a later day."),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))
