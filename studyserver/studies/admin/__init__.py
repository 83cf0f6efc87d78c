"""What researchers see of their studies in the admin."""

from studyserver.studies.admin import planner, sessions, studies

__all__ = ["planner", "sessions", "studies"]
