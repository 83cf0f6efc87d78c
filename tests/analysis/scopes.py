"""Scopes for sections by themselves."""

from analysis.render.drawings import figure_labels
from analysis.render.sections import Scope
from analysis.results import Result


def scope_of(result: Result, name: str = "a") -> Scope:
    return Scope(result, figure_labels(result["categories"]), name=name)
