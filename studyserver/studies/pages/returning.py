"""The way back: one cookie by which a study knows its own participant again in the same browser.

It is strictly needed for that and tracks nobody: signed, out of scripts' reach, sent to the study's own address alone,
and holds nothing but codes of the sessions that began in this browser, so that several people with recruitment ids find
theirs again on one device. Erasing the answers removes it.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from studyserver.studies.models import Session, Study
from studyserver.studies.sitting import is_erased

COOKIE = "paragone-sitting"
KEPT_FOR = timedelta(days=180)
MOST_REMEMBERED = 20


def read_begun(request: HttpRequest, study: Study) -> list[str]:
    """Codes of the sessions of this study that began in this browser, the newest last."""
    told = request.get_signed_cookie(COOKIE, default="", salt=_salt(study.pk), max_age=KEPT_FOR)
    return told.split(".") if told else []


def remember(response: HttpResponse, session: Session, begun_here: Sequence[str]) -> None:
    """Let this browser find the session again from the study's link, as the newest of those that began in it."""
    codes = [code for code in begun_here if code != session.code] + [session.code]
    response.set_signed_cookie(
        COOKIE,
        ".".join(codes[-MOST_REMEMBERED:]),
        salt=_salt(session.study_id),
        max_age=KEPT_FOR,
        path=_path(session.study),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def find_remembered(study: Study, begun_here: Sequence[str]) -> Session | None:
    """The session that began here last, unless its answers are erased."""
    code = begun_here[-1] if begun_here else ""
    session = Session.objects.filter(study=study, code=code).select_related("study").first() if code else None
    return None if session is None or is_erased(session) else session


def forget(response: HttpResponse, study: Study) -> None:
    """Leave nothing of the session in this browser."""
    response.delete_cookie(COOKIE, path=_path(study), samesite="Lax")


def _salt(study: int) -> str:
    return f"sitting/{study}"


def _path(study: Study) -> str:
    return reverse("studies:consent", args=[study.slug])
