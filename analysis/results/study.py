"""What a study is and who took part: design, categories, flow, banners."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.errors import ResponsesError
from analysis.prose import Texts
from analysis.reading import category_order
from analysis.results.notes import Notes
from analysis.results.shape import Banner, Design, Flow, Study

say = Texts("sentences")


def find_design(frame: pd.DataFrame, study: Mapping[str, Any]) -> Design:
    declared = study.get("design")
    if len(frame) == 0:
        return declared or "one_to_one"
    found: Design = frame["design"].iloc[0]
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
        notes.warn(say("simulated left out", n=frame.loc[frame["simulated"], "session"].nunique()))
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


def find_exclusion_rules(frame: pd.DataFrame, declared: set[str]) -> list[dict[str, Any]]:
    """How many sessions were left out for reasons stated in the rows."""
    out = frame[frame["excluded"]].drop_duplicates(["arm", "participant", "session"])
    counts = out["exclusion_reason"].replace("", "no reason stated").value_counts(sort=False).sort_index()
    return [
        {"rule": str(rule), "threshold": None, "n": int(n), "declared": False}
        for rule, n in counts.items()
        if rule not in declared
    ]


def count_flow(rows: pd.DataFrame, facts: Mapping[str, Any], by_rules: int) -> Flow:
    """Sessions started, completed, surplus, withdrawn, excluded and still working; what is not known is None."""
    declared = facts.get("flow") or {}

    def sessions(chosen: pd.DataFrame) -> int:
        return len(chosen.drop_duplicates(["participant", "session"]))

    excluded = declared.get("excluded")
    return {
        "started": declared.get("started"),
        "completed": declared.get("completed"),
        "surplus": declared.get("surplus"),
        "withdrawn": declared.get("withdrawn"),
        "excluded": sessions(rows[rows["excluded"]]) if excluded is None else excluded,
        "working": declared.get("working"),
        "with_answers": sessions(rows[rows["answered"]]),
        "analysed": sessions(rows[rows["answered"] & ~rows["excluded"]]),
        "excluded_by_rules": by_rules,
    }


def study_facts(frame: pd.DataFrame, study: Mapping[str, Any], simulated: bool) -> Study:
    names = [str(name) for name in pd.unique(frame["study"]) if name]
    slug = study.get("slug") or (names[0] if len(names) == 1 else None)
    return {
        "slug": slug,
        "title": study.get("title") or slug or "Matching study",
        "notes": study.get("notes", ""),
        "interim": bool(study.get("interim")),
        "simulated_only": bool(study.get("simulated_only")),
        "simulated": simulated,
        "log": study.get("log", []),
        "trials_per_session": study.get("trials_per_session"),
        "listening_rule": study.get("listening_rule"),
        "min_listen_s": study.get("min_listen_s"),
        "ask_confidence": study.get("ask_confidence"),
        "design_hash": study.get("design_hash"),
        "status": study.get("status"),
        "opened_at": study.get("opened_at"),
        "closed_at": study.get("closed_at"),
        "seed": study.get("seed"),
        "language": study.get("language"),
        "instruction": study.get("instruction_text"),
        "headphone_check": study.get("headphone_check"),
        "attention_boards": study.get("attention_boards"),
        "planned": study.get("plan"),
    }


def make_banners(study: Mapping[str, Any], simulated: bool) -> list[Banner]:
    """What a reader must know before any number."""
    banners: list[Banner] = []
    if simulated or study.get("simulated_only"):
        banners.append({"kind": "simulated", "title": "Simulated participants", "text": say("simulated")})
    if study.get("interim"):
        banners.append({"kind": "interim", "title": "Interim look", "text": say("interim")})
    return banners
