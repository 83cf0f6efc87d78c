"""What a study is and who took part: design, categories, flow, banners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis import wording
from analysis.errors import ResponsesError
from analysis.reading import category_order
from analysis.results.notes import Notes

FLOW_KEYS = ("started", "completed", "withdrawn", "excluded", "working")


def find_design(frame: pd.DataFrame, study: Mapping[str, Any]) -> str:
    declared = study.get("design")
    if len(frame) == 0:
        return str(declared or "one_to_one")
    found = str(frame["design"].iloc[0])
    if declared is not None and declared != found:
        raise ResponsesError(
            f"study.json says design '{declared}', column 'design' of the responses says '{found}': they belong to "
            f"different studies, or one was changed."
        )
    return found


def find_categories(frame: pd.DataFrame, study: Mapping[str, Any]) -> tuple[str, ...]:
    declared = study.get("categories")
    if not declared:
        return tuple(category_order(frame))
    for column in ("clip_category", "chosen_category"):
        unknown = ~frame[column].isin([*declared, ""])
        if unknown.any():
            row = int(unknown.to_numpy().argmax())
            raise ResponsesError(
                f"responses, line {row + 2}, column '{column}': '{frame[column].iloc[row]}' is not a category of "
                f"study.json ({', '.join(declared)})."
            )
    return tuple(declared)


def keep_one_kind(frame: pd.DataFrame, study: Mapping[str, Any], notes: Notes) -> tuple[pd.DataFrame, bool]:
    """People and simulated participants are never analysed together: people where there are any."""
    if not len(frame):
        return frame, bool(study.get("simulated_only"))
    if frame["simulated"].all():
        return frame, True
    if frame["simulated"].any():
        n = frame.loc[frame["simulated"], "session"].nunique()
        notes.warn(f"{wording.plural(n, 'simulated session')} left out: simulated and human answers are never mixed.")
        frame = frame[~frame["simulated"]].reset_index(drop=True)
    return frame, False


def name_arms(frame: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    declared = list(study.get("arms", {}))
    found = [str(name) for name in pd.unique(frame["arm"])]
    unknown = [name for name in found if declared and name not in declared]
    if unknown:
        row = int((frame["arm"] == unknown[0]).to_numpy().argmax())
        raise ResponsesError(
            f"responses, line {row + 2}, column 'arm': '{unknown[0]}' is not an arm of study.json "
            f"({', '.join(declared)})."
        )
    return declared or found or ["all"]


def canonical_rows(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    return frame[frame["arm"] == arm].reset_index(drop=True)


def find_exclusion_rules(frame: pd.DataFrame, declared: set[str]) -> list[dict[str, Any]]:
    """How many sessions were left out for reasons stated in the rows."""
    out = frame[frame["excluded"]].drop_duplicates(["arm", "participant", "session"])
    counts = out["exclusion_reason"].replace("", "no reason stated").value_counts(sort=False).sort_index()
    return [
        {"rule": str(rule), "threshold": None, "n": int(n), "declared": False}
        for rule, n in counts.items()
        if rule not in declared
    ]


def count_flow(rows: pd.DataFrame, facts: Mapping[str, Any] | None) -> dict[str, int | None]:
    """Sessions started, completed, withdrawn, excluded and still working; what is not known is None."""
    declared = (facts or {}).get("flow") or {}
    sessions = rows.drop_duplicates(["participant", "session"])
    flow: dict[str, int | None] = {key: declared.get(key) for key in FLOW_KEYS}
    flow["excluded"] = int(sessions["excluded"].sum()) if flow["excluded"] is None else flow["excluded"]
    flow["with_answers"] = int(rows[rows["answered"]].drop_duplicates(["participant", "session"]).shape[0])
    flow["analysed"] = int(
        rows[rows["answered"] & ~rows["excluded"]].drop_duplicates(["participant", "session"]).shape[0]
    )
    return flow


def study_facts(frame: pd.DataFrame, study: Mapping[str, Any], simulated: bool) -> dict[str, Any]:
    names = [str(name) for name in pd.unique(frame["study"]) if name]
    slug = study.get("slug") or (names[0] if len(names) == 1 else None)
    keys = (
        "trials_per_session", "listening_rule", "min_listen_s", "ask_confidence", "design_hash", "status",
        "opened_at", "closed_at", "seed",
    )  # fmt: skip
    return {
        "slug": slug,
        "title": study.get("title") or slug or "Matching study",
        "notes": study.get("notes", ""),
        "interim": bool(study.get("interim")),
        "simulated_only": bool(study.get("simulated_only")),
        "simulated": simulated,
        "log": study.get("log", []),
        **{key: study.get(key) for key in keys},
    }


def make_banners(study: Mapping[str, Any], simulated: bool) -> list[dict[str, str]]:
    """What a reader must know before any number."""
    banners = []
    if simulated or study.get("simulated_only"):
        banners.append(
            {
                "kind": "simulated",
                "title": "Simulated participants",
                "text": "No person gave these answers. They were drawn by a program to try out the study and this "
                "report, and say nothing about the images.",
            }
        )
    if study.get("interim"):
        banners.append(
            {
                "kind": "interim",
                "title": "Interim look",
                "text": "The study is still collecting answers. Looking early and deciding by the result when to stop "
                "makes p-values too small; this look is recorded in the study's log.",
            }
        )
    return banners
