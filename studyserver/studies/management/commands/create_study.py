"""`manage.py create_study`: a study from stimulus sets, as the admin makes one."""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models

from studyserver.studies.design import STUDY_FIELDS, StudyField, create_study, open_study
from studyserver.studies.management.studies import add_accept, plain_errors, who
from studyserver.studies.models import Study


class Command(BaseCommand):
    help = "Make a study from one or more stimulus sets (one arm each); with --open also check and open it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--set", nargs="+", action="extend", required=True, metavar="SET", dest="set", help="arms")
        parser.add_argument("--arms", nargs="+", default=[], metavar="NAME", help="arm names (default: set names)")
        parser.add_argument("--quota", type=int, help="most participants of each arm (default: no limit)")
        for name, field in STUDY_FIELDS.items():
            if field.flag:
                add_option(parser, name, field)
        parser.add_argument("--open", action="store_true", help="check everything and let participants in")
        add_accept(parser)

    def handle(self, **options: Any) -> None:
        with plain_errors():
            values = {name: read_option(field, options) for name, field in STUDY_FIELDS.items() if field.flag}
            study = create_study(
                sets=options["set"], arm_names=options["arms"], quota=options["quota"], values=values, by=who()
            )
        link = f"/s/{study.slug}/"
        if not options["open"]:
            self.stdout.write(
                f"Made the draft “{study}” ({link}). Look at it in the admin, then: open_study {study.slug}"
            )
            return
        try:
            with plain_errors():
                study = open_study(study=study, by=who(), accepted=options["accept"])
        except CommandError as error:
            raise CommandError(f"The draft “{study.slug}” is made. {error}") from error
        self.stdout.write(f"“{study}” is open at {link} (design {study.design_hash[:12]}).")


def add_option(parser: CommandParser, name: str, asked: StudyField) -> None:
    """Ask for a field of the model."""
    field: Any = Study._meta.get_field(name)
    told = ": ".join(part for part in (asked.help, ", ".join(asked.names)) if part)
    more: dict[str, Any] = {"help": told or None, "required": asked.required}
    if isinstance(field, models.BooleanField):
        more |= {"action": "store_true"}
    elif field.many_to_many or field.default is list:
        action = "store" if field.many_to_many else "extend"
        more |= {"metavar": asked.metavar, "nargs": "+", "action": action, "default": []}
    else:
        more |= {"metavar": asked.metavar, "choices": field.choices and [value for value, _ in field.choices]}
        more |= {"type": type_of(field), "default": None if callable(field.default) else field.get_default()}
    parser.add_argument(str(asked.flag), **more)


def type_of(field: models.Field) -> Any:
    """What argparse makes of a word for the field."""
    if isinstance(field, models.IntegerField):
        return int
    return {models.FloatField: float, models.DateField: read_date}.get(type(field), str)


def read_option(asked: StudyField, options: dict[str, Any]) -> Any:
    """The field's value from what was typed."""
    typed = options[str(asked.flag).removeprefix("--").replace("-", "_")]
    return asked.read(typed, options) if asked.read else typed


def read_date(text: str) -> date:
    """A day as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write it as YYYY-MM-DD.") from None
