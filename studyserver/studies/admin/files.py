"""Files of finished reports and exports, for staff. A report page is self-contained: its own styles and script."""

from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponseBase

from studyserver.studies.models import Study

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


def serve_file(study: Study, name: str) -> HttpResponseBase:
    """A file below the study's folder: a page is shown, anything else is downloaded. Nothing outside it is served."""
    root = root_of(study).resolve()
    target = (root / name).resolve()
    if not target.is_relative_to(root) or not target.is_file():
        raise Http404
    is_page = target.suffix == ".html"
    response = FileResponse(target.open("rb"), as_attachment=not is_page)
    if is_page:
        response["Content-Type"] = "text/html; charset=utf-8"
        response["Content-Security-Policy"] = REPORT_POLICY
    response["Cache-Control"] = "private, no-store"
    return response
