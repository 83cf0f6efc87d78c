"""The planner in the admin: how many participants, which effect; worked out elsewhere, kept, and pinned to a draft."""

from dataclasses import asdict
from typing import Any, Protocol

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.jobs import find_work
from studyserver.studies.admin.files import REPORT_POLICY
from studyserver.studies.design import pin_plan
from studyserver.studies.errors import StudyError
from studyserver.studies.jobs import MOST_BOARDS, PlanInputs, inputs_of, request_plan
from studyserver.studies.models import Plan, Study

REFUSED = 422
FILES = {
    "plan.html": "text/html; charset=utf-8",
    "plan.json": "application/json",
    "power.svg": "image/svg+xml; charset=utf-8",
}


class PlanForm(forms.Form):
    """A question to the planner."""

    k = forms.IntegerField(label="Clips on a board", min_value=2, max_value=18, help_text="One of each category.")
    images = forms.IntegerField(
        label="Images on a board",
        min_value=2,
        max_value=18,
        required=False,
        help_text="Empty: as many as clips, as in the studies made here.",
    )
    design = forms.ChoiceField(label="Matching", choices=[("one_to_one", "one to one"), ("free", "free")])
    participants = forms.IntegerField(label="Participants of an arm", min_value=1, max_value=2000)
    trials = forms.IntegerField(label="Boards per participant", min_value=1, max_value=100)
    arms = forms.IntegerField(
        label="Arms", min_value=1, max_value=20, help_text="Each arm is planned alike; their people are added up."
    )
    alpha = forms.FloatField(
        label="Level of significance (alpha)", min_value=0.0001, max_value=0.5, help_text="One-sided; .05 is usual."
    )
    correction = forms.ChoiceField(
        label="Correction over the categories",
        choices=[("holm", "Holm"), ("bonferroni", "Bonferroni"), ("none", "none")],
        help_text="For tests of single categories; the test of all matches needs none.",
    )
    target = forms.FloatField(
        label="Power aimed for", min_value=0.5, max_value=0.999, help_text="Chance to see an effect that is there."
    )
    theta = forms.FloatField(
        label="Assumed theta",
        min_value=0.01,
        max_value=1,
        required=False,
        help_text="Share of clips that participants truly know, the rest being guessed; e.g. 0.2. Empty: no numbers of "
        "participants.",
    )
    share = forms.FloatField(
        label="Assumed share of one category",
        min_value=0.01,
        max_value=1,
        required=False,
        help_text="How often a single category's clip is matched correctly, guesses included; e.g. 0.6.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        k, images = data.get("k"), data.get("images")
        if k and images and images < k:
            self.add_error("images", f"A board of {k} clips needs {k} images or more, not {images}.")
        if (data.get("participants") or 0) * (data.get("trials") or 0) > MOST_BOARDS:
            self.add_error(
                "participants",
                f"Participants times boards can be {MOST_BOARDS:,} at most: that many answers see any effect worth "
                "the name, and exact laws of more take very long.",
            )
        if k and data.get("share") and data["share"] <= 1 / (images or k):
            self.add_error("share", f"A share of {1 / (images or k):.3g} is chance on this board; assume more.")
        return data

    def to_inputs(self) -> PlanInputs:
        """The question; an image for each clip is the same as no number of images."""
        data = dict(self.cleaned_data)
        return PlanInputs(**data | {"images": data["images"] if data["images"] != data["k"] else None})


class StudyPages(Protocol):
    """What the planner asks of the studies' own pages."""

    admin_site: AdminSite

    def find(self, request: HttpRequest, pk: int, *, change: bool = True) -> Study: ...

    def has_view_permission(self, request: HttpRequest) -> bool: ...

    def has_change_permission(self, request: HttpRequest) -> bool: ...

    def message_user(self, request: HttpRequest, message: str, level: int | str = ...) -> None: ...


class Planner:
    """The planner's pages, beside the studies' own."""

    def __init__(self, studies: StudyPages) -> None:
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
        try:
            pin_plan(study=study, plan=plan, by=request.user.get_username())
            said = "The plan stands with the study and will be printed in its report." if plan else "The plan is gone."
            self.studies.message_user(request, said)
        except StudyError as error:
            self.studies.message_user(request, str(error), "ERROR")
        return HttpResponseRedirect(reverse("admin:studies_study_change", args=[study.pk]))


def address_of_plan(plan: Plan, study: Study | None = None) -> str:
    """The plan's page, for a study if one is given."""
    address = reverse("admin:studies_study_plan", args=[plan.pk])
    return f"{address}?study={study.pk}" if study else address


def describe_numbers(document: dict[str, Any], arms: int) -> list[tuple[str, str, str]]:
    """The plan's numbers as (what, all matches, a single category)."""
    total, category = document["total"], document["category"]

    def people(first: int | None, safe: int | None) -> str:
        if first is None:
            return "more than 2,000"
        found = f"{first} / {'more than 2,000' if safe is None else safe}"
        return found if arms == 1 or safe is None else f"{found} ({arms * safe} in {arms} arms)"

    rows = [
        ("Answers", f"{total['answers']}", f"{category['answers']}"),
        ("Right by chance", f"{total['expected_by_chance']:g}", f"{category['answers'] * category['chance']:g}"),
        ("Significant from", _or_dash(total["critical_total"]), _or_dash(category["critical_count"])),
        ("Level that this keeps to", _share(document["design"]["alpha"]), _share(category["alpha"])),
        ("True size of the test", _share(total["true_size"]), "–"),
        (
            "Smallest effect seen with the power aimed for",
            "–" if total["smallest_theta"] is None else f"theta {total['smallest_theta']:.3f}",
            "–" if category["smallest_share"] is None else f"share {category['smallest_share']:.3f}",
        ),
    ]
    if "power" in total or "power" in category:
        rows.append(("Power for the assumed effect", _power(total), _power(category)))
        rows.append(
            (
                "Participants needed: first / safe",
                people(total["first_participants"], total["safe_participants"]) if "power" in total else "–",
                people(category["first_participants"], category["safe_participants"]) if "power" in category else "–",
            )
        )
    return rows


def _or_dash(value: int | None) -> str:
    return "not reached" if value is None else f"{value} right"


def _share(value: float) -> str:
    return f"{100 * value:.3g}%"


def _power(part: dict[str, Any]) -> str:
    return f"{100 * part['power']:.1f}%" if "power" in part else "–"
