"""One result document per report: every number that any format shows, with its n, interval, null and provenance.

`build_result` is the only maker of the document; renderers read it and compute nothing. It holds no clock time (`as_of`
is the time of the last response), no NaN and no infinity: a value that does not exist is null, with status and reason.
The document's shape is described by `schema/result.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.accuracy import BOOTSTRAP_DRAWS, BOOTSTRAP_SEED
from analysis.documents import plain
from analysis.exclusion import apply_rules
from analysis.join import add_metrics
from analysis.kinds import summarise_tables
from analysis.participants import MISSING as CHECKS_MISSING
from analysis.participants import has_checks, summarise_checks
from analysis.reading import validate_responses
from analysis.results import summary
from analysis.results.arms import arm_core, arm_more
from analysis.results.comparisons import compare_all, relate_metrics
from analysis.results.measured import measured_sizes
from analysis.results.notes import Notes, warn_about_arm, warn_about_rows
from analysis.results.provenance import describe_provenance
from analysis.results.study import (
    canonical_rows,
    count_flow,
    find_categories,
    find_design,
    find_exclusion_rules,
    keep_one_kind,
    make_banners,
    name_arms,
    study_facts,
)

SCHEMA = "paragone-result/1"

CONFIDENCE = 0.95

# Rows are analysed in this order, whatever order they come in, so that seeded draws do not depend on it.
CANONICAL_ORDER = ["arm", "participant", "session", "trial_index", "block", "clip_position", "clip_category", "clip"]


@dataclass(frozen=True)
class Options:
    """Every choice that went into the numbers."""

    confidence: float = CONFIDENCE
    alternative: str = "greater"
    category_interval: str = "wilson"
    correction: str = "holm"
    bootstrap_draws: int = BOOTSTRAP_DRAWS
    bootstrap_seed: int = BOOTSTRAP_SEED


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
) -> dict[str, Any]:
    """The result document of one study.

    Args:
        responses: tidy frame (`analysis.reading.responses.COLUMNS`).
        study: contents of study.json; without it the design comes from the rows and nothing is known of the stimuli.
        embeddings: embeddings.npz files; each is joined to the arm that shows its stimulus set.
        features: features.npz files of the same sets, for distances from the reference artworks.
        images: thumbnails files of the same sets, for the grids of pictures.
        sessions: rows of sessions.csv: what attention and headphone checks found, and for declared rules on them.
        tables: companion tables of other kinds of trials, by kind (`analysis.kinds`).
        sources: sha256 of the files behind the numbers, by file name; without it the frame itself is hashed.

    Raises:
        ResponsesError: rows that contradict each other, the study or the design.
    """
    study = dict(study or {})
    notes = Notes()
    frame = given = validate_responses(responses)
    design = find_design(frame, study)
    categories = find_categories(frame, study)
    frame, simulated = keep_one_kind(frame, study, notes)
    arm_names = name_arms(frame, study)
    frame = frame.sort_values(CANONICAL_ORDER, kind="stable", ignore_index=True)
    frame, declared = apply_rules(frame, study.get("exclusion_rules") or [], sessions)
    kept, everyone = frame[~frame["excluded"]], frame
    if study.get("design_intact") is False:
        notes.warn("The design was changed after the study opened: its hash no longer fits. Find out how before use.")
    if sessions is None and has_checks(study):
        notes.warn(CHECKS_MISSING)
    warn_about_rows(frame, notes)
    options = Options()
    arms = {
        name: _arm(canonical_rows(kept, name), categories, study.get("arms", {}).get(name), options, whole=True)
        for name in arm_names
    }
    rows = {name: canonical_rows(kept, name) for name in arm_names}
    groups = add_metrics(
        arms, rows, study, categories, notes.warn, embeddings=embeddings, features=features, images=images
    )
    for name in arm_names:
        arms[name]["human_and_metrics"] = relate_metrics(arms[name])
        warn_about_arm(name, arms[name], notes, alone=len(arm_names) == 1)
    excluded: dict[str, Any] = {
        "with": None
        if not frame["excluded"].any()
        else {
            name: _arm(
                canonical_rows(everyone, name), categories, study.get("arms", {}).get(name), options, whole=False
            )
            for name in arm_names
        },
        "rules": declared + find_exclusion_rules(frame, {rule["rule"] for rule in declared}),
    }
    banners = make_banners(study, simulated)
    if any(banner["kind"] == "simulated" for banner in banners):
        for arm in arms.values():
            arm["answer"] = summary.of_a_program(arm["answer"])
    excluded["sentences"] = summary.exclusions(arms, excluded["with"])
    result = {
        "schema": SCHEMA,
        "study": study_facts(frame, study, simulated),
        "design": design,
        "as_of": study.get("as_of"),
        "categories": list(categories),
        "banners": banners,
        "warnings": notes.texts,
        "flow": {
            name: count_flow(canonical_rows(frame, name), study.get("arms", {}).get(name))
            | {"excluded_by_rules": sum(rule["by_arm"].get(name, 0) for rule in declared)}
            for name in arm_names
        },
        "checks": None if sessions is None else summarise_checks(sessions, arm_names, simulated=simulated),
        "arms": arms,
        "comparisons": compare_all(kept, arm_names, categories, notes),
        "side_by_side": groups,
        "excluded": excluded,
        "measured_sizes": measured_sizes(),
        "options": asdict(options),
        "provenance": describe_provenance(given, study, [*embeddings, *features, *images], sources),
    }
    if tables:
        result["kinds"] = summarise_tables(tables, study)
    return plain(result)


def _arm(
    rows: pd.DataFrame, categories: Sequence[str], facts: Mapping[str, Any] | None, options: Options, *, whole: bool
) -> dict[str, Any]:
    document, answers = arm_core(rows, categories, facts, confidence=options.confidence)
    if not whole:
        return document
    document |= arm_more(rows, answers, document)
    return document | {"answer": summary.answer(document, categories)}
