"""`manage.py open_study`: launch checks, then freeze the design and let participants in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.studies.design import find_study, open_study
from studyserver.studies.design.launch import check_launch, consents_of
from studyserver.studies.management.studies import add_accept, plain_errors, who
from studyserver.studies.models import Study


class Command(BaseCommand):
    help = "Check a draft and open it; refuses naming each missing thing. Its design is frozen from then on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="address name (slug)")
        parser.add_argument("--check", action="store_true", help="only check, change nothing")
        add_accept(parser)

    def handle(self, *, study: str, check: bool, accept: list[str], **options: Any) -> None:
        with plain_errors():
            found = find_study(study)
        if check:
            self.check_only(found, accept)
            return
        with plain_errors():
            found = open_study(study=found, by=who(), accepted=accept)
        self.stdout.write(f"“{found}” is open at /s/{found.slug}/ (design {found.design_hash[:12]}).")

    def check_only(self, study: Study, accept: list[str]) -> None:
        """Print what every check found; CommandError when the study could not open."""
        results = check_launch(study)
        for result in results:
            mark = "MISSING" if not result.passed else "ASKS   " if result.asks else "ok     "
            self.stdout.write(f"{mark}  {result.title}")
            for finding in result.findings:
                yes = f" (--accept {finding.name})" if finding.level == "consent" else ""
                self.stdout.write(f"           {finding}{yes}")
        if missing := sum(not result.passed for result in results):
            raise CommandError(f"{missing} of {len(results)} checks found something missing.")
        if asked := sorted({finding.name for finding in consents_of(results)} - {*accept}):
            raise CommandError(f"It can open with your consent: --accept {' '.join(asked)}")
        said = {
            Study.Status.DRAFT: "It can open.",
            Study.Status.OPEN: "Nothing is missing; the study is open already.",
            Study.Status.CLOSED: "Nothing is missing, but the study is closed for good.",
        }
        self.stdout.write(said[Study.Status(study.status)])
