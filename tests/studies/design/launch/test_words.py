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
    Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=1))


def once_in_a_free_study(study: Study) -> None:
    Study.objects.update(design="free", instruction_text="Match them all. Use every image exactly once.")


def check_that_is_none(study: Study) -> None:
    Study.objects.update(consent_text="We store what the attention checks find.")


def five_minutes_for_twelve_boards(study: Study) -> None:
    Study.objects.update(consent_text="Taking part takes about 5 minutes.", trials_per_session=12)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            once_in_a_free_study,
            "The instruction text says “Use every image exactly once.”, but in a free study an image may be chosen for "
            "several clips. Change the text or the design, or empty the text",
        ),
        (check_that_is_none, "but the study has no attention check."),
        (five_minutes_for_twelve_boards, "says that it takes 5 minutes; by the design it takes about 14."),
        (empty_debrief, "The debrief text is empty."),
        (withdrawal_in_the_past, "has passed. Choose a later day."),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))
