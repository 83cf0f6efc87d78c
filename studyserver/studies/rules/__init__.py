"""Rules of a sitting that need no database: assignment, listening, headphones, matching, evidence, clock, browsers."""

from studyserver.studies.rules import assignment, evidence, headphones
from studyserver.studies.rules.assignment import ArmLoad, Item, PlannedTrial
from studyserver.studies.rules.browsers import BROWSERS, browser_family
from studyserver.studies.rules.clock import measure_ms, read_clock
from studyserver.studies.rules.headphones import ANTIPHASE, PASS, QUIET, SOUNDS, read_screening
from studyserver.studies.rules.listening import TOLERANCE_MS, Heard, Report, is_heard, needed_ms, summarise
from studyserver.studies.rules.matching import find_match_problems, letter

__all__ = [
    "ANTIPHASE",
    "BROWSERS",
    "PASS",
    "QUIET",
    "SOUNDS",
    "TOLERANCE_MS",
    "ArmLoad",
    "Heard",
    "Item",
    "PlannedTrial",
    "Report",
    "assignment",
    "browser_family",
    "evidence",
    "find_match_problems",
    "headphones",
    "is_heard",
    "letter",
    "measure_ms",
    "needed_ms",
    "read_clock",
    "read_screening",
    "summarise",
]
