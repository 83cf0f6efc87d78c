"""Sessions in the admin: to look at and, with a reason, to exclude; never to change or delete.

While a study is open its arms, choices and correctness are on no page, so that nobody steers a study by its results.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from studyserver.studies.admin.display import HIDDEN, LookOnlyAdmin, attempt, column, may_see_answers, moment
from studyserver.studies.admin.trials import describe_trials
from studyserver.studies.design import exclude_session, readmit_session
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.rules import SOUNDS, read_screening
from studyserver.studies.sitting import is_erased


@admin.register(Session)
class SessionAdmin(LookOnlyAdmin):
    """Who is where. Excluding needs the permission to change studies."""

    change_form_template = "admin/studies/session/change_form.html"
    list_display = ["label", "study", "arm_name", "standing", "step", "trials_done", "simulated", "agreed", "seen"]
    list_display_links = ["label"]
    list_filter = ["study", "state", "surplus", "simulated"]
    list_select_related = ["study", "arm"]
    list_per_page = 50
    ordering = ["-id"]
    search_fields = ["=receipt", "=external_id__value", "exclusion_reason"]
    search_help_text = "Receipt code, recruitment service's id, or words of an exclusion reason."
    fields = ["study", "number", "arm_name", "standing", "surplus", "step", "simulated", "exclusion_reason"]
    fields += ["has_external_id", "id_before"]
    fields += ["sound_check", "headphone_screening", "attention_checks"]
    fields += ["consented_at", "last_seen_at", "completed_at", "withdrawn_at", "consent_version"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        answered = Q(trials__kind=Trial.Kind.MAIN, trials__state=Trial.State.ANSWERED)
        return super().get_queryset(request).annotate(n_answered=Count("trials", filter=answered))

    label = column(lambda row: str(row.number), "no.", ordering="number")
    agreed = column(lambda row: moment(row.consented_at), "agreed (UTC)", ordering="consented_at")
    seen = column(lambda row: moment(row.last_seen_at), "last seen (UTC)", ordering="last_seen_at")

    @admin.display(description="arm")
    def arm_name(self, session: Session) -> str:
        return session.arm.name if may_see_answers(session.study) else HIDDEN

    @admin.display(description="state", ordering="state")
    def standing(self, session: Session) -> str:
        """Nobody is at work any more where the study is closed."""
        unfinished = session.state == Session.State.WORKING and session.study.status == Study.Status.CLOSED
        return "unfinished" if unfinished else session.get_state_display()

    trials_done = column(lambda row: f"{row.n_answered} of {row.study.trials_per_session}", "trials answered")

    @admin.display(description="headphone screening")
    def headphone_screening(self, session: Session) -> str:
        found = read_screening(session.headphones)
        right = "" if found.correct is None else f", {found.correct} of {len(SOUNDS)} right"
        again = f", {found.attempts} attempts" if found.attempts > 1 else ""
        return f"{found.result}{right}{again}" if found.result else "–"

    @admin.display(description="attention checks")
    def attention_checks(self, session: Session) -> str:
        checks = session.trials.filter(kind=Trial.Kind.ATTENTION, passed__isnull=False)
        outcomes = checks.values_list("passed", flat=True)
        return f"{sum(map(bool, outcomes))} of {len(outcomes)} passed" if outcomes else "–"

    has_external_id = column(
        lambda row: hasattr(row, "external_id"), "recruitment service's id is stored", boolean=True
    )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        session = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if session is not None and self.has_view_permission(request, session):
            context |= {
                "session": session,
                "trials": describe_trials(session),
                "answers_hidden": not may_see_answers(session.study),
                "erased": is_erased(session),
                "may_exclude": may_exclude(request),
            }
        return super().change_view(request, object_id, form_url, context)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/exclude/", wrap(self.decide_view), {"excluded": True}, name="studies_session_exclude"),
            path("<int:pk>/readmit/", wrap(self.decide_view), {"excluded": False}, name="studies_session_readmit"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def decide_view(self, request: HttpRequest, pk: int, *, excluded: bool) -> HttpResponse:
        if not may_exclude(request):
            raise PermissionDenied
        session = get_object_or_404(Session, pk=pk)
        by = request.user.get_username()
        if excluded:
            reason = request.POST.get("reason", "")
            said = "The session is excluded; its answers are kept, and the report shows the result both ways."
            attempt(request, lambda: exclude_session(session=session, reason=reason, by=by), said)
        else:
            attempt(request, lambda: readmit_session(session=session, by=by), "The session counts again.")
        return HttpResponseRedirect(reverse("admin:studies_session_change", args=[pk]))


def may_exclude(request: HttpRequest) -> bool:
    """Excluding changes what a study's report says, so it takes the permission to change studies."""
    return request.user.has_perm("studies.change_study")
