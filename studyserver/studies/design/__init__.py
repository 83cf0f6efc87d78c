"""A study's design: created, described, frozen, opened, closed."""

from studyserver.studies.design.create import create_study
from studyserver.studies.design.document import design_hash, is_design_intact
from studyserver.studies.design.fields import STUDY_FIELDS, StudyField, as_utc, list_fieldsets
from studyserver.studies.design.finding import find_study
from studyserver.studies.design.freezing import freeze, lifted, say_plainly, thaw
from studyserver.studies.design.lifecycle import (
    close_study,
    duplicate_study,
    exclude_session,
    log,
    open_study,
    pin_plan,
    readmit_session,
)
from studyserver.studies.design.texts import TEXTS, Outline, default_texts, draw_texts, outline

__all__ = [
    "STUDY_FIELDS",
    "TEXTS",
    "Outline",
    "StudyField",
    "as_utc",
    "close_study",
    "create_study",
    "default_texts",
    "design_hash",
    "draw_texts",
    "duplicate_study",
    "exclude_session",
    "find_study",
    "freeze",
    "is_design_intact",
    "lifted",
    "list_fieldsets",
    "log",
    "open_study",
    "outline",
    "pin_plan",
    "readmit_session",
    "say_plainly",
    "thaw",
]
