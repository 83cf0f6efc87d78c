"""The participants' pages. Each view finds the session, sends it where it belongs, and calls `sitting`; no rules here.

    /s/<slug>/                  consent; POST action=agree (starts the session) or action=decline
    /s/<slug>/preview/          for researchers: the pages in turn, storing nothing
    /p/<code>/                  to the page where the session is
    /p/<code>/sound/            POST heard, device; or without=on where the sample could not be played
    /p/<code>/headphones/       POST tone-1 ... tone-6 (1 to 3), or action=skip where the study allows it
    /p/<code>/practice/         POST the board's fields (see `kinds.answers`), then action=repeat or action=start
    /p/<code>/trial/<index>/    POST the fields of the trial's kind
    /p/<code>/debrief/          receipt, own matches, completion link
    /p/<code>/leave/            POST action=keep, or action=erase with sure=on
    /withdraw/                  POST receipt, sure=on

A page that is not due answers with a redirect to the one that is. A form against the rules comes back with status 422
and says what is missing. Too many starts or wrong receipt codes from one network are answered with 429 (`throttle`).
"""

import functools
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from studyserver.studies import sitting
from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Session, Trial
from studyserver.studies.pages.forms import SoundCheckForm
from studyserver.studies.places import Place
from studyserver.studies.rules import browser_family
from studyserver.studies.sitting.kinds import all_kinds, kind_of, read_numbered

REFUSED = 422

PAGE_KEY = 40
"""Characters of the key by which a page of the checks says which one it is."""

NEEDS_SCRIPT = "This study needs JavaScript. Switch it on for this page, or open the page in another browser."

View = Callable[..., HttpResponse]


def locate(code: str, place: Place) -> str:
    """The address of a session's place: where a participant is to go next."""
    if place.page == "trial":
        return reverse("studies:trial", args=[code, place.index])
    return reverse(f"studies:{place.page}", args=[code])


def page_of(page: str) -> Callable[[View], View]:
    """Wrap the view of a session's page: find the session, and redirect unless it is due there."""

    def decorate(view: View) -> View:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @functools.wraps(view)
        def wrapped(request: HttpRequest, code: str, **kwargs: Any) -> HttpResponse:
            session = get_object_or_404(Session.objects.select_related("study", "arm__stimulus_set"), code=code)
            place = sitting.find_place(session)
            again = request.method == "POST" and sitting.is_replaceable(session, page, request.POST.get("page", ""))
            if place != Place(page, kwargs.get("index")) and not again:  # type: ignore[arg-type]
                return redirect(locate(code, place))
            sitting.touch(session)
            return view(request, session, **kwargs)

        return wrapped

    return decorate


