"""Launch checks of what is promised."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from studyserver.studies.design.launch.checks import check_launch, consents_of
from studyserver.studies.design.launch.words import count_words
from studyserver.studies.design.texts import default_texts
from studyserver.studies.models import Study
from tests.studies.design.launch.spoiling import errors_after


def empty_debrief(study: Study) -> None:
    Study.objects.update(debrief_text=" \n")


def withdrawal_in_the_past(study: Study) -> None:
    Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=1))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (empty_debrief, "The debrief text is empty."),
        (withdrawal_in_the_past, "has passed. Choose a later day."),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("**Please** read - this:", 3),
        ("Nous enregistrons vos réponses.", 4),
        ("ご協力ありがとうございます。", 6),  # 13 signs, about two to a word
        ("यह अध्ययन संगीत के बारे में है", 7),
    ],
)
def test_words_are_counted_in_any_script(text: str, words: int) -> None:
    assert count_words(text) == words


def test_a_consent_text_of_few_words_needs_consent(draft: Study) -> None:
    draft.consent_text = "word " * 29
    [finding] = consents_of(check_launch(draft, thorough=False))
    assert (finding.name, finding.what) == ("short-consent", "The consent text has 29 words.")
    draft.simulated_only = True
    assert consents_of(check_launch(draft, thorough=False)) == []
    draft.simulated_only, draft.consent_text = False, "word " * 30
    assert consents_of(check_launch(draft, thorough=False)) == []
    assert count_words(default_texts()["consent_text"]) > 100
