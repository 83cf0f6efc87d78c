"""`manage.py run_plan`: work out a plan that was asked for in the admin. The server starts this."""

from studyserver.studies.management.performing import JobCommand
from studyserver.studies.models import Plan


class Command(JobCommand):
    help = "Work out a plan that was asked for in the admin (the server starts this by itself)."
    word = "plan"
    model = Plan
