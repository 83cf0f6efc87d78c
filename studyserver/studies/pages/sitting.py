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

from django.contrib.admin.views.decorators import staff_member_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from generation.models import StimulusSet
from studyserver.studies import sitting
from studyserver.studies.api.views import locate
from studyserver.studies.errors import AnswersInvalid, MaterialMissing, StudyNotOpen, TooOften, WithdrawalTooLate
from studyserver.studies.models import Session, Study, Trial, new_code
from studyserver.studies.pages import markdown
from studyserver.studies.pages.forms import (
    BoardAnswers,
    EraseForm,
    ReceiptForm,
    SoundCheckForm,
    read_numbered,
    store_answers,
)
from studyserver.studies.pages.throttle import RECEIPTS, STARTS, check_limit, count_towards
from studyserver.studies.rules import headphones
from studyserver.studies.sitting import Place, boards

SIMULATED_ENVIRON = "paragone.simulated"
"""WSGI environment key that marks a request as a simulated participant's: django.test.Client sets it to True, and no
request from outside can, because headers reach the environment only under names that begin with HTTP_."""

EXTERNAL_ID_PARAMETERS = ("PROLIFIC_PID", "participant")
EXTERNAL_ID_LENGTH = 200
CONFIDENCE_SCALE = range(1, 8)
PREVIEW_PAGES = {
    "consent": "Consent",
    "sound": "Sound check",
    "headphones": "Headphones",
    "practice": "Practice",
    "trial": "Round",
    "attention": "Attention check",
    "debrief": "Debrief",
}
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
            place = sitting.find_place(session)
            if place != Place(page, kwargs.get("index")):  # type: ignore[arg-type]
                return redirect(locate(code, place))
            sitting.touch(session)
            return view(request, session, **kwargs)

        return wrapped

    return decorate


