"""What comes out of a study, in the admin: its progress, exports and reports, and their files."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from studyserver.studies.admin.display import attempt
from studyserver.studies.admin.files import command_line_report, may_read_answers, may_take, send_file
from studyserver.studies.admin.steps import StudySteps, address_of
from studyserver.studies.admin.stopping import may_stop
from studyserver.studies.jobs import archive_of, delete_job, kinds_of_files, request_job, sweep_jobs
from studyserver.studies.models import Study, StudyJob
from studyserver.studies.progress import erasure_times, find_id_troubles, read_progress

DOWNLOADS_SHOWN = 20


class StudyResults(StudySteps):
    """The part of a study's page that shows what came in and what was made of it."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", wrap(self.progress_view), name="studies_study_progress"),
            path("<int:pk>/jobs/", wrap(self.job_view), name="studies_study_jobs"),
            path("<int:pk>/jobs/<int:job>/delete/", wrap(self.delete_job_view), name="studies_study_delete_job"),
            path("<int:pk>/files/<path:name>", wrap(self.file_view), name="studies_study_file"),
            *super().get_urls(),
        ]

    def describe_progress(self, request: HttpRequest, study: Study) -> dict[str, Any]:
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
            "jobs": [describe_job(job, erased) | {"is_ours": may_take(request, study, job)} for job in jobs],
            "is_live": study.status == Study.Status.OPEN or any(job.is_active for job in jobs),
            "command_line_report": command_line_report(study) if may_take(request, study, None) else None,
            "may_read_answers": may_read_answers(request),
            "downloads": study.downloads.all()[:DOWNLOADS_SHOWN],
            "id_troubles": find_id_troubles(study),
            "may_stop": may_stop(study),
        }

    @method_decorator(require_POST)
    def job_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for an export or a report."""
        study = self.find(request, pk)
        if not may_read_answers(request):
            raise PermissionDenied
        kind = request.POST.get("kind", "")
        kinds = [work.name for work in kinds_of_files()]
        if kind not in kinds:
            raise BadRequest(f"kind must be {' or '.join(kinds)}")
        interim, by = request.POST.get("interim") == "on", request.user.get_username()
        said = f"The {kind} is being made; it appears below."
        ask = partial(request_job, study=study, kind=kind, interim=interim, by=by)
        attempt(request, ask, said, level=messages.INFO)
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
        context = self.describe_progress(request, study) | {
            "can_change_study": self.has_change_permission(request, study)
        }
        return TemplateResponse(request, "admin/studies/study/_live.html", context)

    @method_decorator(require_safe)
    def file_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        """A file of a finished report or export."""
        return send_file(request, self.find(request, pk, change=False), name)


def describe_job(job: StudyJob, erased: list[datetime]) -> dict[str, Any]:
    """One line of the list of exports and reports; `erased`: when participants erased their answers."""
    done = job.state == StudyJob.State.DONE
    return {
        "job": job,
        "page": f"{job.kind}-{job.pk}/report.html" if done and job.kind == StudyJob.Kind.REPORT else None,
        "archive": archive_of(job).name if done and archive_of(job).exists() else None,
        "erased_since": sum(moment > job.created_at for moment in erased) if done else 0,
    }
