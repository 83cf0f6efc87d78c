"""A study's design: created, described, frozen, opened, closed."""

from studyserver.studies.design.create import NewStudy, create_study
from studyserver.studies.design.document import is_design_intact
from studyserver.studies.design.lifecycle import (
    close_study,
    duplicate_study,
    exclude_session,
    log,
    open_study,
    pin_plan,
    readmit_session,
)
from studyserver.studies.design.texts import default_texts

__all__ = [
    "NewStudy",
    "close_study",
    "create_study",
    "default_texts",
    "duplicate_study",
    "exclude_session",
    "is_design_intact",
    "log",
    "open_study",
    "pin_plan",
    "readmit_session",
]
