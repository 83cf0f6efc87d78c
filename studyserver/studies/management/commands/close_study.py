"""`manage.py close_study`: take no more answers; from then on results may be seen."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from studyserver.studies.design import close_study, find_study
from studyserver.studies.management.studies import plain_errors, who
from studyserver.studies.models import Session


class Command(BaseCommand):
    help = "Close an open study. It cannot be opened again; a new round is a new version (duplicate it in the admin)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="address name (slug)")

    def handle(self, *, study: str, **options: Any) -> None:
        with plain_errors():
            closed = close_study(study=find_study(study), by=who())
        completed = closed.sessions.filter(state=Session.State.COMPLETED).count()
        self.stdout.write(f"“{closed}” is closed; completed sessions: {completed}.")
