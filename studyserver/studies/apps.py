"""Django application `studies`: studies, participants' sessions, trials and responses."""

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "studyserver.studies"
    label = "studies"
    verbose_name = "Studies"
