"""`manage.py run_study_job`: make an export or a report that was asked for in the admin. The server starts this."""

from studyserver.studies.management.performing import JobCommand
from studyserver.studies.models import StudyJob


class Command(JobCommand):
    help = "Make an export or a report that was asked for in the admin (the server starts this by itself)."
    word = "job"
    model = StudyJob
