"""How the admin shows things, and what it says of a click that was refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from studyserver.studies.admin.display import attempt, may_see_answers, moment, picture, player
from studyserver.studies.errors import LaunchRefused, StudyError
from studyserver.studies.models import Study


def said_of(act: Any, **more: Any) -> list[tuple[int, str]]:
    request: Any = RequestFactory().post("/")
    request._messages = CookieStorage(request)
    attempt(request, act, "Done.", **more)
    return [(message.level, str(message)) for message in request._messages]


def refuse(error: Exception) -> Any:
    def act() -> None:
        raise error

    return act


def test_what_was_done_is_said_and_what_was_refused_says_why() -> None:
    assert said_of(lambda: None) == [(messages.SUCCESS, "Done.")]
    assert said_of(lambda: None, level=messages.INFO) == [(messages.INFO, "Done.")]
    assert said_of(refuse(StudyError("No."))) == [(messages.ERROR, "No.")]
    assert said_of(refuse(LaunchRefused(["A.", "B."]))) == [(messages.ERROR, "A."), (messages.ERROR, "B.")]
    with pytest.raises(ZeroDivisionError):
        said_of(refuse(ZeroDivisionError()))


def test_times_are_short_and_in_utc() -> None:
    assert moment(None) == "–"
    assert moment(datetime(2026, 3, 1, 9, 5, 59, tzinfo=UTC)) == "2026-03-01 09:05"


def test_answers_may_be_seen_once_a_study_is_closed() -> None:
    assert [may_see_answers(Study(status=status)) for status in Study.Status.values] == [False, False, True]


def test_pictures_open_their_image_and_sounds_wait_to_be_played(study: Study) -> None:
    stimulus = study.arms.get().stimulus_set.stimuli.select_related("clip").first()
    assert stimulus is not None
    assert f'alt="Image {stimulus.sha256[:8]}" loading="lazy"' in picture(stimulus)
    assert 'preload="none"' in player(stimulus.clip)
