"""The researchers' admin: set up a study, open it, watch it without seeing answers, close it, get its report.

Pages load, call the domain (`launch`, `lifecycle`, `jobs`, `queries`) and answer. Answers, arms and correctness of an
open study are on no page here (see `admin_sessions` for sessions and answers).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, Field, Q, QuerySet, URLField
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from generation.admin import OwnFilters
from studyserver.studies.admin.files import command_line_report, serve_file
from studyserver.studies.admin.forms import ArmForm, StudyForm
from studyserver.studies.admin.login import LimitedLoginForm
from studyserver.studies.admin.material import describe_material
from studyserver.studies.admin.planner import Planner
from studyserver.studies.admin.sessions import moment
from studyserver.studies.design import close_study, default_texts, duplicate_study, is_design_intact, open_study
from studyserver.studies.design.launch import check_launch
from studyserver.studies.errors import LaunchRefused, StudyError
from studyserver.studies.exclusion import describe_rule
from studyserver.studies.jobs import archive_of, delete_job, kinds_of_files, request_job, sweep_jobs
from studyserver.studies.models import Arm, Session, Study, StudyJob
from studyserver.studies.progress import erasure_times, read_progress

admin.site.login_form = LimitedLoginForm

admin.site.site_header = "Paragone"

admin.site.site_title = "Paragone"

admin.site.index_title = "Studies, images and music"


class ArmInline(admin.TabularInline):
    """Arms; fixed once the study is open."""

    model = Arm
    form = ArmForm
    extra = 0
    min_num = 1
    verbose_name_plural = "Arms: which images are shown (participants are spread evenly over them)"

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **options: Any) -> Any:
        """A plain choice of sets, without links that lead away from the form."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def has_add_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        return (obj is None or obj.status == Study.Status.DRAFT) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        return (obj is None or obj.status == Study.Status.DRAFT) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        return (obj is None or obj.status == Study.Status.DRAFT) and super().has_delete_permission(request, obj)


