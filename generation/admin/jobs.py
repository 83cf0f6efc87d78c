"""Generation in the admin: ask for images, watch them come, cancel, retry. Pages load, call the domain and answer."""

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from generation.admin.display import show_json
from generation.admin.forms import GenerateForm
from generation.admin.look import LookAdmin
from generation.errors import GenerationError
from generation.jobs import cancel_job, find_work, read_job_progress, request_generation, retry_job
from generation.models import Checkpoint, GenerationJob, StimulusSet


def may_generate(request: HttpRequest) -> bool:
    """Whether the person may have images made, and end or repeat that."""
    return bool(getattr(request.user, "has_perm", lambda _: False)("generation.add_generationjob"))


class GenerationJobAdmin(LookAdmin):
    """How far generation has come, and who is at it."""

    change_form_template = "admin/generation/generationjob/change_form.html"
    list_display = [
        "number",
        "set",
        "status",
        "progress",
        "failed",
        "trouble",
        "way",
        "by",
        "created_at",
        "finished_at",
    ]
    list_display_links = ["number"]
    list_filter = ["state", "on_workers"]
    list_select_related = ["set"]
    search_fields = ["set__name", "by"]
    fieldsets = [
        (None, {"fields": ["set", "way", "by", "created_at", "started_at", "finished_at"]}),
        ("What was asked for", {"fields": ["what_was_asked"]}),
    ]
    readonly_fields = ["way", "what_was_asked"]

    @admin.display(description="job", ordering="pk")
    def number(self, job: GenerationJob) -> str:
        return f"Job {job.pk}"

    @admin.display(description="state", ordering="state")
    def status(self, job: GenerationJob) -> SafeString:
        return format_html('<span class="badge badge-{}">{}</span>', job.state, job.get_state_display())

    @admin.display(description="images")
    def progress(self, job: GenerationJob) -> str:
        return f"{job.done} of {job.total}"

    @admin.display(description="made by", ordering="on_workers")
    def way(self, job: GenerationJob) -> str:
        return "workers" if job.on_workers else "one process"

    @admin.display(description="error")
    def trouble(self, job: GenerationJob) -> str:
        return job.error if len(job.error) <= 160 else job.error[:159] + "…"

    @admin.display(description="settings")
    def what_was_asked(self, job: GenerationJob) -> SafeString | str:
        return show_json(job.asked) if job.asked else "on the command line; the set's page tells its settings"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        find_work("generation").sweep()
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if job is not None:
            shown = self.describe(request, job) | {"title": f"Job {job.pk}: images of {job.set}", "subtitle": None}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def describe(self, request: HttpRequest, job: GenerationJob) -> dict[str, Any]:
        """What changes while images come."""
        if job.is_active:
            find_work("generation").sweep(pk=job.pk)
            job.refresh_from_db()
        progress = read_job_progress(job)
        over = not job.is_active
        return {
            "job": job,
            "progress": progress,
            "may_cancel": may_generate(request) and job.is_active,
            "may_retry": may_generate(request)
            and bool(job.asked or job.set.settings)
            and ((over and job.state != GenerationJob.State.DONE) or progress.silent),
            "with_workers": settings.JOBS_ON_WORKERS,
        }

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/progress/", wrap(self.progress_view), name="generation_generationjob_progress"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name="generation_generationjob_cancel"),
            path("<int:pk>/retry/", wrap(self.retry_view), name="generation_generationjob_retry"),
        ]
        return own + super().get_urls()

    @method_decorator(require_safe)
    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a job's page that changes by itself."""
        job = get_object_or_404(GenerationJob.objects.select_related("set"), pk=pk)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return TemplateResponse(request, "admin/generation/generationjob/_live.html", self.describe(request, job))

    @method_decorator(require_POST)
    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = find_job(request, pk)
        try:
            cancel_job(job, by=request.user.get_username())
            self.message_user(
                request, "The job is cancelled. Batches that are being painted are kept; no further ones are begun."
            )
        except GenerationError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(address_of(job))

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = find_job(request, pk)
        try:
            again = retry_job(job, on_workers=settings.JOBS_ON_WORKERS, by=request.user.get_username())
        except GenerationError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(address_of(job))
        if again is None:
            self.message_user(request, f"Nothing is missing: the set {job.set} holds all of its images.")
            return HttpResponseRedirect(address_of(job))
        self.message_user(request, "What is missing is asked for again; what was made is kept.")
        return HttpResponseRedirect(address_of(again))


def find_job(request: HttpRequest, pk: int) -> GenerationJob:
    """The job, for somebody who may end or repeat it."""
    if not may_generate(request):
        raise PermissionDenied
    return get_object_or_404(GenerationJob.objects.select_related("set"), pk=pk)


def address_of(job: GenerationJob) -> str:
    """The job's page."""
    return reverse("admin:generation_generationjob_change", args=[job.pk])


def generate_view(site: admin.AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for images of a checkpoint: a form, and what cannot be had in words."""
    if not may_generate(request):
        raise PermissionDenied
    checkpoint = get_object_or_404(Checkpoint.objects.select_related("dataset"), pk=pk)
    like = request.GET.get("like", "")
    another = StimulusSet.objects.filter(pk=like, checkpoint=checkpoint).first() if like.isdecimal() else None
    form = GenerateForm(request.POST or None, checkpoint=checkpoint, like=another)
    if request.method == "POST" and form.is_valid():
        try:
            job = request_generation(
                set_name=form.cleaned_data["name"],
                asked=form.asked(),
                on_workers=settings.JOBS_ON_WORKERS,
                by=request.user.get_username(),
            )
        except GenerationError as error:
            form.add_error(None, str(error))
        else:
            if job is not None:
                messages.success(
                    request, f"{job.total - job.done} images are asked for. This page shows how they come."
                )
                return HttpResponseRedirect(address_of(job))
            form.add_error("name", "The set of this name holds all of these images already.")
    context = {
        **site.each_context(request),
        "title": f"Generate images with {checkpoint}",
        "opts": Checkpoint._meta,
        "checkpoint": checkpoint,
        "like": another,
        "form": form,
        "adminform": AdminForm(cast(Any, form), form.fieldsets, {}),
        "with_workers": settings.JOBS_ON_WORKERS,
    }
    return TemplateResponse(request, "admin/generation/checkpoint/generate.html", context)


def show_jobs(stimulus_set: StimulusSet) -> SafeString | str:
    """Links to the jobs of a set, the newest first."""
    find_work("generation").sweep(set=stimulus_set)
    rows = [
        (address_of(job), f"Job {job.pk}", job.state, job.get_state_display(), f"{job.done} of {job.total}")
        for job in stimulus_set.jobs.all()[:10]
    ]
    line = '<a href="{}">{}</a> <span class="badge badge-{}">{}</span> {} images'
    return format_html_join(mark_safe("<br>"), line, rows) or "none"
