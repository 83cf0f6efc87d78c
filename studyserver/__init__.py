"""The Django project: it serves studies to participants and to researchers."""

from studyserver.celery import app as celery_app

__all__ = ["celery_app"]