def show(request: HttpRequest, template: str, session: Session, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a session's page; its foot has the contact and the way out."""
    context |= {"session": session, "study": session.study}
    return render(request, f"studies/{template}.html", context, status=status)


@never_cache
@require_safe
def resume(request: HttpRequest, code: str) -> HttpResponse:
    """Send a session to its page; this is the link to come back with."""
    session = get_object_or_404(Session.objects.select_related("study"), code=code)
    return redirect(locate(code, sitting.find_place(session)))


@page_of("sound")
def show_sound_check(request: HttpRequest, session: Session) -> HttpResponse:
    """Play a sample, ask what was heard."""
    form = SoundCheckForm(request.POST if request.method == "POST" else None)
    page = request.POST.get("page", "")[:PAGE_KEY]
    if request.POST.get("without") == "on":
        form.is_valid()
        device = {name: value for name, value in form.cleaned_data.items() if name == "device"}
        place = sitting.record_sound_check(session=session, found={"heard": sitting.UNPLAYABLE, **device}, page=page)
        return redirect(locate(session.code, place))
    if request.method == "POST" and form.is_valid():
        found = {name: value for name, value in form.cleaned_data.items() if value is not None}
        found |= {} if "plays" in found else {"declared": True}  # without script nobody counts
        place = sitting.record_sound_check(session=session, found=found, page=page)
        return redirect(locate(session.code, place))
    again = session.sound_check.get("heard") == sitting.NOTHING_HEARD
    found = {"form": form, "again": again, "page": page or sitting.new_page(session)}
    return show(request, "sound", session, status=REFUSED if form.errors else 200, **found)


@page_of("headphones")
def show_headphones(request: HttpRequest, session: Session) -> HttpResponse:
    """Which tone is the quietest? Where the study requires headphones, who has failed for good is told so."""
    if sitting.is_barred(session):
        return show(request, "no_headphones", session)
    problems: list[str] = []
    answers = read_numbered(request.POST.dict(), "tone")
    page = request.POST.get("page", "")[:PAGE_KEY]
    if request.method == "POST":
        try:
            if request.POST.get("action") == "skip":
                place = sitting.skip_headphones(session=session, page=page)
            else:
                place = sitting.record_headphones(session=session, answers=answers, page=page)
            return redirect(locate(session.code, place))
        except AnswersInvalid as error:
            problems = error.problems
    else:
        sitting.show_headphones(session)
    found = {"sounds": sitting.find_sounds(session, page), "again": bool(session.headphones.get("attempts"))}
    found |= {"answers": answers, "problems": problems, "page": page or sitting.new_page(session)}
    return show(request, "headphones", session, status=REFUSED if problems else 200, **found)


@page_of("practice")
def show_practice(request: HttpRequest, session: Session) -> HttpResponse:
    """Instruction and the practice board; afterwards what came of it."""
    trial = session.trials.filter(kind=Trial.Kind.PRACTICE).first()
    action = request.POST.get("action")
    if request.method == "POST" and action == "repeat":
        return redirect(locate(session.code, sitting.repeat_practice(session=session)))
    if request.method == "POST" and (action == "start" or trial is None):
        return redirect(locate(session.code, sitting.finish_practice(session=session)))
    if trial is None:
        return show(request, "instruction", session)
    trial.session = session
    if trial.state == Trial.State.ANSWERED:
        sitting.acknowledge(session)
        return show_page(request, trial)
    return take_trial(request, trial)


@page_of("trial")
def show_counted(request: HttpRequest, session: Session, index: int) -> HttpResponse:
    """One trial of the study."""
    trials = list(sitting.find_counted(session))
    number = next((number for number, trial in enumerate(trials, start=1) if trial.index == index), None)
    if number is None:  # erased in the meantime
        raise Http404
    trial = trials[number - 1]
    trial.session = session
    return take_trial(request, trial, number=number, n_trials=len(trials))


def take_trial(request: HttpRequest, trial: Trial, **context: Any) -> HttpResponse:
    """Show a trial's page, or store what was sent in and go on."""
    if request.method != "POST":
        sitting.show_trial(trial=trial, browser=browser_family(request.headers.get("User-Agent", "")))
        return show_page(request, trial, **context)
    answers = None
    try:
        # A page with script sends its answers to the API.
        if trial.session.study.script_required and not trial.session.simulated:
            raise AnswersInvalid([NEEDS_SCRIPT])
        answers = kind_of(trial).read_form(request.POST.dict())
        return redirect(locate(trial.session.code, sitting.record_answers(trial=trial, answers=answers)))
    except AnswersInvalid as error:
        return show_page(request, trial, answers, status=REFUSED, problems=error.problems, **context)


def show_page(
    request: HttpRequest, trial: Trial, sent: Any = None, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a trial's page, as its kind has it; `sent` was refused."""
    context |= {"session": trial.session, "study": trial.session.study}
    return HttpResponse(kind_of(trial).render(request, trial, sent, context), status=status)


@page_of("debrief")
def show_debrief(request: HttpRequest, session: Session) -> HttpResponse:
    """Everything is saved: thanks, receipt, what came of it, completion link."""
    from generation.run.sources import find_source

    sitting.acknowledge(session)
    outcomes = [outcome for kind in all_kinds() for outcome in kind.debrief(session)]
    made = find_source(session.arm.stimulus_set.source)
    guessing = sitting.expect_by_guessing(outcomes, design=session.study.design) if outcomes else None
    return show(
        request,
        "debrief",
        session,
        outcomes=outcomes,
        made=made.caption,
        how=made.ending,
        n_own=sum(outcome.n_own for outcome in outcomes),
        guessing=guessing,
        n_pairs=sum(len(outcome.pairs) for outcome in outcomes),
        clips=sitting.load_credits(session),
        can_erase=sitting.can_erase(session),
    )


@page_of("closed")
def show_closed(request: HttpRequest, session: Session) -> HttpResponse:
    """The study was closed before the session was through."""
    return show(request, "closed", session, can_erase=sitting.can_erase(session))
