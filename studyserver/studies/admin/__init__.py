"""What researchers see of their studies in the admin: importing this package registers every page."""

from studyserver.studies.admin import sessions, studies

__all__ = ["sessions", "studies"]
