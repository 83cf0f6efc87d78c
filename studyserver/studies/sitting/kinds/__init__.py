"""Kinds of trials: how each is planned, shown, checked, stored, simulated and exported. One module for each."""

from studyserver.studies.sitting.kinds.answers import LONGEST_MS, BoardAnswers, Timing, read_numbered
from studyserver.studies.sitting.kinds.kind import Kind, Screen
from studyserver.studies.sitting.kinds.registry import KINDS, all_kinds, find_kind, kind_of

__all__ = [
    "KINDS",
    "LONGEST_MS",
    "BoardAnswers",
    "Kind",
    "Screen",
    "Timing",
    "all_kinds",
    "find_kind",
    "kind_of",
    "read_numbered",
]
