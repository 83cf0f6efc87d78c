"""The kind of job that builds a study's report."""

from pathlib import Path

from studyserver.studies.jobs.files import StudyFiles
from studyserver.studies.models import StudyJob


class Report(StudyFiles):
    """The report as pages, tables and figures, with the data beside it."""

    name = "report"

    def make(self, job: StudyJob, folder: Path) -> None:
        from studyserver.studies.exports import build_report  # noqa: PLC0415 -- slow import

        build_report(job.study, folder, interim=job.interim)


WORK = Report()
