"""`manage.py flush`: empty the database, what is frozen too."""

from typing import Any

from django.core.management.commands import flush

from studyserver.studies.design import lifted


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        with lifted(options["database"]):
            super().handle(**options)