@admin.register(Study)
class StudyAdmin(OwnFilters):
    """A study from draft to report."""

    form = StudyForm
    inlines = [ArmInline]
    change_form_template = "admin/studies/study/change_form.html"
    change_list_template = "admin/studies/study/change_list.html"
    prepopulated_fields = {"slug": ["title"]}
    radio_fields = {"design": admin.VERTICAL, "listening_rule": admin.VERTICAL, "headphone_check": admin.VERTICAL}
    save_on_top = False
    list_display = ["title", "state", "matching", "arm_names", "started", "completed", "opened", "closed"]
    list_filter = ["status", "design", "simulated_only"]
    search_fields = ["title", "slug", "notes"]
    fieldsets = [
        (None, {"fields": ["title", "slug"]}),
        ("What is matched", {"fields": ["categories", "design", "trials_per_session", "practice_categories"]}),
        ("Listening and confidence", {"fields": ["listening_rule", "min_listen_s", "ask_confidence"]}),
        ("Checks", {"fields": ["headphone_check", "attention_boards"]}),
        ("Who is left out of the results", {"fields": ["exclusion_rules"]}),
        (
            "What participants read",
            {
                "fields": ["consent_text", "instruction_text", "debrief_text", "contact"],
                "description": "The texts are ready to use; read them and make them yours.",
            },
        ),
        ("The end", {"fields": ["completion_url", "withdraw_until"]}),
        ("For researchers", {"fields": ["notes", "simulated_only", "seed"], "classes": ["collapse"]}),
    ]

    # -- list and form --------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        completed = Count("sessions", filter=Q(sessions__state=Session.State.COMPLETED), distinct=True)
        studies = super().get_queryset(request).prefetch_related("arms")
        return studies.annotate(n_started=Count("sessions", distinct=True), n_completed=completed)

    @admin.display(description="status", ordering="status")
    def state(self, study: Study) -> SafeString:
        return format_html('<span class="badge badge-{}">{}</span>', study.status, study.get_status_display())

    @admin.display(description="design", ordering="design")
    def matching(self, study: Study) -> str:
        return study.design.replace("_", "-")

    @admin.display(ordering="opened_at")
    def opened(self, study: Study) -> str:
        return moment(study.opened_at)

    @admin.display(ordering="closed_at")
    def closed(self, study: Study) -> str:
        return moment(study.closed_at)

    @admin.display(description="arms")
    def arm_names(self, study: Study) -> str:
        return ", ".join(arm.name for arm in study.arms.all())

    @admin.display(ordering="n_started")
    def started(self, study: Any) -> int:
        return int(study.n_started)

    @admin.display(ordering="n_completed")
    def completed(self, study: Any) -> int:
        return int(study.n_completed)

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, URLField):
            options["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return default_texts() | super().get_changeform_initial_data(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> list[str]:
        if obj is None or obj.status == Study.Status.DRAFT:
            return []
        fields = [name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]]
        return [str(name) for name in fields if name not in Study.EDITABLE_WHEN_OPEN]

    def get_fieldsets(self, request: HttpRequest, obj: Study | None = None) -> list[Any]:
        """An opened study tells its exclusion rules in words."""
        if obj is None or obj.status == Study.Status.DRAFT:
            return list(self.fieldsets)
        told = {"exclusion_rules": "declared_rules"}
        return [
            (title, {**options, "fields": [told.get(str(name), name) for name in options["fields"]]})
            for title, options in self.fieldsets
        ]

    @admin.display(description="Leave out sessions with")
    def declared_rules(self, study: Study) -> SafeString | str:
        rules = [(describe_rule(rule),) for rule in study.exclusion_rules]
        return format_html_join("", "<div>{}</div>", rules) if rules else "No rule was declared."

    def get_prepopulated_fields(self, request: HttpRequest, obj: Study | None = None) -> dict[str, Sequence[str]]:
        return {} if obj is not None else dict(self.prepopulated_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Only drafts go; answers are never deleted here."""
        if obj is not None and (obj.status != Study.Status.DRAFT or obj.sessions.exists()):
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_add(self, request: HttpRequest, obj: Study, post_url_continue: str | None = None) -> HttpResponse:
        """After adding, stay: the launch checks say what is still missing."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, "The draft is saved. Look at the launch checks, then open the study.")
        return HttpResponseRedirect(address_of(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        study = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if study is not None and request.method == "GET" and self.has_view_permission(request, study):
            context |= self.describe(request, study)
        return super().change_view(request, object_id, form_url, context)

    def describe(self, request: HttpRequest, study: Study) -> dict[str, Any]:
        """What the study's page shows beside its form."""
        draft = study.status == Study.Status.DRAFT
        link = request.build_absolute_uri(reverse("studies:consent", args=[study.slug]))
        checks = check_launch(study, thorough=False) if draft else []
        return {
            "study": study,
            "checks": checks,
            "n_missing": sum(not check.passed for check in checks),
            "arms": list(study.arms.select_related("stimulus_set").order_by("id")),
            "material": describe_material(study),
            "link": link,
            "invitation": f"{study.title}: {link}",
            "log": study.log.order_by("-id"),
            "can_change_study": self.has_change_permission(request, study),
            "design_intact": draft or is_design_intact(study),
        } | self.describe_progress(study)

    def describe_progress(self, study: Study) -> dict[str, Any]:
        """What changes while people take part: counts without answers, and jobs."""
        jobs = list(study.jobs.order_by("-id"))
        if any(job.is_active for job in jobs):
            sweep_jobs(study)
            jobs = list(study.jobs.order_by("-id"))
        for job in jobs:
            job.study = study
        erased = erasure_times(study) if jobs else []
        return {
            "study": study,
            "progress": None if study.status == Study.Status.DRAFT else read_progress(study),
            "jobs": [describe_job(job, erased) for job in jobs],
            "is_live": study.status == Study.Status.OPEN or any(job.is_active for job in jobs),
            "command_line_report": command_line_report(study),
        }

    # -- what a researcher does -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/open/", wrap(self.open_view), name="studies_study_open"),
            path("<int:pk>/close/", wrap(self.close_view), name="studies_study_close"),
            path("<int:pk>/duplicate/", wrap(self.duplicate_view), name="studies_study_duplicate"),
            path("<int:pk>/progress/", wrap(self.progress_view), name="studies_study_progress"),
            path("<int:pk>/jobs/", wrap(self.job_view), name="studies_study_jobs"),
            path("<int:pk>/jobs/<int:job>/delete/", wrap(self.delete_job_view), name="studies_study_delete_job"),
            path("<int:pk>/files/<path:name>", wrap(self.file_view), name="studies_study_file"),
        ]
        return own + Planner(self).get_urls() + super().get_urls()

    def find(self, request: HttpRequest, pk: int, *, change: bool = True) -> Study:
        """The study, for somebody who may see (or change) it."""
        study = get_object_or_404(Study, pk=pk)
        may = self.has_change_permission if change else self.has_view_permission
        if not may(request, study):
            raise PermissionDenied
        return study

    @method_decorator(require_POST)
    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        study = self.find(request, pk)
        try:
            open_study(study=study, by=request.user.get_username())
            self.message_user(request, "The study is open. Send participants its link.", messages.SUCCESS)
        except LaunchRefused as error:
            for problem in error.problems:
                self.message_user(request, problem, messages.ERROR)
        except StudyError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(address_of(study))

    @method_decorator(require_POST)
    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        study = self.find(request, pk)
        try:
            close_study(study=study, by=request.user.get_username())
            self.message_user(request, "The study is closed. Its answers may be seen now.", messages.SUCCESS)
        except StudyError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(address_of(study))

    @method_decorator(require_POST)
    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        study = self.find(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = duplicate_study(study=study, by=request.user.get_username())
        self.message_user(request, f"This is a new draft of “{study}”, at its own address.", messages.SUCCESS)
        return HttpResponseRedirect(address_of(copy))

    @method_decorator(require_POST)
    def job_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for an export or a report."""
        study = self.find(request, pk)
        kind = request.POST.get("kind", "")
        kinds = [work.name for work in kinds_of_files()]
        if kind not in kinds:
            raise BadRequest(f"kind must be {' or '.join(kinds)}")
        try:
            interim = request.POST.get("interim") == "on"
            request_job(study=study, kind=kind, interim=interim, by=request.user.get_username())
            self.message_user(request, f"The {kind} is being made; it appears below.")
        except StudyError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(address_of(study) + "#results")

    @method_decorator(require_POST)
    def delete_job_view(self, request: HttpRequest, pk: int, job: int) -> HttpResponse:
        study = self.find(request, pk)
        found = get_object_or_404(study.jobs, pk=job)
        delete_job(found)
        self.message_user(request, f"The {found.get_kind_display()} and its files are deleted.")
        return HttpResponseRedirect(address_of(study) + "#results")

    @method_decorator(require_safe)
    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the study's page that changes by itself."""
        study = self.find(request, pk, change=False)
        context = self.describe_progress(study) | {"can_change_study": self.has_change_permission(request, study)}
        return TemplateResponse(request, "admin/studies/study/_live.html", context)

    @method_decorator(require_safe)
    def file_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        """A file of a finished report or export."""
        return serve_file(self.find(request, pk, change=False), name)


def address_of(study: Study) -> str:
    """The study's page in the admin."""
    return reverse("admin:studies_study_change", args=[study.pk])


def describe_job(job: StudyJob, erased: list[datetime]) -> dict[str, Any]:
    """One line of the list of exports and reports; `erased`: when participants erased their answers."""
    done = job.state == StudyJob.State.DONE
    return {
        "job": job,
        "page": f"{job.kind}-{job.pk}/report.html" if done and job.kind == StudyJob.Kind.REPORT else None,
        "archive": archive_of(job).name if done and archive_of(job).exists() else None,
        "erased_since": sum(moment > job.created_at for moment in erased) if done else 0,
    }
