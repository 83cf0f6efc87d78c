"""What became of the clips and images that people were given, in counts; it says how far answers can be trusted."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.reading import EVIDENCE


def summarise_evidence(
    sessions: pd.DataFrame, arm_names: Sequence[str], *, simulated: bool
) -> dict[str, dict[str, Any]] | None:
    """By arm: clips and images of answered boards by outcome, sessions concerned, boards in impossible time, browsers.

    Counts every session of `sessions` (`analysis.reading.sessions.read_sessions`) with answers, people or simulated
    ones as the results do, whether they are analysed or not. None: the table has no such counts, or nobody answered.
    """
    if not set(EVIDENCE) <= set(sessions.columns):
        return None
    kind = sessions[sessions["simulated"] == simulated]
    answered = kind[kind[[name for name in EVIDENCE if name.startswith("clips_")]].sum(axis=1) > 0]
    return {name: _summary(answered[answered["arm"] == name]) for name in arm_names} if len(answered) else None


def _summary(rows: pd.DataFrame) -> dict[str, Any]:
    unseen, unheard = rows["images_failed"] + rows["images_missed"], rows["clips_failed"] + rows["clips_missed"]
    browsers = rows["browser"].replace("", "not kept").value_counts(sort=False).sort_index()
    return {
        "sessions": len(rows),
        **{name: int(rows[name].sum()) for name in EVIDENCE},
        "sessions_not_shown": int((unseen > 0).sum()),
        "sessions_not_heard": int((unheard > 0).sum()),
        "sessions_declared": int((rows["clips_declared"] > 0).sum()),
        "sessions_impossible": int((rows["boards_impossible"] > 0).sum()),
        "browsers": {str(name): int(n) for name, n in browsers.items()},
    }
