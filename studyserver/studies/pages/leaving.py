"""Pages for leaving, having left and withdrawing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from studyserver.studies.errors import TooOften, WithdrawalTooLate
from studyserver.studies.models import Session
from studyserver.studies.pages.consent import wait
from studyserver.studies.pages.forms import EraseForm, ReceiptForm
from studyserver.studies.pages.returning import forget
from studyserver.studies.pages.sitting import REFUSED, page_of, show
from studyserver.studies.pages.throttle import RECEIPTS, find_network, give_back, spend
from studyserver.studies.sitting import can_erase, find_by_receipt, find_place, is_erased, withdraw_session


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_leave(request: HttpRequest, code: str) -> HttpResponse:
    """Come back later, or leave for good with the answers kept or erased; open from every page."""
    session = get_object_or_404(Session.objects.select_related("study"), code=code)
    erasing = request.POST.get("action") == "erase"
    form = EraseForm(request.POST if erasing else None)
    if request.method == "POST" and (request.POST.get("action") == "keep" or erasing and form.is_valid()):
        try:
            withdraw_session(session=session, erase=erasing)
        except WithdrawalTooLate:
            return redirect("studies:leave", code=code)
        response = redirect("studies:resume", code=code)
        if erasing:
            forget(response, session.study)
        return response
    if is_erased(session):
        return redirect("studies:left", code=code)
    link = request.build_absolute_uri(reverse("studies:resume", args=[code]))
    context = {"form": form, "link": link, "place": find_place(session).page, "can_erase": can_erase(session)}
    return show(request, "leave", session, status=REFUSED if form.errors else 200, **context)


@page_of("left")
def show_left(request: HttpRequest, session: Session) -> HttpResponse:
    """After leaving for good."""
    erased = is_erased(session)
    return show(request, "left", session, erased=erased, can_erase=not erased and can_erase(session))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_withdraw(request: HttpRequest) -> HttpResponse:
    """Erase the answers of a receipt code. Wrong codes are counted, so that nobody can try them out in masses."""
    form = ReceiptForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        network = find_network(request)
        try:
            spend(network, {RECEIPTS: 1})
        except TooOften as error:
            return wait(request, error, "receipts")
        session = find_by_receipt(form.cleaned_data["receipt"])
        if session is None:
            form.add_error(
                "receipt", "No session has this receipt code. Check each sign; it has no 0, O, 1, I, L or U."
            )
        else:
            give_back(network, RECEIPTS)
            try:
                withdraw_session(session=session, erase=True)
            except WithdrawalTooLate:
                return render(request, "studies/notice.html", {"study": session.study, "reason": "too_late"})
            response = render(request, "studies/notice.html", {"study": session.study, "reason": "erased"})
            forget(response, session.study)
            return response
    return render(request, "studies/withdraw.html", {"form": form}, status=REFUSED if form.errors else 200)
