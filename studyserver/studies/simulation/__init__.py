"""Simulated participants that walk the real pages."""

from studyserver.studies.simulation.answers import Wish, read_answers, read_matrix, wishes_of_matrix
from studyserver.studies.simulation.demo import build_demo, serve_command
from studyserver.studies.simulation.participants import check_may_simulate, simulate_ability, simulate_wishes

__all__ = [
    "Wish",
    "build_demo",
    "check_may_simulate",
    "read_answers",
    "read_matrix",
    "serve_command",
    "simulate_ability",
    "simulate_wishes",
    "wishes_of_matrix",
]
