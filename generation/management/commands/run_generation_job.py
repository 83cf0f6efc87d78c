"""`manage.py run_generation_job`: make the images of a job that was asked for in the admin. The server starts this."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.errors import GenerationError
from generation.models import GenerationJob
from generation.progress import progress_bar


class Command(BaseCommand):
    help = "Make the images of a job that was asked for in the admin (the server starts this by itself)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=int, help="Number of the job.")

    def handle(self, *, job: int, verbosity: int, **options: Any) -> str:
        from generation.run import perform_job  # noqa: PLC0415 -- slow import

        if not GenerationJob.objects.filter(pk=job).exists():
            raise CommandError(f"There is no job {job}.")
        try:
            return perform_job(job, progress=progress_bar(verbosity))
        except GenerationError as error:
            raise CommandError(str(error)) from error
