"""Commands that do a job which was asked for in the admin."""

from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.errors import GenerationError
from generation.jobs import find_work
from generation.models import Job


class JobCommand(BaseCommand):
    """Does a job that waits, and one that failed once more; `word`: what its rows are called."""

    word: ClassVar[str]
    model: ClassVar[type[Job]]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(self.word, type=int, help=f"number of the {self.word}")

    def handle(self, **options: Any) -> None:
        number = options[self.word]
        job = self.model._default_manager.filter(pk=number).first()
        if job is None:
            raise CommandError(f"There is no {self.word} {number}.")
        try:
            work = find_work(getattr(job, "kind", self.word))
        except GenerationError as error:
            raise CommandError(str(error)) from error
        work.retry(job)
        work.perform(number)
        job.refresh_from_db()
        if job.state == self.model.State.FAILED:
            raise CommandError(job.error)
        self.stdout.write(f"{self.word.capitalize()} {number} is {job.get_state_display()}.")
