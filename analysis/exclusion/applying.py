"""Who answered carelessly: declared exclusions and flags. Neither ever looks at whether answers are right.

A rule is declared with the study before it opens and stands in study.json under `exclusion_rules` as
`{"rule": name, "threshold": number}`. Rules on checks and on evidence read sessions.csv. Excluded sessions are
left out of the results and shown again beside them. Flags use the same measures with default thresholds; they leave
nobody out and only tell the reader.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.errors import ResponsesError
from analysis.exclusion.registry import RULES, load_rule
from analysis.exclusion.rule import SESSION, Rule

STRAIGHT_BOARDS = 3


def needs_sessions(rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a declared rule reads sessions.csv."""
    return any(load_rule(rule["rule"]).reads_sessions for rule in rules if rule.get("rule") in RULES)


def apply_rules(
    frame: pd.DataFrame, rules: Sequence[Mapping[str, Any]], sessions: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The frame with sessions excluded by declared rules, and how many each left out, in the order declared.

    A session counts for the first rule that concerns it. Sessions that are excluded already keep their reason.
    `sessions` (`analysis.reading.sessions.read_sessions`) is for rules on checks and evidence.

    Raises:
        ResponsesError: a rule that needs `sessions` without them, an unknown rule or a rule without its threshold,
            named with those that exist.
    """
    frame = frame.copy()
    report = []
    for declared in rules:
        rule, threshold = _read(declared)
        words = rule.describe(threshold)
        rows = sessions if rule.reads_sessions else frame[~frame["excluded"]]
        if rows is None:
            raise ResponsesError(
                f"study.json declares the exclusion rule '{declared['rule']}', which reads sessions.csv: put the "
                f"sessions.csv of the same export beside the responses."
            )
        if missing := [column for column in rule.columns if column not in rows.columns]:
            raise ResponsesError(
                f"study.json declares the exclusion rule '{declared['rule']}', but sessions.csv lacks "
                f"{', '.join(missing)}: export the study again with this version."
            )
        concerned = set(rule.concerns(rows, threshold))
        keys = zip(*(frame[key] for key in SESSION), strict=True)
        hit = pd.Series([key in concerned for key in keys], index=frame.index, dtype=bool) & ~frame["excluded"]
        frame.loc[hit, "exclusion_reason"] = words
        frame.loc[hit, "excluded"] = True
        by_arm = frame[hit].drop_duplicates(SESSION)["arm"].value_counts(sort=False)
        report.append(
            {
                "rule": words,
                "threshold": threshold,
                "n": int(by_arm.sum()),
                "by_arm": {str(arm): int(n) for arm, n in by_arm.sort_index().items()},
                "declared": True,
            }
        )
    return frame, report


def _read(declared: Mapping[str, Any]) -> tuple[Rule, float]:
    """A declaration of study.json as its rule and its number."""
    name, threshold = declared.get("rule"), declared.get("threshold")
    if name not in RULES:
        raise ResponsesError(
            f"study.json, exclusion_rules: unknown rule {name!r}; known are {', '.join(RULES)}. Rules never depend "
            f"on how much is right."
        )
    rule = load_rule(str(name))
    threshold = rule.default if threshold is None else threshold
    if not isinstance(threshold, int | float) or isinstance(threshold, bool):
        raise ResponsesError(f"study.json, exclusion_rules: rule '{name}' needs a number as threshold.")
    return rule, float(threshold)


def flags(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Sessions of one arm that look careless by default thresholds; they stay in the results."""
    found = []
    for rule in map(load_rule, RULES):
        if rule.flagged and rule.default is not None:
            people = sorted(str(participant) for _, participant, _ in rule.concerns(rows, rule.default))
            found.append({"flag": rule.describe(rule.default), "n": len(people), "participants": people})
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
