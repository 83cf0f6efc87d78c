"""The way back: one cookie by which a study knows its own participant again in the same browser.

It is strictly needed for that and tracks nobody: signed, out of scripts' reach, sent to the study's own address alone,
and holds nothing but the session's code. Erasing the answers removes it.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from studyserver.studies.models import Session, Study
from studyserver.studies.sitting import is_erased

COOKIE = "paragone-sitting"
KEPT_FOR = timedelta(days=180)


def remember(response: HttpResponse, session: Session) -> None:
    """Let this browser find the session again from the study's link."""
    response.set_signed_cookie(
        COOKIE,
        session.code,
        salt=_salt(session.study_id),
        max_age=KEPT_FOR,
        path=_path(session.study),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def find_remembered(request: HttpRequest, study: Study) -> Session | None:
    """The session that was started in this browser, unless its answers are erased."""
    code = request.get_signed_cookie(COOKIE, default="", salt=_salt(study.pk), max_age=KEPT_FOR)
    session = Session.objects.filter(study=study, code=code).select_related("study").first() if code else None
    return None if session is None or is_erased(session) else session


def forget(response: HttpResponse, study: Study) -> None:
    """Leave nothing of the session in this browser."""
    response.delete_cookie(COOKIE, path=_path(study), samesite="Lax")


def _salt(study: int) -> str:
    return f"sitting/{study}"


def _path(study: Study) -> str:
    return reverse("studies:consent", args=[study.slug])
