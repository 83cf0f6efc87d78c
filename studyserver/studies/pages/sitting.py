"""The participants' pages. Each view finds the session, sends it where it belongs, and calls `sessions`; no rules here.

    /s/<slug>/                  consent; POST action=agree (starts the session) or action=decline
    /s/<slug>/preview/          for researchers: the pages in turn, storing nothing
    /p/<code>/                  to the page where the session is
    /p/<code>/sound/            POST heard, device
    /p/<code>/headphones/       POST tone-1 ... tone-6 (1 to 3), or action=skip where the study allows it
    /p/<code>/practice/         POST the board's fields (see `forms`), then action=repeat or action=start
    /p/<code>/trial/<index>/    POST the board's fields
    /p/<code>/debrief/          receipt, own matches, completion link
    /p/<code>/leave/            POST action=keep, or action=erase with sure=on
    /withdraw/                  POST receipt, sure=on

A page that is not due answers with a redirect to the one that is. A form against the rules comes back with status 422
and says what is missing. Too many starts or wrong receipt codes from one network are answered with 429 (`throttle`).
"""

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from generation.models import StimulusSet
from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Session, Trial
from studyserver.studies.pages import markdown
from studyserver.studies.pages.addresses import locate
from studyserver.studies.pages.forms import BoardAnswers, SoundCheckForm, read_numbered, store_answers
from studyserver.studies.places import Place
from studyserver.studies.sitting import (
    COUNTED,
    NOTHING_HEARD,
    answering,
    boards,
    can_erase,
    find_place,
    find_round,
    is_barred,
    load_credits,
    load_outcomes,
    record_headphones,
    record_sound_check,
    skip_headphones,
    touch,
)
from studyserver.studies.sitting.kinds import finish_practice, repeat_practice

CONFIDENCE_SCALE = range(1, 8)

REFUSED = 422

# How the image that belongs to a clip came about, as its caption and as the end of a sentence.
MADE = {
    StimulusSet.Source.MUSIPAINTER: ("made from this clip", "a computer model had made from it"),
    StimulusSet.Source.SHUFFLED: ("made from this clip", "a computer model had made from it"),
    StimulusSet.Source.LABEL_PROMPT: ("made for this clip", "a computer model had made to go with it"),
    StimulusSet.Source.RETRIEVAL: ("picked for this clip", "a computer model had picked to go with it"),
    StimulusSet.Source.IMPORTED: ("made for this clip", "had been made to go with it"),
}

View = Callable[..., HttpResponse]


def page_of(page: str) -> Callable[[View], View]:
    """Wrap the view of a session's page: find the session, and redirect unless it is due there."""

    def decorate(view: View) -> View:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @functools.wraps(view)
        def wrapped(request: HttpRequest, code: str, **kwargs: Any) -> HttpResponse:
            session = get_object_or_404(Session.objects.select_related("study"), code=code)
            place = find_place(session)
            if place != Place(page, kwargs.get("index")):  # type: ignore[arg-type]
                return redirect(locate(code, place))
            touch(session)
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
    return redirect(locate(code, find_place(session)))


@page_of("sound")
def show_sound_check(request: HttpRequest, session: Session) -> HttpResponse:
    """Play a sample, ask what was heard."""
    form = SoundCheckForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found = {name: value for name, value in form.cleaned_data.items() if value is not None}
        place = record_sound_check(session=session, found=found)
        return redirect(locate(session.code, place))
    again = session.sound_check.get("heard") == NOTHING_HEARD
    return show(request, "sound", session, form=form, again=again, status=REFUSED if form.errors else 200)


