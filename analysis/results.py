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
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import accuracy, wording
from analysis.answers import Answers, answers_from, category_order
from analysis.errors import AnalysisError, ResponsesError
from analysis.metrics import arm_metrics
from analysis.pairs import pair_tests
from analysis.responses import validate_responses

SCHEMA = "paragone-result/1"
ALPHAS = (0.05, 0.01, 0.001)
CONFIDENCE = 0.95
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "jinja2")
FLOW_KEYS = ("started", "completed", "withdrawn", "excluded", "working")


@dataclass(frozen=True)
class Options:
    """Every choice that went into the numbers."""

    confidence: float = CONFIDENCE
    alternative: str = "greater"
    category_interval: str = "wilson"
    correction: str = "holm"
    bootstrap_draws: int = accuracy.BOOTSTRAP_DRAWS
    bootstrap_seed: int = accuracy.BOOTSTRAP_SEED


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
    sources: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The result document of one study.

    Args:
        responses: tidy frame (`analysis.responses.COLUMNS`).
        study: contents of study.json; without it the design comes from the rows and nothing is known of the stimuli.
        embeddings: embeddings.npz files; each is joined to the arm that shows its stimulus set.
        sources: sha256 of the files behind the numbers, by file name; without it the frame itself is hashed.

    Raises:
        ResponsesError: rows that contradict each other, the study or the design.
    """
    study = dict(study or {})
    notes = Notes()
    frame = validate_responses(responses)
    design = _design(frame, study)
    categories = _categories(frame, study)
    frame, simulated = _one_kind_of_participant(frame, study, notes)
    arm_names = _arm_names(frame, study)
    kept, everyone = frame[~frame["excluded"]], frame
    if study.get("design_intact") is False:
        notes.warn("The design was changed after the study opened: its hash no longer fits. Find out how before use.")
    _warn_about_rows(frame, notes)
    options = Options()
    arms = {
        name: _arm(_rows(kept, name), categories, design, study.get("arms", {}).get(name), options)
        for name in arm_names
    }
    metrics = _metrics_by_arm(embeddings, arm_names, study, categories, notes)
    for name in arm_names:
        arms[name]["metrics"], arms[name]["other_metrics"] = metrics[name]
        _warn_about_arm(name, arms[name], notes, alone=len(arm_names) == 1)
    excluded = {
        "with": None
        if not frame["excluded"].any()
        else {
            name: _arm(_rows(everyone, name), categories, design, study.get("arms", {}).get(name), options)
            for name in arm_names
        },
        "rules": _exclusion_rules(frame),
    }
    result = {
        "schema": SCHEMA,
        "study": _study_facts(frame, study, simulated),
        "design": design,
        "as_of": study.get("as_of"),
        "categories": list(categories),
        "banners": _banners(study, simulated),
        "warnings": notes.texts,
        "flow": {name: _flow(_rows(frame, name), study.get("arms", {}).get(name)) for name in arm_names},
        "arms": arms,
        "comparisons": [],
        "excluded": excluded,
        "options": asdict(options),
        "provenance": _provenance(frame, study, embeddings, sources),
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
    rows: pd.DataFrame,
    categories: Sequence[str],
    design: str,
    facts: Mapping[str, Any] | None,
    options: Options,
) -> dict[str, Any]:
    answers = answers_from(rows, categories)
    whole = accuracy.overall(answers, confidence=options.confidence)
    by_category = accuracy.per_category(answers, confidence=options.confidence)
    totals = answers.matrix.sum(axis=1)
    document: dict[str, Any] = {
        "stimulus_set": (facts or {}).get("stimulus_set"),
        "source": (facts or {}).get("source"),
        "checkpoint": (facts or {}).get("checkpoint"),
        "dataset": (facts or {}).get("dataset"),
        "n_stimuli": len((facts or {}).get("stimuli", [])) or None,
        "n_participants": int((answers.answers_by_participant > 0).sum()),
        "n_blocks": len(answers.boards),
        "n_answers": answers.n_answers,
        "n_unanswered": int((~answers.answered).sum()),
        "board": _board_size(answers),
        "blocks_per_participant": _span(np.bincount(answers.block_participant, minlength=answers.n_participants)),
        "confusion": answers.matrix,
        "row_totals": totals,
        "row_rates": [
            [float(n) / int(total) if total else None for n in row]
            for row, total in zip(answers.matrix, totals, strict=True)
        ],
        "overall": _overall(whole, answers),
        "categories": {row.category: asdict(row) for row in by_category},
        "pairs": [asdict(pair) for pair in pair_tests(answers)],
        "participants": _participants(answers),
    }
    document["sentence"] = wording.overall_sentence(document)
    return document


def _overall(whole: accuracy.Overall, answers: Answers) -> dict[str, Any]:
    document = asdict(whole)
    interval = document.pop("interval")
    document |= {
        "ci_low": interval["low"],
        "ci_high": interval["high"],
        "ci_method": interval["method"],
        "ci_se": interval["se"],
        "method": document.pop("test"),
        "null": None,
    }
    if whole.p_value is not None:
        law = answers.null_law
        spread = 5 * (whole.null_sd or 0)
        first = max(0, min(whole.correct, math.floor(law.mean - spread)))
        last = min(law.n, max(whole.correct, math.ceil(law.mean + spread)))
        document["null"] = {
            "first": first,
            "pmf": law.pmf[first : last + 1],
            "mean": law.mean,
            "sd": whole.null_sd,
            "critical": {str(alpha): law.critical(alpha) for alpha in ALPHAS},
            "max": law.n,
        }
    return document


def _board_size(answers: Answers) -> int | None:
    """Images on a board when all boards have the same number, else None."""
    sizes = {int(n) for n in answers.n_options}
    return sizes.pop() if len(sizes) == 1 else None


def _span(values: np.ndarray) -> dict[str, int | None]:
    return {"min": int(values.min()) if len(values) else None, "max": int(values.max()) if len(values) else None}


def _participants(answers: Answers) -> list[dict[str, Any]]:
    """One entry per participant: hits and answers in all and in every category, in order of appearance."""
    hits, asked = answers.hits_by_category, answers.answers_by_category
    return [
        {
            "participant": name,
            "correct": int(hits[p].sum()),
            "total": int(asked[p].sum()),
            "correct_by_category": hits[p],
            "total_by_category": asked[p],
        }
        for p, name in enumerate(answers.participants)
    ]


def _exclusion_rules(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """How many sessions each stated reason left out."""
    out = frame[frame["excluded"]].drop_duplicates(["arm", "participant", "session"])
    counts = out["exclusion_reason"].replace("", "no reason stated").value_counts(sort=False).sort_index()
    return [{"rule": str(rule), "threshold": None, "n": int(n)} for rule, n in counts.items()]


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
    if arm["overall"]["status"] in ("degenerate", "not_applicable"):
        notes.warn(f"{where}{arm['overall']['reason']}")


def _metrics_by_arm(
    embeddings: Sequence[Path],
    arm_names: Sequence[str],
    study: Mapping[str, Any],
    categories: Sequence[str],
    notes: Notes,
) -> dict[str, tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """The metrics block of every arm: first embeddings file of its stimulus set, and those of further spaces."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in arm_names}
    for path in embeddings:
        block = arm_metrics(Path(path), list(categories))
        owners = _arms_showing(block["set"], arm_names, study)
        if not owners:
            notes.warn(
                f"{Path(path).name} holds embeddings of stimulus set '{block['set']}', which no arm of this study "
                f"shows: left out."
            )
        for name in owners:
            found[name].append(block)
    for name in arm_names:
        if not found[name]:
            where = "" if len(arm_names) == 1 else f" of arm '{name}'"
            notes.warn(
                f"The stimulus set{where} has no embeddings here, so no model metrics (AIS, IIS, GIILS) stand beside "
                f"the human results."
            )
    return {name: (blocks[0] if blocks else None, blocks[1:]) for name, blocks in found.items()}


def _arms_showing(stimulus_set: str | None, arm_names: Sequence[str], study: Mapping[str, Any]) -> list[str]:
    arms = study.get("arms", {})
    if not arms:
        return list(arm_names) if len(arm_names) == 1 else [name for name in arm_names if name == stimulus_set]
    return [name for name in arm_names if arms[name].get("stimulus_set") == stimulus_set]


def _provenance(
    frame: pd.DataFrame,
    study: Mapping[str, Any],
    embeddings: Sequence[Path],
    sources: Mapping[str, str] | None,
) -> dict[str, Any]:
    if sources is None:
        sources = {"responses": frame_sha256(frame)}
        sources |= {Path(path).name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in embeddings}
    versions = {"paragone": metadata.version("paragone"), "python": platform.python_version()}
    versions |= {name: metadata.version(name) for name in LIBRARIES}
    arms = study.get("arms", {})
    return {
        "sources": dict(sorted(sources.items())),
        "design_hash": study.get("design_hash"),
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
