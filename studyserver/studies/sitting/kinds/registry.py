"""The kinds of trials, by the name that a trial's row holds. Loaded when asked for."""

from typing import Any

from django.utils.module_loading import import_string

from studyserver.studies.errors import UnknownKind
from studyserver.studies.models import Trial
from studyserver.studies.sitting.kinds.kind import Kind

KINDS = {
    "practice": "studyserver.studies.sitting.kinds.practice:PracticeBoard",
    "main": "studyserver.studies.sitting.kinds.main:MainBoard",
    "attention": "studyserver.studies.sitting.kinds.attention:AttentionCheck",
}
"""Name (at most 10 signs) -> "module:class" of a `Kind`, in the order in which they plan a session's trials."""


def find_kind(name: str) -> Kind[Any]:
    """The kind called `name`; raises UnknownKind, which lists those that are known."""
    if name not in KINDS:
        raise UnknownKind(f"There is no kind of trial “{name}”; known are {', '.join(KINDS)}.")
    kind: Kind[Any] = import_string(KINDS[name].replace(":", "."))(name)
    return kind


def kind_of(trial: Trial) -> Kind[Any]:
    """The kind of a trial."""
    return find_kind(trial.kind)


def all_kinds() -> list[Kind[Any]]:
    """Every kind, in the order of the registry."""
    return [find_kind(name) for name in KINDS]
