"""`manage.py run_study_job`: make an export or a report that was asked for in the admin. The server starts this."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.studies.models import StudyJob
from studyserver.studies.tasks import run_study_job


class Command(BaseCommand):
    help = "Make an export or a report that was asked for in the admin (the server starts this by itself)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=int, help="number of the job")

    def handle(self, *, job: int, **options: Any) -> None:
        if not StudyJob.objects.filter(pk=job).exists():
            raise CommandError(f"There is no job {job}.")
        run_study_job(job)
        done = StudyJob.objects.get(pk=job)
        if done.state == StudyJob.State.FAILED:
            raise CommandError(done.error)
        self.stdout.write(f"Job {job} is {done.get_state_display()}.")
