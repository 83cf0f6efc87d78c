"""Rules of a sitting that need no database: assignment, listening, headphones, matching, days, ids."""

from studyserver.studies.rules import assignment, headphones
from studyserver.studies.rules.assignment import ArmLoad, Item, PlannedTrial
from studyserver.studies.rules.days import is_over, tell_day
from studyserver.studies.rules.headphones import ANTIPHASE, PASS, QUIET, SOUNDS, read_screening
from studyserver.studies.rules.listening import TOLERANCE_MS, Heard, Report, is_heard, needed_ms, summarise
from studyserver.studies.rules.matching import find_match_problems, letter
from studyserver.studies.rules.recruitment import UNGUESSABLE_BITS, ServiceLink, guess_bits, names_one_person, tidy_id

__all__ = [
    "ANTIPHASE",
    "PASS",
    "QUIET",
    "SOUNDS",
    "TOLERANCE_MS",
    "UNGUESSABLE_BITS",
    "ArmLoad",
    "Heard",
    "Item",
    "PlannedTrial",
    "Report",
    "ServiceLink",
    "assignment",
    "find_match_problems",
    "guess_bits",
    "headphones",
    "is_heard",
    "is_over",
    "letter",
    "names_one_person",
    "needed_ms",
    "read_screening",
    "summarise",
    "tell_day",
    "tidy_id",
]
