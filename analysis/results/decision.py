"""What a reader may decide by: evidence that may be looked at at any time, and the smallest effect of interest."""

from collections.abc import Mapping, Sequence
from math import exp, floor, log
from typing import Any

import numpy as np
import pandas as pd

from analysis.evalues import AnsweredBoard, log_e_values, log_evidence
from analysis.prose import Texts
from analysis.reading import Answers
from analysis.results.shape import EValue, Verdict
from analysis.wording import SUPERSCRIPT

say = Texts("sections/decision")

# Powers of ten below which e-values are written out.
MOST_WRITTEN_OUT = 6
# The power of ten beyond which more evidence says nothing more.
MOST_TOLD = 12
# Natural log of the largest e-value that a float holds.
MOST = 700


def add_decisions(
    arms: Mapping[str, Any],
    answers: Mapping[str, Answers],
    comparisons: Sequence[Any],
    study: Mapping[str, Any],
    sessions: pd.DataFrame | None,
) -> None:
    """Each arm's e-value and, by the intervals that the report gives, the verdicts on the smallest effect."""
    declared = study.get("smallest_effect")
    arrival = [] if sessions is None else list(dict.fromkeys(sessions["participant"]))
    for name, arm in arms.items():
        arm["e_value"] = weigh(answers[name], arrival)
        arm["smallest_effect"] = judge_arm(arm["overall"], declared) if declared else None
    for comparison in comparisons:
        comparison["smallest_effect"] = judge_difference(comparison, declared) if declared else None


def weigh(answers: Answers, arrival: Sequence[str] = ()) -> EValue:
    """The e-value of an arm's answers; `arrival` names participants in the order in which they came."""
    people = boards_of(answers)
    if not people:
        return _no_e_value("too_small", "No answers yet.")
    found = {name: log_evidence(boards, design=answers.design) for name, boards in people.items()}
    whole = float(log_e_values(np.sum(list(found.values()), axis=0)[None])[0])
    known = set(people) <= set(arrival)
    looks = log_e_values(np.array([found[name] for name in arrival if name in found])).tolist() if known else []
    return {
        "e_value": exp(whole) if abs(whole) < MOST else None,
        "log10": whole / log(10),
        "n_participants": len(people),
        "trajectory": [look / log(10) for look in looks],
        "sentence": _meaning(whole),
        "status": "ok",
        "reason": "" if abs(whole) < MOST else "Beyond what a number here can hold; see log10.",
    }


def boards_of(answers: Answers) -> dict[str, list[AnsweredBoard]]:
    """Every answered board by participant."""
    rows: dict[int, list[int]] = {}
    for row, block in enumerate(answers.block.tolist()):
        rows.setdefault(block, []).append(row)
    found: dict[str, list[AnsweredBoard]] = {}
    for block, places in rows.items():
        chosen = tuple(answers.chosen[places].tolist())
        if max(chosen) >= 0:
            board = AnsweredBoard(tuple(answers.heard[places].tolist()), chosen, int(answers.n_options[block]))
            found.setdefault(answers.participants[int(answers.block_participant[block])], []).append(board)
    return found


def judge_arm(whole: Mapping[str, Any], declared: Mapping[str, Any]) -> Verdict:
    """Whether an arm lies further above chance than the smallest effect of interest."""
    if declared["scale"] == "theta":
        theta = whole["theta"]
        return _judge(declared, theta["theta"], theta["ci_low"], theta["ci_high"], words="theta")
    if not whole["total"] or whole["expected"] is None:
        return _judge(declared, None, None, None, words="share")
    chance = whole["expected"] / whole["total"]
    rate, low, high = (whole[key] for key in ("rate", "ci_low", "ci_high"))
    ends = (None, None) if low is None or high is None else (low - chance, high - chance)
    return _judge(declared, rate - chance, *ends, words="share")


def judge_difference(found: Mapping[str, Any], declared: Mapping[str, Any]) -> Verdict:
    """Whether two arms differ by more than the smallest effect of interest, which has to be one of shares."""
    if declared["scale"] == "theta":
        return _no_verdict(declared, "not_applicable", say("theta of arms"))
    return _judge(declared, found["difference"], found["ci_low"], found["ci_high"], words="difference")


def _judge(
    declared: Mapping[str, Any], effect: float | None, low: float | None, high: float | None, *, words: str
) -> Verdict:
    """Equivalence by an interval: all of it within the smallest effect, all of it beyond, or neither.

    Arms may differ in either direction; a share or theta is asked whether it lies above chance by so much.
    """
    if effect is None or low is None or high is None:
        return _no_verdict(declared, "not_applicable", say("no interval"))
    value = declared["value"]
    verdict: Any = "undecided"
    either = words == "difference"
    if high < value and (low > -value or not either):
        verdict = "no_larger"
    elif low > value or (either and high < -value):
        verdict = "larger"
    numbers = {"effect": effect, "ci_low": low, "ci_high": high, "value": value}
    return {
        "scale": declared["scale"], "value": value, "effect": effect, "ci_low": low, "ci_high": high,
        "verdict": verdict, "sentence": say(f"{words} {verdict.replace('_', ' ')}", **numbers), "status": "ok",
        "reason": "",
    }  # fmt: skip


def _no_verdict(declared: Mapping[str, Any], status: Any, reason: str) -> Verdict:
    return {
        "scale": declared["scale"], "value": declared["value"], "effect": None, "ci_low": None, "ci_high": None,
        "verdict": None, "sentence": reason, "status": status, "reason": reason,
    }  # fmt: skip


def _no_e_value(status: Any, reason: str) -> EValue:
    return {
        "e_value": None, "log10": None, "n_participants": 0, "trajectory": [], "sentence": reason, "status": status,
        "reason": reason,
    }  # fmt: skip


def _meaning(whole: float) -> str:
    """An e-value, given by its natural log, in one sentence."""
    if whole <= 0:
        return say("no evidence", e=exp(max(whole, -MOST)))
    # Rounded down to two digits, so that no more is said than holds.
    power = floor(whole / log(10))
    size = f"10{str(min(power, MOST_TOLD)).translate(SUPERSCRIPT)}"
    if power < MOST_WRITTEN_OUT:
        unit = 10.0 ** (power - 1)
        size = f"{floor(exp(whole) / unit * (1 + 1e-12)) * unit:,.10g}"
    return say("evidence", above="above " if power >= MOST_TOLD else "", size=size)
