"""One result document per report: every number that any format shows, with its n, interval, null and provenance.

`build_result` is the only maker of the document; renderers read it and compute nothing. It holds no clock time (`as_of`
is the time of the last response), no NaN and no infinity: a value that does not exist is null, with status and reason.
The document's shape is that of `analysis.results.shape`, which `schema/result.schema.json` is derived from.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.accuracy import BOOTSTRAP_DRAWS, BOOTSTRAP_SEED
from analysis.documents import plain
from analysis.exclusion import apply_rules
from analysis.join import add_metrics
from analysis.kinds import summarise_tables
from analysis.participants import MISSING as CHECKS_MISSING
from analysis.participants import has_checks, summarise_checks, summarise_evidence
from analysis.reading import validate_responses
from analysis.results import summary
from analysis.results.arms import ArmRows, arm_answers, arm_core, select_arm
from analysis.results.comparisons import compare_all, relate_metrics
from analysis.results.decision import add_decisions
from analysis.results.measured import measured_sizes
from analysis.results.notes import Notes, warn_about_arm, warn_about_leakage, warn_about_names, warn_about_rows
from analysis.results.provenance import describe_provenance
from analysis.results.shape import ArmCore, Options, Result
from analysis.results.study import (
    count_flow,
    find_categories,
    find_design,
    find_exclusion_rules,
    keep_one_kind,
    make_banners,
    name_arms,
    study_facts,
)
from analysis.results.summary import say

# Rows are analysed in this order, whatever order they come in, so that seeded draws do not depend on it.
CANONICAL_ORDER = ["arm", "participant", "session", "trial_index", "block", "clip_position", "clip_category", "clip"]


# Every choice that went into the numbers.
OPTIONS: Options = {
    "confidence": 0.95,
    "alternative": "greater",
    "category_interval": "wilson",
    "correction": "holm",
    "bootstrap_draws": BOOTSTRAP_DRAWS,
    "bootstrap_seed": BOOTSTRAP_SEED,
}


def build_result(
    responses: pd.DataFrame,
    study: Mapping[str, Any] | None = None,
    embeddings: Sequence[Path] = (),
    *,
    features: Sequence[Path] = (),
    images: Sequence[Path] = (),
    sessions: pd.DataFrame | None = None,
    tables: Mapping[str, Path] | None = None,
    sources: Mapping[str, str] | None = None,
) -> Result:
    """The result document of one study.

    Parameters
    ----------
    responses : DataFrame, one row per clip on a board
        Tidy frame (`analysis.reading.responses.COLUMNS`).
    study : mapping, optional
        Contents of study.json; without it the design comes from the rows and nothing is known of the stimuli.
    embeddings : paths
        embeddings.npz files; each is joined to the arm that shows its stimulus set.
    features : paths
        features.npz files of the same sets, for distances from the reference artworks.
    images : paths
        Thumbnails files of the same sets, for the grids of pictures.
    sessions : DataFrame, optional
        Rows of sessions.csv: what checks found and what became of clips and images, and for declared rules on them.
    tables : mapping, optional
        Companion tables of other kinds of trials, by kind (`analysis.kinds`).
    sources : mapping, optional
        SHA-256 of the files behind the numbers, by file name; without it the frame itself is hashed.

    Returns
    -------
    Result
        Plain values, ready for JSON: shares from 0 to 1, times in seconds; null where a value does not exist.

    Raises
    ------
    ResponsesError
        Rows that contradict each other, the study or the design.
    """
    study = dict(study or {})
    facts: dict[str, Any] = study.get("arms", {})
    notes = Notes()
    frame = given = validate_responses(responses)
    design = find_design(frame, study)
    categories = find_categories(frame, study)
    frame, simulated = keep_one_kind(frame, study, notes)
    arm_names = name_arms(frame, study)
    frame = frame.sort_values(CANONICAL_ORDER, kind="stable", ignore_index=True)
    frame, declared = apply_rules(frame, study.get("exclusion_rules") or [], sessions)
    kept = frame[~frame["excluded"]]
    if study.get("design_intact") is False:
        notes.warn(say("changed"))
    if sessions is None and has_checks(study):
        notes.warn(CHECKS_MISSING)
    warn_about_rows(frame, notes)
    warn_about_names(frame, notes)
    warn_about_leakage(facts.values(), notes)

    def core(arm: ArmRows, name: str) -> ArmCore:
        return arm_core(arm, facts.get(name), confidence=OPTIONS["confidence"])

    chosen = {name: select_arm(kept, name, categories) for name in arm_names}
    arms: dict[str, Any] = {name: arm_answers(arm, core(arm, name)) for name, arm in chosen.items()}
    rows = {name: arm.rows for name, arm in chosen.items()}
    groups: Any = add_metrics(
        arms, rows, study, categories, notes.warn, embeddings=embeddings, features=features, images=images
    )
    for name, arm in arms.items():
        arm["human_and_metrics"] = relate_metrics(arm)
        warn_about_arm(name, arm, notes, alone=len(arm_names) == 1)
    out = bool(frame["excluded"].any())
    everyone = {name: select_arm(frame, name, categories) for name in arm_names} if out else chosen
    whole = {name: core(arm, name) for name, arm in everyone.items()} if out else None
    checks: Any = None if sessions is None else summarise_checks(sessions, arm_names, simulated=simulated)
    reached: Any = None if sessions is None else summarise_evidence(sessions, arm_names, simulated=simulated)
    rules: list[Any] = declared + find_exclusion_rules(frame, {rule["rule"] for rule in declared})
    banners = make_banners(study, simulated)
    if any(banner["kind"] == "simulated" for banner in banners):
        for arm in arms.values():
            arm["answer"] = summary.of_a_program(arm["answer"])
    comparisons = compare_all(kept, chosen, notes)
    add_decisions(arms, {name: arm.answers for name, arm in chosen.items()}, comparisons, study, sessions)
    result: Result = {
        "schema": "paragone-result/1",
        "study": study_facts(frame, study, simulated),
        "design": design,
        "as_of": study.get("as_of"),
        "categories": list(categories),
        "banners": banners,
        "warnings": notes.texts,
        "flow": {
            name: count_flow(arm.rows, facts.get(name) or {}, sum(rule["by_arm"].get(name, 0) for rule in declared))
            for name, arm in everyone.items()
        },
        "checks": checks,
        "evidence": reached,
        "arms": arms,
        "comparisons": comparisons,
        "side_by_side": groups[0],
        "distances_side_by_side": groups[1],
        "excluded": {"with": whole, "rules": rules, "sentences": summary.exclusions(arms, whole)},
        "measured_sizes": measured_sizes(),
        "options": OPTIONS,
        "provenance": describe_provenance(given, study, [*embeddings, *features, *images], sources),
    }
    if tables:
        result["kinds"] = summarise_tables(tables, study)
    return plain(result)
