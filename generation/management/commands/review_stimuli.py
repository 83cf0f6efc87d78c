"""`manage.py review_stimuli`: somebody has looked through a stimulus set."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.management.reporting import one_line_errors
from generation.stimuli import find_set, review_set


class Command(BaseCommand):
    help = "Mark a set as reviewed: you have looked at every image of its contact sheets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("set", help="Name of the stimulus set.")
        parser.add_argument("--warning", default="", metavar="TEXT", help="What participants should be warned of.")
        parser.add_argument("--by", metavar="NAME", help="Who looked (default: who runs this).")

    def handle(self, *, set: str, warning: str, by: str | None, **options: Any) -> str:
        with one_line_errors():
            done = review_set(stimulus_set=find_set(set), by=by or getpass.getuser(), warning=warning)
        return f"{done.reviewed_by} has looked through the set {done.name} ({done.stimuli.count()} images)."
