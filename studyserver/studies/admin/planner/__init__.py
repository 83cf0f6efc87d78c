"""The planner in the admin."""

from studyserver.studies.admin.planner.pages import Planner

__all__ = ["Planner"]
