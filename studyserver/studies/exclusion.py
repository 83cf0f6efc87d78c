"""Exclusion rules: who is left out of the results, declared with a study before it opens and frozen with it.

A declaration is a list of `{"rule": name, "threshold": number}`; study.json carries it, and `analysis.exclusion` holds
the rules and applies them. The words here are those of the report. No rule knows what is right.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from analysis.exclusion import RULES, Doubt, Setting, load_rule
from studyserver.studies.errors import StudySetupError

__all__ = ["RULES", "Setting", "describe_rule", "find_doubts", "find_faults", "load_rule", "read_rule", "tidy_number"]


def describe_rule(declared: Mapping[str, Any]) -> str:
    """A declared rule as the report words it."""
    return load_rule(declared["rule"]).describe(declared["threshold"])


def read_rule(text: str, *, trials: int) -> dict[str, Any]:
    """`name=threshold` (or `name` alone) as people type it. Raises StudySetupError naming the rules there are."""
    name, _, number = text.partition("=")
    if name not in RULES:
        raise StudySetupError(_say_unknown(name))
    try:
        return {"rule": name, "threshold": tidy_number(float(number or load_rule(name).suggest(trials=trials)))}
    except ValueError:
        raise StudySetupError(f"The exclusion rule “{text}” needs a number after “=”, e.g. {name}=1.") from None


def tidy_number(value: float) -> float | int:
    """Whole numbers without a decimal point, so that the same rule is always written the same."""
    return int(value) if math.isfinite(value) and value == int(value) else value


def validate_exclusion_rules(rules: Any) -> None:
    """Raise ValidationError unless this is a declaration: known rules, each once, each with a sensible number."""
    if problems := find_faults(rules):
        raise ValidationError(problems)


def find_faults(rules: Any) -> list[str]:
    """What is wrong with a declaration in itself, one sentence each."""
    if not isinstance(rules, list) or not all(isinstance(rule, dict) and "rule" in rule for rule in rules):
        return ["A list of rules is expected, each with its name and threshold."]
    names = [rule["rule"] for rule in rules]
    faults = [f"The rule “{name}” stands there twice." for name in RULES if names.count(name) > 1]
    return faults + [fault for rule in rules if (fault := _find_fault(rule["rule"], rule.get("threshold")))]


def _find_fault(name: Any, threshold: Any) -> str | None:
    if not isinstance(name, str) or name not in RULES:
        return _say_unknown(name)
    return load_rule(name).find_fault(threshold)


def _say_unknown(name: Any) -> str:
    return f"There is no exclusion rule “{name}”; there is: {', '.join(RULES)}."


def find_doubts(rules: Sequence[Mapping[str, Any]], setting: Setting) -> Iterator[Doubt]:
    """Rules that leave out everybody, nobody, or people who did what was asked; each in a whole sentence."""
    for rule in rules:
        for doubt in load_rule(rule["rule"]).judge(rule["threshold"], setting):
            yield Doubt(f"The exclusion rule “{describe_rule(rule)}” {doubt.what}", doubt.mend, doubt.fatal)
