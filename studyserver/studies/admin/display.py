"""How the admin shows things: times, pictures, sounds, and what became of a click."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from generation.admin import OwnFilters
from generation.models import Clip, Content, Stimulus
from studyserver.studies.errors import LaunchRefused, StudyError
from studyserver.studies.models import Study
from studyserver.studies.sitting import media_url


def may_see_answers(study: Study) -> bool:
    """Whether arms, choices and correctness may be on a page."""
    return study.status == Study.Status.CLOSED


def moment(at: datetime | None) -> str:
    """A time in UTC, short."""
    return "–" if at is None else at.strftime("%Y-%m-%d %H:%M")


def picture(image: Stimulus | Content) -> SafeString:
    """A thumbnail that opens the image."""
    thumbnail = '<a href="{0}"><img class="thumb" src="{0}" alt="Image {1}" loading="lazy"></a>'
    return format_html(thumbnail, media_url(image), image.sha256[:8])


def player(clip: Clip) -> SafeString:
    """A small sound player; loads nothing before it is played."""
    return format_html('<audio class="player" controls preload="none" src="{}"></audio>', media_url(clip))


class LookOnlyAdmin(OwnFilters):
    """Rows that participants made: nobody adds, changes or deletes them here."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def attempt(request: HttpRequest, act: Callable[[], object], said: str, *, level: int = messages.SUCCESS) -> None:
    """Do it and say so, or say why it was refused."""
    try:
        act()
    except LaunchRefused as error:
        problems = error.problems
    except StudyError as error:
        problems = [str(error)]
    else:
        messages.add_message(request, level, said)
        return
    for problem in problems:
        messages.error(request, problem)
