"""`manage.py run_levelling_job`: level a dataset as was asked for in the admin. The server starts this."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.jobs import find_work
from generation.models import LevellingJob


class Command(BaseCommand):
    help = "Level a dataset as was asked for in the admin (the server starts this by itself)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=int, help="Number of the job.")

    def handle(self, *, job: int, **options: Any) -> str:
        find_work("levelling").perform(job)
        row = LevellingJob.objects.filter(pk=job).first()
        if row is None:
            raise CommandError(f"There is no levelling job {job}.")
        if row.error:
            raise CommandError(row.error)
        return row.told or f"Levelling job {job} is {row.get_state_display()}."
