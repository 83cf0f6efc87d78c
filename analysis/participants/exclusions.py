"""Who answered carelessly: declared exclusions and flags. Neither ever looks at whether answers are right.

A rule is declared with the study before it opens and stands in study.json under `exclusion_rules` as
`{"rule": name, "threshold": number}`. Rules on attention and headphone checks read sessions.csv. Excluded sessions are
left out of the results and shown again beside them. Flags use the same measures with default thresholds; they leave
nobody out and only tell the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ResponsesError
from analysis.participants.times import free_choices, outliers

SESSION = ["arm", "participant", "session"]


@dataclass(frozen=True)
class Rule:
    """A rule's words, with {threshold} where its number goes, and the sessions it concerns."""

    words: str
    default: float | None
    concerns: Callable[[pd.DataFrame, float], pd.Series]
    of_sessions: bool = False  # judges rows of sessions.csv, not responses


def _median_choice_seconds(rows: pd.DataFrame) -> pd.Series:
    chosen = free_choices(rows)
    return (chosen["choice_ms"] / 1000).groupby([chosen[key] for key in SESSION]).median()


def _too_fast(rows: pd.DataFrame, threshold: float) -> pd.Series:
    return _of_sessions(rows, _median_choice_seconds(rows) < threshold)


def _not_listened(rows: pd.DataFrame, threshold: float) -> pd.Series:
    heard = rows[rows["answered"]]
    least = (heard["listened_ms"] / 1000).groupby([heard[key] for key in SESSION]).min()
    return _of_sessions(rows, least < threshold)


def _incomplete(rows: pd.DataFrame, threshold: float) -> pd.Series:
    answered = rows[rows["answered"]]
    blocks = answered.groupby(SESSION)["block"].nunique()
    sessions = rows.drop_duplicates(SESSION).set_index(SESSION).index
    return pd.Series(blocks.reindex(sessions, fill_value=0).to_numpy() < threshold, index=sessions)


def _time_outlier(rows: pd.DataFrame, threshold: float) -> pd.Series:
    medians = _median_choice_seconds(rows).dropna()
    medians = medians[medians > 0]
    far = outliers(medians.to_numpy(), width=threshold) if len(medians) else np.array([], dtype=bool)
    return _of_sessions(rows, pd.Series(far, index=medians.index, dtype=bool))


def _duplicate(rows: pd.DataFrame, threshold: float) -> pd.Series:
    sessions = rows.drop_duplicates(SESSION)[SESSION]
    again = sessions.groupby(["arm", "participant"]).cumcount() >= threshold
    return pd.Series(again.to_numpy(), index=pd.MultiIndex.from_frame(sessions))


def _attention(sessions: pd.DataFrame, threshold: float) -> pd.Series:
    failed = sessions["attention_answered"] - sessions["attention_passed"]
    return pd.Series((failed > threshold).to_numpy(), index=pd.MultiIndex.from_frame(sessions[SESSION]))


def _headphones(sessions: pd.DataFrame, threshold: float) -> pd.Series:
    """Who went on without headphones has none right; who was not screened is not judged."""
    few = (sessions["headphones"] != "") & (sessions["headphones_correct"].fillna(0) < threshold)
    return pd.Series(few.to_numpy(), index=pd.MultiIndex.from_frame(sessions[SESSION]))


RULES = {
    "too_fast": Rule("median time per choice below {threshold} s", 0.3, _too_fast),
    "not_listened": Rule("a clip answered after less than {threshold} s of listening", None, _not_listened),
    "incomplete": Rule("fewer than {threshold} boards answered", None, _incomplete),
    "time_outlier": Rule("median log time more than {threshold} scaled MADs from the others'", 3.0, _time_outlier),
    "duplicate": Rule("more than {threshold} session of the same participant; the first counts", 1.0, _duplicate),
    "attention": Rule("more than {threshold} attention checks failed", 0.0, _attention, of_sessions=True),
    "headphones": Rule("fewer than {threshold} of 6 headphone sounds right", 5.0, _headphones, of_sessions=True),
}
FLAGS = ("too_fast", "time_outlier")
STRAIGHT_BOARDS = 3


