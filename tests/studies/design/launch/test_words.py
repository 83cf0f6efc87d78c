"""Launch checks of what is promised."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from studyserver.studies.design.launch.checks import check_launch, consents_of
from studyserver.studies.design.launch.material import Material
from studyserver.studies.design.launch.words import check_links, count_words
from studyserver.studies.design.texts import default_texts
from studyserver.studies.models import Study
from studyserver.studies.sitting.start import note_damaged_link
from tests.studies.design.launch.spoiling import errors_after


def empty_debrief(study: Study) -> None:
    Study.objects.update(debrief_text=" \n")


def withdrawal_in_the_past(study: Study) -> None:
    Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=2))


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


@pytest.mark.parametrize(
    ("url", "doubtful"),
    [
        ("https://app.prolific.com/submissions/complete?cc=C1A2B3", False),
        ("https://app.prolific.com/submissions/complete?cc=XXXXXXX", True),
        ("https://panel.example/?pid={{%PROLIFIC_PID%}}", True),
        ("https://panel.example/?pid=%7B%7BPID%7D%7D", True),
        ("", False),
    ],
)
def test_a_completion_link_that_was_not_filled_in_is_noted(draft: Study, url: str, doubtful: bool) -> None:
    draft.completion_url = url
    found = [finding.what for finding in check_links(Material(draft))]
    assert (found == [f"The completion link holds a placeholder ({url})."]) == doubtful


def test_visits_of_a_draft_with_unfilled_ids_are_noted(draft: Study) -> None:
    note_damaged_link(draft)
    (finding,) = check_links(Material(draft))
    assert finding.what == "Visits with an id that cannot name one person: 1."


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
