"""Exclusion rules: who is left out of the results, declared with a study before it opens and frozen with it.

A declaration is a list of `{"rule": name, "threshold": number}`; study.json carries it, and
`analysis.participants.exclusions` applies it. The words here are those of the report. No rule knows what is right.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from studyserver.studies.errors import StudySetupError
from studyserver.studies.rules import PASS, SOUNDS, TOLERANCE_MS


@dataclass(frozen=True)
class Rule:
    """A rule in words, with {threshold} where its number goes.

    `default` is what counts where no number is given; None: one must be given. `least` is the smallest number that
    makes sense (exclusive unless `whole`), and `why` says what a form's reader should know.
    """

    words: str
    default: float | None
    least: float
    whole: bool
    why: str

    @property
    def halves(self) -> tuple[str, str]:
        """The words before and after the number."""
        before, _, after = self.words.partition("{threshold}")
        return before.strip(), after.strip()


RULES: dict[str, Rule] = {
    "too_fast": Rule(
        "median time per choice below {threshold} s", 0.3, 0, False, "Clicked through. Not judged without script."
    ),
    "not_listened": Rule(
        "a clip answered after less than {threshold} s of listening",
        None,
        0,
        False,
        "For studies that let people answer without listening. Not judged without script.",
    ),
    "incomplete": Rule(
        "fewer than {threshold} boards answered", None, 1, True, "Also leaves out people who are still at it."
    ),
    "time_outlier": Rule(
        "median log time more than {threshold} scaled MADs from the others'",
        3.0,
        0,
        False,
        "Far slower or faster than the rest; 3 is usual.",
    ),
    "duplicate": Rule(
        "more than {threshold} session of the same participant; the first counts",
        1.0,
        1,
        True,
        "One recruitment id has one session here anyway; this is for rows that are joined with others.",
    ),
    "attention": Rule(
        "more than {threshold} attention checks failed",
        0.0,
        0,
        True,
        "Needs attention checks (above). Not those that were never reached.",
    ),
    "headphones": Rule(
        "fewer than {threshold} of 6 headphone sounds right",
        5.0,
        1,
        True,
        "Needs the headphone screening (above). Who went on without headphones counts as none right.",
    ),
}


@dataclass(frozen=True)
class Setting:
    """What of a study decides whether a rule makes sense: boards per person, checks; seconds where clips are known."""

    trials: int
    attention_boards: int = 0
    screened: bool = False
    shortest_clip_s: float | None = None
    heard_at_least_s: float | None = None  # by the study's listening rule


def describe_rule(declared: Mapping[str, Any]) -> str:
    """A declared rule as the report words it."""
    return RULES[declared["rule"]].words.format(threshold=f"{declared['threshold']:g}")


def suggest_threshold(name: str, *, trials: int) -> float:
    """The number that a form or a command offers for a rule."""
    default = RULES[name].default
    if default is not None:
        return default
    return {"not_listened": 3.0, "incomplete": float(trials)}[name]


def read_rule(text: str, *, trials: int) -> dict[str, Any]:
    """`name=threshold` (or `name` alone) as people type it. Raises StudySetupError naming the rules there are."""
    name, _, number = text.partition("=")
    if name not in RULES:
        raise StudySetupError(f"There is no exclusion rule “{name}”; there is: {', '.join(RULES)}.")
    if not number:
        return {"rule": name, "threshold": tidy_number(suggest_threshold(name, trials=trials))}
    try:
        return {"rule": name, "threshold": tidy_number(float(number))}
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
    rule = RULES.get(name) if isinstance(name, str) else None
    if rule is None:
        return f"There is no exclusion rule “{name}”; there is: {', '.join(RULES)}."
    told = f"“{' … '.join(half for half in rule.halves if half)}”"
    if not isinstance(threshold, int | float) or isinstance(threshold, bool) or not math.isfinite(threshold):
        return f"{told} needs a number."
    if rule.whole and (threshold != int(threshold) or threshold < rule.least):
        return f"{told} needs a whole number of {rule.least:g} or more, not {threshold:g}."
    if not rule.whole and threshold <= rule.least:
        return f"{told} needs a number above {rule.least:g}, not {threshold:g}."
    return None


def find_nonsense(rules: Sequence[Mapping[str, Any]], setting: Setting) -> Iterable[tuple[str, str]]:
    """Rules that would leave out everybody, nobody, or people who did what was asked: (what is wrong, what to do)."""
    thresholds = {rule["rule"]: rule["threshold"] for rule in rules}
    if (boards := thresholds.get("incomplete")) is not None and boards > setting.trials:
        yield (
            f"The exclusion rule “{_words('incomplete', boards)}” leaves out everybody: there are {setting.trials}.",
            f"Ask for {setting.trials} or less.",
        )
    failed = thresholds.get("attention")
    if failed is not None and failed >= setting.attention_boards:
        yield (
            f"The exclusion rule “{_words('attention', failed)}” leaves out nobody: the study has "
            f"{setting.attention_boards} attention checks.",
            "Use more attention checks, or leave the rule out.",
        )
    right = thresholds.get("headphones")
    if right is not None and not setting.screened:
        yield (
            f"The exclusion rule “{_words('headphones', right)}” needs the headphone screening.",
            "Switch it on, or leave the rule out.",
        )
    if right is not None and right > len(SOUNDS):
        yield (
            f"The exclusion rule “{_words('headphones', right)}” leaves out everybody.",
            f"Ask for {len(SOUNDS)} or less; {PASS} is usual.",
        )
    seconds = thresholds.get("not_listened")
    if seconds is not None and setting.shortest_clip_s is not None and seconds > setting.shortest_clip_s:
        yield (
            f"The exclusion rule “{_words('not_listened', seconds)}” leaves out everybody who gets the shortest clip "
            f"({setting.shortest_clip_s:.1f} s).",
            f"Ask for less than {setting.shortest_clip_s:.1f} s.",
        )


def find_doubts(rules: Sequence[Mapping[str, Any]], setting: Setting) -> Iterable[tuple[str, str]]:
    """Rules that do not do what they seem to: (what is doubtful, what to do)."""
    thresholds = {rule["rule"]: rule["threshold"] for rule in rules}
    seconds, asked = thresholds.get("not_listened"), setting.heard_at_least_s
    if seconds is None or not asked:
        return
    sure = asked - TOLERANCE_MS / 1000
    if seconds <= sure:
        yield (
            f"The exclusion rule “{_words('not_listened', seconds)}” leaves out nobody: the page lets nobody go on "
            f"before {sure:g} s.",
            "Leave it out, or loosen the listening rule.",
        )
    elif seconds <= asked:
        yield (
            f"The exclusion rule “{_words('not_listened', seconds)}” is stricter than the page, which lets people go "
            f"on from {sure:g} s on (players round).",
            f"Ask for {sure:g} s or less.",
        )


def _words(name: str, threshold: float) -> str:
    return describe_rule({"rule": name, "threshold": threshold})