@page_of("headphones")
def show_headphones(request: HttpRequest, session: Session) -> HttpResponse:
    """Which tone is the quietest? Where the study requires headphones, who has failed for good is told so."""
    if is_barred(session):
        return show(request, "no_headphones", session)
    problems: list[str] = []
    answers = read_numbered(request.POST.dict(), "tone")
    if request.method == "POST":
        try:
            if request.POST.get("action") == "skip":
                place = skip_headphones(session=session)
            else:
                place = record_headphones(session=session, answers=answers)
            return redirect(locate(session.code, place))
        except AnswersInvalid as error:
            problems = error.problems
    return show(
        request,
        "headphones",
        session,
        sounds=session.headphones["order"],
        answers=answers,
        problems=problems,
        again=bool(session.headphones.get("attempts")),
        status=REFUSED if problems else 200,
    )


@page_of("practice")
def show_practice(request: HttpRequest, session: Session) -> HttpResponse:
    """Instruction and the practice board; afterwards what came of it."""
    trial = session.trials.filter(kind=Trial.Kind.PRACTICE).first()
    action = request.POST.get("action")
    if request.method == "POST" and action == "repeat":
        return redirect(locate(session.code, repeat_practice(session=session)))
    if request.method == "POST" and (action == "start" or trial is None):
        return redirect(locate(session.code, finish_practice(session=session)))
    text = markdown.render(session.study.instruction_text)
    if trial is None:
        return show(request, "instruction", session, text=text)
    trial.session = session
    if trial.state == Trial.State.ANSWERED:
        (outcome,) = load_outcomes(session, kind=Trial.Kind.PRACTICE)
        return show(request, "practice_done", session, outcome=outcome, feedback=len(trial.clip_order) > 1)
    return take_board(request, trial, "practice", text=text)


@page_of("trial")
def show_trial(request: HttpRequest, session: Session, index: int) -> HttpResponse:
    """One board of the study."""
    trial = get_object_or_404(session.trials, index=index, kind__in=COUNTED)
    trial.session = session
    number, of = find_round(trial)
    template = "attention" if trial.kind == Trial.Kind.ATTENTION else "trial"
    return take_board(request, trial, template, number=number, n_trials=of)


def take_board(request: HttpRequest, trial: Trial, template: str, **context: Any) -> HttpResponse:
    """Show a board, or store what was sent in and go on."""
    session = trial.session
    problems: list[str] = []
    answers = BoardAnswers.from_form(request.POST.dict())
    if request.method == "POST":
        try:
            return redirect(locate(session.code, store_answers(trial=trial, answers=answers)))
        except AnswersInvalid as error:
            problems = error.problems
    else:
        answering.show_trial(trial=trial)
    draft = read_draft(trial) if request.method != "POST" else answers
    return show(
        request,
        template,
        session,
        trial=trial,
        board=boards.load_board(trial, session.study),
        draft=json.dumps(trial.draft),
        matches=draft.matches,
        confidence=draft.confidence,
        scale=CONFIDENCE_SCALE,
        problems=problems,
        status=REFUSED if problems else 200,
        **context,
    )


def read_draft(trial: Trial) -> BoardAnswers:
    """The unsubmitted matches of a trial, as numbers."""
    matches, confidence = (
        {int(key): value for key, value in trial.draft.get(name, {}).items()} for name in ("matches", "confidence")
    )
    return BoardAnswers(matches=matches, confidence=confidence)


@page_of("debrief")
def show_debrief(request: HttpRequest, session: Session) -> HttpResponse:
    """Everything is saved: thanks, receipt, what came of it, completion link."""
    outcomes = load_outcomes(session)
    source = StimulusSet.objects.values_list("source", flat=True).get(arms__sessions=session)
    made, how = MADE[StimulusSet.Source(source)]
    return show(
        request,
        "debrief",
        session,
        text=markdown.render(session.study.debrief_text),
        outcomes=outcomes,
        made=made,
        how=how,
        n_own=sum(outcome.n_own for outcome in outcomes),
        n_pairs=sum(len(outcome.pairs) for outcome in outcomes),
        clips=load_credits(session),
        can_erase=can_erase(session),
    )


@page_of("closed")
def show_closed(request: HttpRequest, session: Session) -> HttpResponse:
    """The study was closed before the session was through."""
    return show(request, "closed", session)
