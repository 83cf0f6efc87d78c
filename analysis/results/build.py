"""One result document per report: every number that any format shows, with its n, interval, null and provenance.

`build_result` is the only maker of the document; renderers read it and compute nothing. It holds no clock time (`as_of`
is the time of the last response), no NaN and no infinity: a value that does not exist is null, with status and reason.
The document's shape is described by `schema/result.schema.json`.
"""

from __future__ import annotations

import hashlib
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from importlib import metadata
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import wording
from analysis.accuracy import totals
from analysis.compare.arms import compare_arms, compare_categories, compare_matrices
from analysis.errors import AnalysisError, ResponsesError
from analysis.intervals import holm
from analysis.join.by_arm import add_metrics
from analysis.participants.checks import MISSING as CHECKS_MISSING
from analysis.participants.checks import has_checks, summarise_checks
from analysis.participants.exclusions import apply_rules
from analysis.participants.spread import adjusted_for_order
from analysis.ranks import rank_relation
from analysis.reading.answers import answers_from, category_order
from analysis.reading.responses import validate_responses
from analysis.results import summary
from analysis.results.arms import FEW_PARTICIPANTS, arm_core, arm_more
from analysis.results.measured import measured_sizes, shared_guess_size, size_words

SCHEMA = "paragone-result/1"
CONFIDENCE = 0.95
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "jinja2")
# Rows are analysed in this order, whatever order they come in, so that seeded draws do not depend on it.
CANONICAL_ORDER = ["arm", "participant", "session", "trial_index", "block", "clip_position", "clip_category", "clip"]
FLOW_KEYS = ("started", "completed", "withdrawn", "excluded", "working")


@dataclass(frozen=True)
class Options:
    """Every choice that went into the numbers."""

    confidence: float = CONFIDENCE
    alternative: str = "greater"
    category_interval: str = "wilson"
    correction: str = "holm"
    bootstrap_draws: int = totals.BOOTSTRAP_DRAWS
    bootstrap_seed: int = totals.BOOTSTRAP_SEED


@dataclass
class Notes:
    """Warnings in words, each said once, in the order in which they came up."""

    texts: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        if text not in self.texts:
            self.texts.append(text)


