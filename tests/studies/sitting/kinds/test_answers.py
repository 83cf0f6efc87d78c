"""Answers to a board, however they come: from a form, from JSON, from a draft."""

from typing import Any

import pytest

from studyserver.studies.sitting.kinds.answers import (
    MOST_CHANGES,
    AnswersSerializer,
    BoardAnswers,
    DraftSerializer,
    Timing,
    read_numbered,
)


def test_form_and_json_say_the_same() -> None:
    form = {
        "clip-1": "2", "clip-2": "1", "confidence-1": "7", "choice_ms-1": "300", "n_changes-1": "1",
        "choice_ms-2": "200", "rt_ms": "900", "listening_declared": "on", "action": "x",
    }  # fmt: skip
    choices = {"1": {"ms": 300, "changes": 1}, "2": {"ms": 200}}
    body: dict[str, Any] = {"matches": {"1": 2, "2": 1}, "confidence": {"1": 7}, "choices": choices, "rt_ms": 900}
    sent = AnswersSerializer(data=body | {"listening_declared": True})
    assert sent.is_valid()
    expected = BoardAnswers({1: 2, 2: 1}, {1: 7}, 900, {1: Timing(300, 1), 2: Timing(200)}, listening_declared=True)
    assert BoardAnswers.from_form(form) == sent.to_answers() == expected


def test_a_form_that_is_odd_is_read_all_the_same() -> None:
    odd = {"clip-1": "x", "clip-2": "", "clip-x": "1", "clip": "1", "rt_ms": "-1", "choice_ms-1": "5"}
    assert read_numbered(odd, "clip") == {1: 0}
    read = BoardAnswers.from_form(odd | {"n_changes-1": "999999"})
    assert (read.rt_ms, read.timings, read.listening_declared) == (None, {1: Timing(5, MOST_CHANGES)}, False)


def test_a_draft_is_stored_with_keys_as_text_and_read_again() -> None:
    sent = DraftSerializer(data={"version": 3, "matches": {"1": 4}, "confidence": {"2": 5}})
    assert sent.is_valid()
    draft = sent.to_draft()
    assert draft == {"matches": {"1": 4}, "confidence": {"2": 5}, "choices": {}, "clock_ms": 0}
    assert BoardAnswers.from_draft(draft) == BoardAnswers({1: 4}, {2: 5})
    assert BoardAnswers.from_draft({}) == BoardAnswers({})


@pytest.mark.parametrize("matches", [{"one": 1}, {"12345": 1}, {"1": -1}, [1]])
def test_positions_are_whole_numbers(matches: Any) -> None:
    body = AnswersSerializer(data={"matches": matches})
    assert not body.is_valid()
    assert set(body.errors) == {"matches"}
