"""How the admin shows things: times, pictures, sounds, and what became of a click."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from generation.admin import OwnFilters
from generation.models import Clip, Content, Stimulus
from studyserver.studies.errors import StudyError
from studyserver.studies.models import Study
from studyserver.studies.sitting import media_url

HIDDEN = "hidden"
"""In place of what would unblind."""


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


def column(read: Callable[[Any], Any], description: str, **options: Any) -> Callable[[Any, Any], Any]:
    """A column of a list in the admin: what `read` makes of its row; further options as of `admin.display`."""
    return admin.display(lambda self, row: read(row), description=description, **options)


class LookOnlyAdmin(OwnFilters):
    """Rows that participants made: nobody adds, changes or deletes them here."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def attempt(request: HttpRequest, act: Callable[[], object], said: str, *, level: int = messages.SUCCESS) -> bool:
    """Do it and say so, or say why it was refused; returns whether it was done."""
    try:
        act()
    except StudyError as error:
        for problem in getattr(error, "problems", [str(error)]):
            messages.error(request, problem)
        return False
    messages.add_message(request, level, said)
    return True
