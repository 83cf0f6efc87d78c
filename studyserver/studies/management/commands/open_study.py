"""`manage.py open_study`: launch checks, then freeze the design and let participants in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.studies.design import find_study, open_study
from studyserver.studies.design.launch import check_launch
from studyserver.studies.management.studies import plain_errors, who
from studyserver.studies.models import Study


class Command(BaseCommand):
    help = "Check a draft and open it; refuses naming each missing thing. Its design is frozen from then on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="address name (slug)")
        parser.add_argument("--check", action="store_true", help="only check, change nothing")

    def handle(self, *, study: str, check: bool, **options: Any) -> None:
        with plain_errors():
            found = find_study(study)
        if check:
            results = check_launch(found)
            for result in results:
                self.stdout.write(f"{'ok     ' if result.passed else 'MISSING'}  {result.title}")
                for finding in result.findings:
                    self.stdout.write(f"           {finding}")
            if missing := sum(not result.passed for result in results):
                raise CommandError(f"{missing} of {len(results)} checks found something missing.")
            can_open = found.status == Study.Status.DRAFT
            self.stdout.write(
                "It can open." if can_open else f"Nothing is missing; the study is {found.status} already."
            )
            return
        with plain_errors():
            found = open_study(study=found, by=who())
        self.stdout.write(f"“{found}” is open at /s/{found.slug}/ (design {found.design_hash[:12]}).")
