"""`manage.py run_plan`: work out a plan that was asked for in the admin. The server starts this."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.studies.models import Plan
from studyserver.studies.tasks import run_plan


class Command(BaseCommand):
    help = "Work out a plan that was asked for in the admin (the server starts this by itself)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", type=int, help="number of the plan")

    def handle(self, *, plan: int, **options: Any) -> None:
        if not Plan.objects.filter(pk=plan).exists():
            raise CommandError(f"There is no plan {plan}.")
        run_plan(plan)
        done = Plan.objects.get(pk=plan)
        if done.state == Plan.State.FAILED:
            raise CommandError(done.error)
        self.stdout.write(f"Plan {plan} is {done.get_state_display()}.")
