"""The planner in the admin: how many participants, which effect; worked out elsewhere, kept, and pinned to a draft."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.jobs import find_work
from studyserver.studies.admin.display import attempt
from studyserver.studies.admin.files import REPORT_POLICY
from studyserver.studies.admin.planner.form import PlanForm
from studyserver.studies.admin.planner.numbers import describe_numbers
from studyserver.studies.admin.steps import StudySteps, address_of
from studyserver.studies.design import pin_plan
from studyserver.studies.jobs import PlanInputs, inputs_of, request_plan
from studyserver.studies.models import Plan, Study

REFUSED = 422
FILES = {
    "plan.html": "text/html; charset=utf-8",
    "plan.json": "application/json",
    "power.svg": "image/svg+xml; charset=utf-8",
}


class Planner:
    """The planner's pages, beside the studies' own."""

    def __init__(self, studies: StudySteps) -> None:
        self.studies = studies

    def get_urls(self) -> list[URLPattern]:
        wrap = self.studies.admin_site.admin_view
        return [
            path("planner/", wrap(self.ask), name="studies_study_planner"),
            path("planner/<int:pk>/", wrap(self.show), name="studies_study_plan"),
            path("planner/<int:pk>/result/", wrap(self.show_result), name="studies_study_plan_result"),
            path("planner/<int:pk>/<str:name>", wrap(self.send_file), name="studies_study_plan_file"),
            path("<int:pk>/plan/", wrap(self.pin), name="studies_study_pin_plan"),
        ]

    def find_study(self, request: HttpRequest) -> Study | None:
        """The draft for which is planned, if the address names one."""
        number = request.GET.get("study", "")
        return self.studies.find(request, int(number), change=False) if number.isdecimal() else None

    def check_may_look(self, request: HttpRequest) -> None:
        if not self.studies.has_view_permission(request):
            raise PermissionDenied

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def ask(self, request: HttpRequest) -> HttpResponse:
        """The form; a question without fault leads to its answer."""
        self.check_may_look(request)
        study = self.find_study(request)
        if request.method == "POST":
            form = PlanForm(request.POST)
            if form.is_valid():
                plan = request_plan(inputs=form.to_inputs(), by=request.user.get_username())
                return HttpResponseRedirect(address_of_plan(plan, study))
            return self.render(request, form, study=study, status=REFUSED)
        known = inputs_of(study) if study else PlanInputs(theta=0.2, share=0.6)
        return self.render(request, PlanForm(initial=asdict(known)), study=study)

    @method_decorator(require_safe)
    def show(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A plan under its question, ready to ask the next one."""
        self.check_may_look(request)
        plan = get_object_or_404(Plan, pk=pk)
        return self.render(request, PlanForm(initial=plan.inputs), study=self.find_study(request), plan=plan)

    @method_decorator(require_safe)
    def show_result(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes by itself while a plan is worked out."""
        self.check_may_look(request)
        context = self.describe(request, get_object_or_404(Plan, pk=pk), self.find_study(request))
        return TemplateResponse(request, "admin/studies/study/_plan.html", context)

    def render(
        self, request: HttpRequest, form: PlanForm, *, study: Study | None, plan: Plan | None = None, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.studies.admin_site.each_context(request),
            "title": "Plan a study",
            "opts": Study._meta,
            "form": form,
            **self.describe(request, plan, study),
        }
        return TemplateResponse(request, "admin/studies/study/planner.html", context, status=status)

    def describe(self, request: HttpRequest, plan: Plan | None, study: Study | None) -> dict[str, Any]:
        """What the page shows of a plan; `drafts` are the studies that it may be pinned to."""
        if plan is not None and plan.is_active:
            find_work("plan").sweep(pk=plan.pk)
            plan.refresh_from_db()
        drafts = Study.objects.filter(status=Study.Status.DRAFT) if self.studies.has_change_permission(request) else ()
        return {
            "plan": plan,
            "study": study,
            "drafts": drafts,
            "is_waiting": plan is not None and plan.is_active,
            "rows": describe_numbers(plan.document, plan.inputs["arms"]) if plan and plan.document else [],
        }

    @method_decorator(require_safe)
    def send_file(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """plan.json and plan.html to keep, power.svg for the page."""
        self.check_may_look(request)
        plan = get_object_or_404(Plan, pk=pk, state=Plan.State.DONE)
        if name not in FILES:
            raise Http404
        response: HttpResponse
        if name == "plan.json":
            response = JsonResponse(plan.document, json_dumps_params={"indent": 1, "ensure_ascii": False})
        else:
            response = HttpResponse(plan.page if name == "plan.html" else plan.figure, content_type=FILES[name])
            response["Content-Security-Policy"] = REPORT_POLICY
        if name != "power.svg":
            response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @method_decorator(require_POST)
    def pin(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say that a draft was planned with this plan; without a plan: that it was not planned."""
        study = self.studies.find(request, pk)
        number = request.POST.get("plan", "")
        plan = get_object_or_404(Plan, pk=int(number)) if number.isdecimal() else None
        said = "The plan stands with the study and will be printed in its report." if plan else "The plan is gone."
        by = request.user.get_username()
        attempt(request, lambda: pin_plan(study=study, plan=plan, by=by), said, level=messages.INFO)
        return HttpResponseRedirect(address_of(study))


def address_of_plan(plan: Plan, study: Study | None = None) -> str:
    """The plan's page, for a study if one is given."""
    address = reverse("admin:studies_study_plan", args=[plan.pk])
    return f"{address}?study={study.pk}" if study else address