def build_result(
    responses: pd.DataFrame,
    study: Mapping[str, Any] | None = None,
    embeddings: Sequence[Path] = (),
    *,
    features: Sequence[Path] = (),
    images: Sequence[Path] = (),
    sessions: pd.DataFrame | None = None,
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
        sources: sha256 of the files behind the numbers, by file name; without it the frame itself is hashed.

    Raises:
        ResponsesError: rows that contradict each other, the study or the design.
    """
    study = dict(study or {})
    notes = Notes()
    frame = given = validate_responses(responses)
    design = _design(frame, study)
    categories = _categories(frame, study)
    frame, simulated = _one_kind_of_participant(frame, study, notes)
    arm_names = _arm_names(frame, study)
    frame = frame.sort_values(CANONICAL_ORDER, kind="stable", ignore_index=True)
    frame, declared = apply_rules(frame, study.get("exclusion_rules") or [], sessions)
    kept, everyone = frame[~frame["excluded"]], frame
    if study.get("design_intact") is False:
        notes.warn("The design was changed after the study opened: its hash no longer fits. Find out how before use.")
    if sessions is None and has_checks(study):
        notes.warn(CHECKS_MISSING)
    _warn_about_rows(frame, notes)
    options = Options()
    arms = {
        name: _arm(_rows(kept, name), categories, study.get("arms", {}).get(name), options, whole=True)
        for name in arm_names
    }
    rows = {name: _rows(kept, name) for name in arm_names}
    groups = add_metrics(
        arms, rows, study, categories, notes.warn, embeddings=embeddings, features=features, images=images
    )
    for name in arm_names:
        arms[name]["human_and_metrics"] = _relation(arms[name])
        _warn_about_arm(name, arms[name], notes, alone=len(arm_names) == 1)
    excluded: dict[str, Any] = {
        "with": None
        if not frame["excluded"].any()
        else {
            name: _arm(_rows(everyone, name), categories, study.get("arms", {}).get(name), options, whole=False)
            for name in arm_names
        },
        "rules": declared + _exclusion_rules(frame, {rule["rule"] for rule in declared}),
    }
    banners = _banners(study, simulated)
    if any(banner["kind"] == "simulated" for banner in banners):
        for arm in arms.values():
            arm["answer"] = summary.of_a_program(arm["answer"])
    excluded["sentences"] = summary.exclusions(arms, excluded["with"])
    result = {
        "schema": SCHEMA,
        "study": _study_facts(frame, study, simulated),
        "design": design,
        "as_of": study.get("as_of"),
        "categories": list(categories),
        "banners": banners,
        "warnings": notes.texts,
        "flow": {
            name: _flow(_rows(frame, name), study.get("arms", {}).get(name))
            | {"excluded_by_rules": sum(rule["by_arm"].get(name, 0) for rule in declared)}
            for name in arm_names
        },
        "checks": None if sessions is None else summarise_checks(sessions, arm_names, simulated=simulated),
        "arms": arms,
        "comparisons": _comparisons(kept, arm_names, categories, notes),
        "side_by_side": groups,
        "excluded": excluded,
        "measured_sizes": measured_sizes(),
        "options": asdict(options),
        "provenance": _provenance(given, study, [*embeddings, *features, *images], sources),
    }
    return plain(result)


def plain(value: Any, where: str = "result") -> Any:
    """JSON-ready copy: dataclasses and numpy values become plain ones; NaN and infinity are refused by name."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise AnalysisError(f"{where} is {value}: a value that does not exist must be null with a reason.")
    return value


def _design(frame: pd.DataFrame, study: Mapping[str, Any]) -> str:
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


def _categories(frame: pd.DataFrame, study: Mapping[str, Any]) -> tuple[str, ...]:
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


def _one_kind_of_participant(frame: pd.DataFrame, study: Mapping[str, Any], notes: Notes) -> tuple[pd.DataFrame, bool]:
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


def _arm_names(frame: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
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


def _rows(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    return frame[frame["arm"] == arm].reset_index(drop=True)


def _arm(
    rows: pd.DataFrame, categories: Sequence[str], facts: Mapping[str, Any] | None, options: Options, *, whole: bool
) -> dict[str, Any]:
    document, answers = arm_core(rows, categories, facts, confidence=options.confidence)
    if not whole:
        return document
    document |= arm_more(rows, answers, document)
    return document | {"answer": summary.answer(document, categories)}


def _exclusion_rules(frame: pd.DataFrame, declared: set[str]) -> list[dict[str, Any]]:
    """How many sessions were left out for reasons stated in the rows."""
    out = frame[frame["excluded"]].drop_duplicates(["arm", "participant", "session"])
    counts = out["exclusion_reason"].replace("", "no reason stated").value_counts(sort=False).sort_index()
    return [
        {"rule": str(rule), "threshold": None, "n": int(n), "declared": False}
        for rule, n in counts.items()
        if rule not in declared
    ]


def _flow(rows: pd.DataFrame, facts: Mapping[str, Any] | None) -> dict[str, int | None]:
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


def _study_facts(frame: pd.DataFrame, study: Mapping[str, Any], simulated: bool) -> dict[str, Any]:
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


def _banners(study: Mapping[str, Any], simulated: bool) -> list[dict[str, str]]:
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


def _warn_about_rows(frame: pd.DataFrame, notes: Notes) -> None:
    named = frame[(frame["clip"] != "") & frame["answered"]]
    again = named.duplicated(["arm", "participant", "clip"])
    if again.any():
        n = named.loc[again, "participant"].nunique()
        notes.warn(
            f"{wording.plural(n, 'participant')} answered the same clip in more than one block. The exact law takes "
            f"blocks as independent, which repeated clips are not: read overall p-values with care."
        )


def _warn_about_arm(name: str, arm: Mapping[str, Any], notes: Notes, *, alone: bool) -> None:
    where = "" if alone else f"Arm '{name}': "
    n = arm["n_participants"]
    if n == 0:
        notes.warn(f"{where}{'N' if alone else 'n'}o answers to analyse.")
        return
    if n < 5:
        notes.warn(
            f"{where}{wording.plural(n, 'participant')} only: the exact p-values hold, the intervals over "
            f"participants say little."
        )
    if arm["n_unanswered"]:
        notes.warn(
            f"{where}{wording.plural(arm['n_unanswered'], 'clip')} without an answer: left out, and the chance law "
            f"takes only what was answered."
        )
    if 5 <= n < FEW_PARTICIPANTS:
        notes.warn(
            f"{where}{n} participants: below about {FEW_PARTICIPANTS} intervals that resample participants cover less "
            f"than 95% (measured with 12: 91% to 94%); the exact p-values hold for any number."
        )
    _warn_about_shared_guesses(where, arm, notes)
    if arm["overall"]["status"] in ("degenerate", "not_applicable"):
        notes.warn(f"{where}{arm['overall']['reason']}")


def _warn_about_shared_guesses(where: str, arm: Mapping[str, Any], notes: Notes) -> None:
    """A significant total beside errors that pile up: people may share their guesses, right ones and wrong ones."""
    whole, tested = arm["overall"]["p_value"], [pair for pair in arm["pairs"] if pair["p_holm"] is not None]
    piled = [pair for pair in tested if pair["p_holm"] <= summary.LEVEL]
    if whole is None or whole > summary.LEVEL or not piled or arm["n_participants"] < 2:
        return
    first = min(piled, key=lambda pair: float(pair["p_value"]))
    notes.warn(
        f"{where}Wrong answers pile up between {first['a']} and {first['b']}, as they do when people who do not know "
        f"guess alike. Exact p-values take the guesses of different people as independent. Shared guesses are right in "
        f"bulk, too, and then p is too small: with half of 12 participants sharing one guess, "
        f"{wording.percent(shared_guess_size())} of studies in which nobody knew anything were significant at .05 "
        f"(measured). Boards with other clips and images show whether the answer stays."
    )


def _comparisons(
    kept: pd.DataFrame, arm_names: Sequence[str], categories: Sequence[str], notes: Notes
) -> list[dict[str, Any]]:
    """Every two arms: paired when the same people answered both, independent when nobody did, else left out."""
    found = []
    for a, b in combinations(arm_names, 2):
        rows = {name: _rows(kept, name) for name in (a, b)}
        people = {name: set(rows[name].loc[rows[name]["answered"], "participant"]) for name in (a, b)}
        shared = people[a] & people[b]
        if shared and people[a] != people[b]:
            notes.warn(
                f"Arms '{a}' and '{b}' are not compared: {wording.plural(len(shared), 'participant')} answered both "
                f"and others only one, which is neither a paired nor an independent comparison."
            )
            continue
        same = bool(shared)
        comparison = asdict(compare_arms(kept[kept["answered"]], a, b, same_participants=same))
        first, second = answers_from(rows[a], categories), answers_from(rows[b], categories)
        matrices = compare_matrices(first, second, same_participants=same)
        comparison["matrix"] = asdict(matrices)
        by_category = compare_categories(first, second, same_participants=same)
        comparison["categories"] = [asdict(row) for row in by_category]
        comparison["order_adjusted"] = _order_adjusted(rows[a], rows[b]) if same else None
        found.append(comparison)
    adjusted = holm([c["p_value"] for c in found if c["p_value"] is not None])
    for comparison in found:
        comparison["p_holm"] = adjusted.pop(0) if comparison["p_value"] is not None else None
        comparison["sentence"] = summary.comparison(comparison)
    return found


def _order_adjusted(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, Any] | None:
    """Log odds ratio of arm a with the number of the trial held constant (GEE over participants)."""
    rows = pd.concat([first.assign(a=1.0), second.assign(a=0.0)], ignore_index=True)
    rows = rows[rows["answered"] & rows["trial_index"].notna()]
    if not len(rows):
        return None
    found = adjusted_for_order(
        rows["correct"].to_numpy(dtype=bool), rows["a"].to_numpy(), rows["trial_index"].to_numpy(dtype=float),
        pd.factorize(rows["participant"])[0],
    )  # fmt: skip
    return asdict(found) | {"size": size_words("order")} if found else None


def _relation(arm: Mapping[str, Any]) -> dict[str, Any] | None:
    """Human accuracy against GIILS over the categories that have both; None without metrics."""
    if arm["metrics"] is None:
        return None
    pairs = [
        (row["rate"], arm["metrics"]["giils"][name]["score"])
        for name, row in arm["categories"].items()
        if row["rate"] is not None
        and name in arm["metrics"]["giils"]
        and arm["metrics"]["giils"][name]["score"] is not None
    ]
    return asdict(rank_relation([p[0] for p in pairs], [p[1] for p in pairs]))


def _provenance(
    frame: pd.DataFrame,
    study: Mapping[str, Any],
    files: Sequence[Path],
    sources: Mapping[str, str] | None,
) -> dict[str, Any]:
    if sources is None:
        sources = {"responses": frame_sha256(frame)}
        sources |= {Path(path).name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files}
    versions = {"paragone": metadata.version("paragone"), "python": platform.python_version()}
    versions |= {name: metadata.version(name) for name in LIBRARIES}
    arms = study.get("arms", {})
    return {
        "sources": dict(sorted(sources.items())),
        "design_hash": study.get("design_hash"),
        "plan": (study.get("plan") or {}).get("sentences", []),
        "collected_with": study.get("versions", {}),
        "analysed_with": versions,
        "stimulus_sets": {
            name: {
                "stimulus_set": facts.get("stimulus_set"),
                "source": facts.get("source"),
                "checkpoint": facts.get("checkpoint"),
                "dataset": facts.get("dataset"),
                "settings": facts.get("settings"),
                "n_stimuli": len(facts.get("stimuli", [])),
            }
            for name, facts in arms.items()
        },
    }


def frame_sha256(frame: pd.DataFrame) -> str:
    """Hash of the rows as CSV text with Unix line ends."""
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
