"""Files of finished reports and exports, for staff. A report page is self-contained: its own styles and script.

They hold answers, so they are for those who may see answers; while the study is open each is for the one alone who
asked for it, which is in the study's log. Whoever takes a file is written down.
"""

from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase

from studyserver.studies.admin.display import may_see_answers
from studyserver.studies.models import FileDownload, Study, StudyJob

# The report carries everything inside and may load nothing. The sandbox gives it an origin of its own, so that whatever
# runs in it stands outside the admin; the page's own policy allows its one script by hash.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
)


def root_of(study: Study) -> Path:
    """The folder of all reports and exports of a study."""
    return Path(settings.REPORTS_ROOT) / study.slug


def command_line_report(study: Study) -> str | None:
    """Name of the report that `build_report` wrote into the study's own folder, if it did."""
    return "report.html" if (root_of(study) / "report.html").is_file() else None


def may_read_answers(request: HttpRequest) -> bool:
    """Whether the person may see answers at all, on pages or in files."""
    return bool(getattr(request.user, "has_perm", lambda _: False)("studies.view_response"))


def may_take(request: HttpRequest, study: Study, job: StudyJob | None) -> bool:
    """Whether the person may have a file now: of this job, or (None) of the command line."""
    looked = job is not None and job.by == request.user.get_username()
    return may_read_answers(request) and (may_see_answers(study) or looked)


def send_file(request: HttpRequest, study: Study, name: str) -> HttpResponseBase:
    """A file for whoever may take it, written down. Raises PermissionDenied, Http404."""
    folder = PurePosixPath(name).parts[:1]
    jobs = (job for job in study.jobs.all() if folder and folder[0].removesuffix(".zip") == f"{job.kind}-{job.pk}")
    if not may_take(request, study, next(jobs, None)):
        raise PermissionDenied
    response = serve_file(study, name)
    if request.method == "GET":
        by = request.user.get_username()
        FileDownload.objects.create(study=study, name=name[:300], by=by, study_status=study.status)
    return response


def serve_file(study: Study, name: str) -> HttpResponseBase:
    """A file below the study's folder: a page is shown, anything else is downloaded. Nothing outside it is served."""
    root = root_of(study).resolve()
    target = (root / name).resolve()
    hidden = any(part.startswith(".") for part in PurePosixPath(name).parts)  # where files are being made
    if hidden or not target.is_relative_to(root) or not target.is_file():
        raise Http404
    is_page = target.suffix == ".html"
    response = FileResponse(target.open("rb"), as_attachment=not is_page)
    if is_page:
        response["Content-Type"] = "text/html; charset=utf-8"
        response["Content-Security-Policy"] = REPORT_POLICY
    response["Cache-Control"] = "private, no-store"
    return response
