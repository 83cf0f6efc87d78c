"""Rules of a sitting that need no database: assignment, listening, matching, evidence, clock, browsers, days, ids."""

from studyserver.studies.rules import assignment, evidence, headphones
from studyserver.studies.rules.assignment import ArmLoad, Item, PlannedTrial
from studyserver.studies.rules.browsers import BROWSERS, browser_family
from studyserver.studies.rules.clock import measure_ms, read_clock
from studyserver.studies.rules.days import is_over, tell_day
from studyserver.studies.rules.headphones import ANTIPHASE, PASS, QUIET, SOUNDS, read_screening
from studyserver.studies.rules.listening import TOLERANCE_MS, Heard, Report, is_heard, needed_ms, summarise
from studyserver.studies.rules.matching import find_match_problems, letter
from studyserver.studies.rules.recruitment import UNGUESSABLE_BITS, ServiceLink, guess_bits, names_one_person, tidy_id

__all__ = [
    "ANTIPHASE",
    "BROWSERS",
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
    "browser_family",
    "evidence",
    "find_match_problems",
    "guess_bits",
    "headphones",
    "is_heard",
    "is_over",
    "letter",
    "names_one_person",
    "measure_ms",
    "needed_ms",
    "read_clock",
    "read_screening",
    "summarise",
    "tell_day",
    "tidy_id",
]
