"""Pages before a session: home, consent, waiting."""

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from studyserver.studies.errors import LinkDamaged, StudyNotOpen, TooOften
from studyserver.studies.models import Session, Study, new_code
from studyserver.studies.pages.returning import find_remembered, forget, read_begun, remember
from studyserver.studies.pages.throttle import ARRIVALS, STARTS, find_network, give_back, spend
from studyserver.studies.rules import ServiceLink, names_one_person, tidy_id
from studyserver.studies.sitting import (
    check_open,
    find_place,
    find_session,
    hash_consent,
    is_full,
    is_signed,
    note_damaged_link,
    start_session,
)

SIMULATED_ENVIRON = "paragone.simulated"
"""WSGI environment key that marks a request as a simulated participant's: django.test.Client sets it to True, and no
request from outside can, because headers reach the environment only under names that begin with HTTP_."""

EXTERNAL_ID_PARAMETERS = ("PROLIFIC_PID", "participant")


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
    try:
        external_id, link = read_ids(request, study)
    except LinkDamaged:
        if request.method == "GET":
            note_damaged_link(study)
        return render(request, "studies/notice.html", {"study": study, "reason": "link"}, status=400)
    begun_here = read_begun(request, study)
    try:
        known = find_counted_session(request, study, external_id, link, begun_here)
    except TooOften as error:
        return wait(request, error, "starts", study=study)
    if known:
        return lead_on(known, begun_here)
    if request.method == "POST" and request.POST.get("action") == "anew":
        return start_anew(request, study)
    if request.method == "POST" and request.POST.get("action") == "decline":
        return render(request, "studies/notice.html", {"study": study, "reason": "declined"})
    if not external_id and (known := find_remembered(study, begun_here)):
        return welcome_back(request, known)
    salt = f"consent/{study.pk}"
    version = hash_consent(study)
    try:
        if request.method == "POST" and request.POST.get("consent_version") == version:
            code = signing.Signer(salt=salt).unsign(request.POST.get("ticket", ""))
            if not simulated and not Session.objects.filter(code=code).exists():
                spend(find_network(request), {STARTS: 1})
            session = start_session(
                study=study,
                consent_version=version,
                code=code,
                external_id=external_id,
                link=link,
                simulated=simulated,
            )
            return lead_on(session, begun_here)
        check_open(study, simulated=simulated)
        if is_full(study, simulated=simulated):
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


def read_ids(request: HttpRequest, study: Study) -> tuple[str, ServiceLink]:
    """A recruitment service's id of the participant, from the study's link, and what stands beside it.

    Raises LinkDamaged when what stands there for a person cannot name one, or is not what a researcher signed. Ids of
    the service's own study and session that were not filled in are none.
    """
    given = [value for name in EXTERNAL_ID_PARAMETERS for value in request.GET.getlist(name)]
    people = {value for value in map(tidy_id, given) if value}
    if len(people) > 1 or not all(map(names_one_person, people)):
        raise LinkDamaged("The link's id cannot name one person.")
    external_id, signature = next(iter(people), ""), request.GET.get("signature", "")
    if signature and not is_signed(study, external_id, signature):
        raise LinkDamaged("The link is not the one that was signed.")
    own = (tidy_id(request.GET.get(name, "")) for name in ("STUDY_ID", "SESSION_ID"))
    service_study, service_session = (value if value and names_one_person(value) else "" for value in own)
    return external_id, ServiceLink(service_study, service_session, bool(signature))


def find_counted_session(
    request: HttpRequest, study: Study, external_id: str, link: ServiceLink, begun_here: Sequence[str]
) -> Session | None:
    """The session that the id may go on with. Trying ids is counted beforehand; coming back in the same browser is
    not, nor is a program of the house. Raises TooOften."""
    network = None if not external_id or request.META.get(SIMULATED_ENVIRON) is True else find_network(request)
    spend(network, {ARRIVALS: 1})
    known = find_session(study=study, external_id=external_id, link=link, begun_here=begun_here)
    if known and known.code in begun_here:
        give_back(network, ARRIVALS)
    return known


def lead_on(session: Session, begun_here: Sequence[str]) -> HttpResponse:
    """Send the browser to its session, and let it remember that one as its newest; simulated ones are nobody's."""
    response = redirect("studies:resume", code=session.code)
    if not session.simulated and session.code not in begun_here[-1:]:
        remember(response, session, begun_here)
    return response
