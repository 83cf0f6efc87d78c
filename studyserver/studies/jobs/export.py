"""The kind of job that exports a study's data."""

from pathlib import Path

from studyserver.studies.exports import export_study
from studyserver.studies.jobs.files import StudyFiles
from studyserver.studies.models import StudyJob


class Export(StudyFiles):
    """Tables, the study's document and its images."""

    name = "export"

    def make(self, job: StudyJob, folder: Path) -> None:
        export_study(job.study, folder, interim=job.interim)


WORK = Export()
