"""What attention checks and the headphone screening found, in counts; they say how carefully a study was taken."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

MISSING = (
    "The study checked attention or headphones, but sessions.csv does not lie beside the responses, so what came of it "
    "is not shown."
)


def has_checks(study: Mapping[str, Any]) -> bool:
    """Whether study.json says that attention or headphones were checked."""
    return bool(study.get("attention_boards")) or study.get("headphone_check", "off") != "off"


def summarise_checks(
    sessions: pd.DataFrame, arm_names: Sequence[str], *, simulated: bool
) -> dict[str, dict[str, Any]] | None:
    """By arm: attention checks answered and passed, sessions that failed one, headphone screenings by outcome.

    Counts every session of `sessions` (`analysis.reading.sessions.read_sessions`) that came to a check, people or
    simulated ones as the results do, whether its answers are analysed or not. None: no session came to one.
    """
    kind = sessions[sessions["simulated"] == simulated]
    taken = kind[(kind["attention_answered"] > 0) | (kind["headphones"] != "")]
    if not len(taken):
        return None
    return {name: _summary(taken[taken["arm"] == name]) for name in arm_names}


def _summary(rows: pd.DataFrame) -> dict[str, Any]:
    answered, passed = rows["attention_answered"], rows["attention_passed"]
    return {
        "sessions": len(rows),
        "attention_answered": int(answered.sum()),
        "attention_passed": int(passed.sum()),
        "attention_failed_sessions": int((answered > passed).sum()),
        "headphones": {name: int((rows["headphones"] == name).sum()) for name in ("passed", "failed", "skipped")},
    }
