"""Pages before a session: home, consent, waiting."""

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from studyserver.studies.errors import StudyNotOpen, TooOften
from studyserver.studies.models import Session, Study, new_code
from studyserver.studies.pages.returning import find_remembered, forget, remember
from studyserver.studies.pages.throttle import STARTS, check_limit, count_towards
from studyserver.studies.sitting import check_open, find_place, find_session, hash_consent, is_full, start_session

SIMULATED_ENVIRON = "paragone.simulated"
"""WSGI environment key that marks a request as a simulated participant's: django.test.Client sets it to True, and no
request from outside can, because headers reach the environment only under names that begin with HTTP_."""

EXTERNAL_ID_PARAMETERS = ("PROLIFIC_PID", "participant")

EXTERNAL_ID_LENGTH = 200


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    """A study is reached by its own link; this page says so."""
    return render(request, "studies/home.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_consent(request: HttpRequest, slug: str) -> HttpResponse:
    """Consent. Looking at the page starts nothing, so link previews do no harm; agreeing starts the session."""
    study = get_object_or_404(Study, slug=slug)
    simulated = request.META.get(SIMULATED_ENVIRON) is True
    external_id = read_external_id(request)
    if len(external_id) > EXTERNAL_ID_LENGTH or not external_id.isprintable():
        return render(request, "studies/notice.html", {"study": study, "reason": "link"}, status=400)
    if known := find_session(study=study, external_id=external_id):
        return redirect("studies:resume", code=known.code)
    if request.method == "POST" and request.POST.get("action") == "anew":
        return start_anew(request, study)
    if request.method == "POST" and request.POST.get("action") == "decline":
        return render(request, "studies/notice.html", {"study": study, "reason": "declined"})
    if not external_id and (known := find_remembered(request, study)):
        return welcome_back(request, known)
    salt = f"consent/{study.pk}"
    version = hash_consent(study)
    try:
        if request.method == "POST" and request.POST.get("consent_version") == version:
            code = signing.Signer(salt=salt).unsign(request.POST.get("ticket", ""))
            if not simulated and not Session.objects.filter(code=code).exists():
                check_limit(STARTS, request)
                count_towards(STARTS, request)
            session = start_session(
                study=study, consent_version=version, code=code, external_id=external_id, simulated=simulated
            )
            response = redirect("studies:resume", code=session.code)
            if not simulated:
                remember(response, session)
            return response
        check_open(study, simulated=simulated)
        if is_full(study):
            return render(request, "studies/notice.html", {"study": study, "reason": "full"})
    except StudyNotOpen as error:
        return render(request, "studies/notice.html", {"study": study, "reason": error.reason})
    except TooOften as error:
        return wait(request, error, "starts", study=study)
    except signing.BadSignature:
        pass  # a ticket of another study or a damaged one: show the page again with a fresh one
    ticket = signing.Signer(salt=salt).sign(new_code())
    context = {"study": study, "consent_version": version, "ticket": ticket, "again": request.method == "POST"}
    return render(request, "studies/consent.html", context)


def welcome_back(request: HttpRequest, session: Session) -> HttpResponse:
    """This browser has begun the study, or was through with it: go on there. A consent sent again goes on by itself."""
    if request.method == "POST" and request.POST.get("action") == "agree":
        return redirect("studies:resume", code=session.code)
    context = {"study": session.study, "known": session, "place": find_place(session).page}
    return render(request, "studies/again.html", context)


def start_anew(request: HttpRequest, study: Study) -> HttpResponse:
    """Somebody else is at the device: what was begun here is left alone, and the consent is asked for."""
    response = redirect(request.get_full_path())
    forget(response, study)
    return response


def wait(request: HttpRequest, error: TooOften, what: str, **context: Any) -> HttpResponse:
    """Say that this network has done `what` too often, and when to come again."""
    context |= {"reason": what, "minutes": error.minutes}
    response = render(request, "studies/notice.html", context, status=429)
    response["Retry-After"] = str(error.wait_s)
    return response


def read_external_id(request: HttpRequest) -> str:
    """A recruitment service's id of the participant, from the study's link."""
    return next((value for name in EXTERNAL_ID_PARAMETERS if (value := request.GET.get(name, "").strip())), "")