def needs_sessions(rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a declared rule reads sessions.csv."""
    return any(rule.get("rule") in RULES and RULES[str(rule["rule"])].of_sessions for rule in rules)


def apply_rules(
    frame: pd.DataFrame, rules: Sequence[Mapping[str, Any]], sessions: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The frame with sessions excluded by declared rules, and how many each left out, in the order declared.

    A session counts for the first rule that concerns it. Sessions that are excluded already keep their reason.
    `sessions` (`analysis.reading.sessions.read_sessions`) is for rules on attention and headphone checks.

    Raises:
        ResponsesError: a rule that needs `sessions` without them, an unknown rule or a rule without its threshold,
            named with those that exist.
    """
    frame = frame.copy()
    report = []
    for declared in rules:
        name, threshold = declared.get("rule"), declared.get("threshold")
        if name not in RULES:
            raise ResponsesError(
                f"study.json, exclusion_rules: unknown rule {name!r}; known are {', '.join(RULES)}. Rules never depend "
                f"on how much is right."
            )
        rule = RULES[str(name)]
        threshold = rule.default if threshold is None else threshold
        if not isinstance(threshold, int | float) or isinstance(threshold, bool):
            raise ResponsesError(f"study.json, exclusion_rules: rule '{name}' needs a number as threshold.")
        words = rule.words.format(threshold=f"{threshold:g}")
        rows = sessions if rule.of_sessions else frame[~frame["excluded"]]
        if rows is None:
            raise ResponsesError(
                f"study.json declares the exclusion rule '{name}', which reads sessions.csv: put the sessions.csv of "
                f"the same export beside the responses."
            )
        hit = _rows_of_sessions(frame, rule.concerns(rows, float(threshold))) & ~frame["excluded"]
        frame.loc[hit, "exclusion_reason"] = words
        frame.loc[hit, "excluded"] = True
        by_arm = frame[hit].drop_duplicates(SESSION)["arm"].value_counts(sort=False)
        report.append(
            {
                "rule": words,
                "threshold": float(threshold),
                "n": int(by_arm.sum()),
                "by_arm": {str(arm): int(n) for arm, n in by_arm.sort_index().items()},
                "declared": True,
            }
        )
    return frame, report


def flags(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Sessions of one arm that look careless by default thresholds; they stay in the results."""
    found = []
    for name in FLAGS:
        rule = RULES[name]
        concerned = rule.concerns(rows, float(rule.default or 0.0))
        people = sorted(str(index[1]) for index, value in concerned.items() if value)
        found.append(
            {"flag": rule.words.format(threshold=f"{rule.default:g}"), "n": len(people), "participants": people}
        )
    found.append(
        {
            "flag": f"{STRAIGHT_BOARDS} or more boards, all matched straight in the order shown",
            "n": len(straight := _straight(rows)),
            "participants": straight,
        }
    )
    return found


def _straight(rows: pd.DataFrame) -> list[str]:
    """Participants who matched every board in the order shown: clip 1 with image 1, clip 2 with image 2, and so on.

    Boards on which that happens to be right say nothing, so boards without an error do not count. Where a study never
    shuffles, the order shown may be the right one: hence a flag and never a rule.
    """
    known = rows[rows["answered"] & rows["image_position"].notna() & rows["clip_position"].notna()]
    if not len(known):
        return []
    boards = known.assign(straight=known["image_position"] == known["clip_position"]).groupby([*SESSION, "block"])
    boards = boards.agg(straight=("straight", "all"), right=("correct", "all"))
    telling = boards[~boards["right"]].groupby(level=list(range(3)))["straight"].agg(["all", "size"])
    chosen = telling[telling["all"] & (telling["size"] >= STRAIGHT_BOARDS)]
    return sorted(str(index[1]) for index in chosen.index)


def _of_sessions(rows: pd.DataFrame, found: pd.Series) -> pd.Series:
    """Boolean per session of `rows`; sessions that the measure says nothing about are not concerned."""
    sessions = pd.MultiIndex.from_frame(rows.drop_duplicates(SESSION)[SESSION])
    return found.reindex(sessions).fillna(False).astype(bool) if len(sessions) else pd.Series(dtype=bool)


def _rows_of_sessions(frame: pd.DataFrame, concerned: pd.Series) -> pd.Series:
    chosen = set(concerned.index[concerned.to_numpy(dtype=bool)]) if len(concerned) else set()
    keys = zip(*(frame[key] for key in SESSION), strict=True)
    return pd.Series([key in chosen for key in keys], index=frame.index, dtype=bool)
