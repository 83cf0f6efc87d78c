"""`manage.py create_study`: a study from stimulus sets, as the admin makes one."""

from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.studies.design import NewStudy, create_study, open_study
from studyserver.studies.exclusion import RULES, read_rule
from studyserver.studies.management.studies import plain_errors, who
from studyserver.studies.models import Study

TEXTS = ("consent", "instruction", "debrief")


class Command(BaseCommand):
    help = "Make a study from one or more stimulus sets (one arm each); with --open also check and open it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--title", required=True)
        parser.add_argument("--set", nargs="+", action="extend", required=True, metavar="SET", dest="set", help="arms")
        parser.add_argument("--categories", nargs="+", required=True, metavar="CATEGORY", help="to tell apart")
        parser.add_argument("--practice", nargs="+", default=[], metavar="CATEGORY", help="practice, none of the above")
        parser.add_argument("--slug", default="", help="part of the participant link (default: from the title)")
        parser.add_argument("--arms", nargs="+", default=[], metavar="NAME", help="arm names (default: set names)")
        parser.add_argument("--quota", type=int, help="most participants of each arm (default: no limit)")
        parser.add_argument("--design", choices=Study.Design.values, default=Study.Design.ONE_TO_ONE)
        parser.add_argument("--trials", type=int, default=3, help="trials per participant (default 3)")
        parser.add_argument("--listening-rule", choices=Study.ListeningRule.values, default=Study.ListeningRule.SECONDS)
        parser.add_argument("--min-listen", type=float, default=5.0, metavar="SECONDS", help="for the rule 'seconds'")
        parser.add_argument("--ask-confidence", action="store_true", help="ask how sure people are, 1 to 7")
        parser.add_argument(
            "--headphones",
            choices=Study.HeadphoneCheck.values,
            default=Study.HeadphoneCheck.OFF,
            help="headphone screening after the sound check (default off)",
        )
        parser.add_argument("--attention", type=int, default=0, metavar="N", help="attention checks among the trials")
        parser.add_argument(
            "--exclude",
            nargs="+",
            action="extend",
            default=[],
            metavar="RULE[=NUMBER]",
            help=f"exclusion rules, declared before opening, e.g. too_fast=0.3 incomplete: {', '.join(RULES)}",
        )
        for name in TEXTS:
            parser.add_argument(f"--{name}", metavar="FILE", help=f"Markdown file with the {name} text")
        parser.add_argument("--contact", default="", help="whom participants can write to")
        parser.add_argument("--completion-url", default="", help="link at the end, e.g. of a recruitment service")
        parser.add_argument("--withdraw-until", type=read_date, metavar="YYYY-MM-DD", help="last day of erasing")
        parser.add_argument("--notes", default="", help="printed in the report")
        parser.add_argument("--seed", type=int, help="decides arms, boards and orders (default: drawn)")
        parser.add_argument(
            "--simulated-only", action="store_true", help="for simulated participants; turns people away"
        )
        parser.add_argument("--open", action="store_true", help="check everything and let participants in")

    def handle(self, *, title: str, slug: str, **options: Any) -> None:
        with plain_errors():
            rules = [read_rule(text, trials=options["trials"]) for text in options["exclude"]]
        new = NewStudy(
            title=title,
            slug=slug,
            sets=options["set"],
            categories=options["categories"],
            practice=options["practice"],
            arm_names=options["arms"],
            quota=options["quota"],
            design=options["design"],
            trials=options["trials"],
            listening_rule=options["listening_rule"],
            min_listen_s=options["min_listen"],
            ask_confidence=options["ask_confidence"],
            headphone_check=options["headphones"],
            attention_boards=options["attention"],
            exclusion_rules=rules,
            simulated_only=options["simulated_only"],
            withdraw_until=options["withdraw_until"],
            contact=options["contact"],
            completion_url=options["completion_url"],
            notes=options["notes"],
            seed=options["seed"],
            texts={f"{name}_text": read_text(options[name]) for name in TEXTS if options[name]},
        )
        with plain_errors():
            study = create_study(new=new, by=who())
        link = f"/s/{study.slug}/"
        if not options["open"]:
            self.stdout.write(
                f"Made the draft “{study}” ({link}). Look at it in the admin, then: open_study {study.slug}"
            )
            return
        try:
            with plain_errors():
                study = open_study(study=study, by=who())
        except CommandError as error:
            raise CommandError(f"The draft “{study.slug}” is made. {error}") from error
        self.stdout.write(f"“{study}” is open at {link} (design {study.design_hash[:12]}).")


def read_date(text: str) -> date:
    """A day as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write it as YYYY-MM-DD.") from None


def read_text(path: str) -> str:
    """A text file's content."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: cannot be read ({error}).") from error