def show(request: HttpRequest, template: str, session: Session, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a session's page; its foot has the contact and the way out."""
    context |= {"session": session, "study": session.study}
    return render(request, f"studies/{template}.html", context, status=status)


# -- before and outside a session ---------------------------------------------------------------------------------


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
    if known := sitting.find_session(study=study, external_id=external_id):
        return redirect("studies:resume", code=known.code)
    if request.method == "POST" and request.POST.get("action") == "decline":
        return render(request, "studies/notice.html", {"study": study, "reason": "declined"})
    salt = f"consent/{study.pk}"
    version = sitting.hash_consent(study)
    try:
        if request.method == "POST" and request.POST.get("consent_version") == version:
            code = signing.Signer(salt=salt).unsign(request.POST.get("ticket", ""))
            if not simulated and not Session.objects.filter(code=code).exists():
                check_limit(STARTS, request)
                count_towards(STARTS, request)
            session = sitting.start_session(
                study=study, consent_version=version, code=code, external_id=external_id, simulated=simulated
            )
            return redirect("studies:resume", code=session.code)
        sitting.check_open(study, simulated=simulated)
        if sitting.is_full(study):
            return render(request, "studies/notice.html", {"study": study, "reason": "full"})
    except StudyNotOpen as error:
        return render(request, "studies/notice.html", {"study": study, "reason": error.reason})
    except TooOften as error:
        return wait(request, error, "starts", study=study)
    except signing.BadSignature:
        pass  # a ticket of another study or a damaged one: show the page again with a fresh one
    context = {
        "study": study,
        "text": markdown.render(study.consent_text),
        "consent_version": version,
        "ticket": signing.Signer(salt=salt).sign(new_code()),
        "again": request.method == "POST",
    }
    return render(request, "studies/consent.html", context)


def wait(request: HttpRequest, error: TooOften, what: str, **context: Any) -> HttpResponse:
    """Say that this network has done `what` too often, and when to come again."""
    context |= {"reason": what, "minutes": error.minutes}
    response = render(request, "studies/notice.html", context, status=429)
    response["Retry-After"] = str(error.wait_s)
    return response


def read_external_id(request: HttpRequest) -> str:
    """A recruitment service's id of the participant, from the study's link."""
    return next((value for name in EXTERNAL_ID_PARAMETERS if (value := request.GET.get(name, "").strip())), "")


@never_cache
@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The study's pages as participants will see them, for researchers and in any state of the study.

    Boards are drawn and thrown away; sending a page in only leads to the next one.
    """
    study = get_object_or_404(Study, slug=slug)
    page = request.GET.get("page", "consent")
    left_out = {"headphones"} if study.headphone_check == Study.HeadphoneCheck.OFF else set()
    left_out |= set() if study.attention_boards else {"attention"}
    pages = [(name, label) for name, label in PREVIEW_PAGES.items() if name not in left_out]
    names = [name for name, _ in pages]
    if page not in names:
        raise Http404
    following = names[(names.index(page) + 1) % len(names)]
    if request.method == "POST":
        return redirect(f"{reverse('studies:preview', args=[slug])}?page={following}")
    context: dict[str, Any] = {
        "study": study,
        "session": Session(study=study, code="preview"),
        "preview": {"pages": pages, "page": page, "next": following},
    }
    try:
        template, more = _compose_preview(study, page)
    except MaterialMissing as error:
        template, more = "notice", {"reason": "material", "detail": str(error)}
    return render(request, f"studies/{template}.html", context | more)


def _compose_preview(study: Study, page: str) -> tuple[str, dict[str, Any]]:
    """Template and context of one previewed page."""
    if page == "consent":
        return "consent", {"text": markdown.render(study.consent_text)}
    if page == "sound":
        return "sound", {"form": SoundCheckForm()}
    if page == "headphones":
        return "headphones", {"sounds": sorted(headphones.SOUNDS), "answers": {}}
    if page == "debrief":
        return "debrief", {"text": markdown.render(study.debrief_text), "can_erase": True}
    kind = Trial.Kind.MAIN if page == "trial" else Trial.Kind(page)
    text = markdown.render(study.instruction_text)
    trial = next((trial for trial in sitting.draw_preview(study) if trial.kind == kind), None)
    if trial is None:
        return "instruction", {"text": text}
    board = {"trial": trial, "board": boards.load_board(trial, study), "draft": "{}", "matches": {}, "confidence": {}}
    return page, {**board, "scale": CONFIDENCE_SCALE, "text": text, "number": 1, "n_trials": study.trials_per_session}


@never_cache
@require_safe
def resume(request: HttpRequest, code: str) -> HttpResponse:
    """Send a session to its page; this is the link to come back with."""
    session = get_object_or_404(Session.objects.select_related("study"), code=code)
    return redirect(locate(code, sitting.find_place(session)))


# -- the session's pages ------------------------------------------------------------------------------------------


@page_of("sound")
def show_sound_check(request: HttpRequest, session: Session) -> HttpResponse:
    """Play a sample, ask what was heard."""
    form = SoundCheckForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found = {name: value for name, value in form.cleaned_data.items() if value is not None}
        place = sitting.record_sound_check(session=session, found=found)
        return redirect(locate(session.code, place))
    again = session.sound_check.get("heard") == sitting.NOTHING_HEARD
    return show(request, "sound", session, form=form, again=again, status=REFUSED if form.errors else 200)


@page_of("headphones")
def show_headphones(request: HttpRequest, session: Session) -> HttpResponse:
    """Which tone is the quietest? Where the study requires headphones, who has failed for good is told so."""
    if sitting.is_barred(session):
        return show(request, "no_headphones", session)
    problems: list[str] = []
    answers = read_numbered(request.POST.dict(), "tone")
    if request.method == "POST":
        try:
            if request.POST.get("action") == "skip":
                place = sitting.skip_headphones(session=session)
            else:
                place = sitting.record_headphones(session=session, answers=answers)
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
        return redirect(locate(session.code, sitting.repeat_practice(session=session)))
    if request.method == "POST" and (action == "start" or trial is None):
        return redirect(locate(session.code, sitting.finish_practice(session=session)))
    text = markdown.render(session.study.instruction_text)
    if trial is None:
        return show(request, "instruction", session, text=text)
    trial.session = session
    if trial.state == Trial.State.ANSWERED:
        (outcome,) = boards.load_outcomes(session, kind=Trial.Kind.PRACTICE)
        return show(request, "practice_done", session, outcome=outcome, feedback=len(trial.clip_order) > 1)
    return take_board(request, trial, "practice", text=text)


@page_of("trial")
def show_trial(request: HttpRequest, session: Session, index: int) -> HttpResponse:
    """One board of the study."""
    trial = get_object_or_404(session.trials, index=index, kind__in=sitting.COUNTED)
    trial.session = session
    number, of = sitting.find_round(trial)
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
        sitting.show_trial(trial=trial)
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
    outcomes = boards.load_outcomes(session)
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
        clips=boards.load_credits(session),
        can_erase=sitting.can_erase(session),
    )


@page_of("closed")
def show_closed(request: HttpRequest, session: Session) -> HttpResponse:
    """The study was closed before the session was through."""
    return show(request, "closed", session)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_leave(request: HttpRequest, code: str) -> HttpResponse:
    """Come back later, or leave for good with the answers kept or erased; open from every page."""
    session = get_object_or_404(Session.objects.select_related("study"), code=code)
    erasing = request.POST.get("action") == "erase"
    form = EraseForm(request.POST if erasing else None)
    if request.method == "POST" and (request.POST.get("action") == "keep" or erasing and form.is_valid()):
        try:
            sitting.withdraw_session(session=session, erase=erasing)
        except WithdrawalTooLate:
            return redirect("studies:leave", code=code)
        return redirect("studies:resume", code=code)
    if sitting.is_erased(session):
        return redirect("studies:left", code=code)
    return show(
        request,
        "leave",
        session,
        form=form,
        link=request.build_absolute_uri(reverse("studies:resume", args=[code])),
        place=sitting.find_place(session).page,
        can_erase=sitting.can_erase(session),
        status=REFUSED if form.errors else 200,
    )


@page_of("left")
def show_left(request: HttpRequest, session: Session) -> HttpResponse:
    """After leaving for good."""
    erased = sitting.is_erased(session)
    return show(request, "left", session, erased=erased, can_erase=not erased and sitting.can_erase(session))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_withdraw(request: HttpRequest) -> HttpResponse:
    """Erase the answers of a receipt code. Wrong codes are counted, so that nobody can try them out in masses."""
    if request.method == "POST":
        try:
            check_limit(RECEIPTS, request)
        except TooOften as error:
            return wait(request, error, "receipts")
    form = ReceiptForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        session = sitting.find_by_receipt(form.cleaned_data["receipt"])
        if session is None:
            count_towards(RECEIPTS, request)
            form.add_error(
                "receipt", "No session has this receipt code. Check each sign; it has no 0, O, 1, I, L or U."
            )
        else:
            try:
                sitting.withdraw_session(session=session, erase=True)
            except WithdrawalTooLate:
                return render(request, "studies/notice.html", {"study": session.study, "reason": "too_late"})
            return render(request, "studies/notice.html", {"study": session.study, "reason": "erased"})
    return render(request, "studies/withdraw.html", {"form": form}, status=REFUSED if form.errors else 200)
