"""Django application `studies`: studies, participants' sessions, trials and responses."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class StudiesConfig(AppConfig):
    name = "studyserver.studies"
    label = "studies"
    verbose_name = "Studies"

    def ready(self) -> None:
        """What an opened study shows cannot change: see `design.freezing`."""
        from studyserver.studies.design import freeze, say_plainly, thaw  # noqa: PLC0415 -- models are there only now

        def before(using: str, plan: list[Any], **kwargs: Any) -> None:
            if plan:
                thaw(using)

        def after(using: str, **kwargs: Any) -> None:
            freeze(using)

        connection_created.connect(say_plainly, weak=False)
        pre_migrate.connect(before, sender=self, weak=False)
        post_migrate.connect(after, sender=self, weak=False)
