"""`manage.py run_generation_job`: make the images of a job that was asked for in the admin. The server starts this."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.models import GenerationJob
from generation.progress import progress_bar
from generation.wording import plural


class Command(BaseCommand):
    help = "Make the images of a job that was asked for in the admin (the server starts this by itself)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=int, help="Number of the job.")

    def handle(self, *, job: int, verbosity: int, **options: Any) -> str:
        from generation.run import perform_job  # noqa: PLC0415 -- slow import

        asked = GenerationJob.objects.select_related("set").filter(pk=job).first()
        if asked is None:
            raise CommandError(f"There is no job {job}.")
        waited = asked.state == GenerationJob.State.QUEUED and not asked.on_workers
        if waited:
            perform_job(job, progress=progress_bar(verbosity))
            asked.refresh_from_db()
        if waited and asked.state == GenerationJob.State.DONE:
            return f"The set {asked.set.name} is complete: {plural(asked.done, 'image')}."
        if waited and asked.error:
            raise CommandError(asked.error)
        return f"Job {job} is {asked.get_state_display()}; nothing is left to do for a process of its own."
