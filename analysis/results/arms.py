"""The part of the result document that belongs to one arm: every statistic of its human answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import accuracy, wording
from analysis.accuracy import (
    POINTS,
    ability,
    alternatives_d_prime,
    conditional_chance,
    crossed_interval,
    discriminations,
    matching_d_prime,
    per_category,
    westfall_young,
)
from analysis.confusion import (
    MAP_FROM,
    category_map,
    cell_tests,
    fit_choice,
    measure_information,
    pair_tests,
    response_bias,
    symmetry,
)
from analysis.exclusion import flags
from analysis.participants import (
    agreement_intervals,
    clip_places,
    cluster_summary,
    cochran_q,
    confidence_of,
    ecdf_points,
    free_choices,
    gee,
    measure_agreement,
    position_use,
    random_intercept,
    summarise,
    trend,
)
from analysis.reading import BLOCK, Answers, answers_from
from analysis.results.measured import size_words

ALPHAS = (0.05, 0.01, 0.001)
# Largest number of participants for which marginal and mixed models are fitted (about two seconds).
MOST_MODELLED = 3_000
FEW_PARTICIPANTS = 30
# The law's totals are listed up to the observed one where that is so near; else around the mean alone.
MOST_TOTALS = 300
# Steps kept of each category's distribution of times.
CATEGORY_POINTS = 60


def arm_core(
    rows: pd.DataFrame,
    categories: Sequence[str],
    facts: Mapping[str, Any] | None,
    *,
    confidence: float,
) -> tuple[dict[str, Any], Answers]:
    """Counts, overall test and interval, categories and pairs: what is shown with and without exclusions."""
    answers = answers_from(rows, categories)
    facts = facts or {}
    whole = accuracy.overall(answers, confidence=confidence)
    totals = answers.matrix.sum(axis=1)
    document: dict[str, Any] = {
        "stimulus_set": facts.get("stimulus_set"),
        "source": facts.get("source"),
        "checkpoint": facts.get("checkpoint"),
        "dataset": facts.get("dataset"),
        "n_stimuli": len(facts.get("stimuli", [])) or None,
        "n_participants": int((answers.answers_by_participant > 0).sum()),
        "n_blocks": len(answers.boards),
        "n_answers": answers.n_answers,
        "n_clips": _named_clips(rows),
        "n_unanswered": int((~answers.answered).sum()),
        "board": _board_size(answers),
        "blocks_per_participant": _span(np.bincount(answers.block_participant, minlength=answers.n_participants)),
        "confusion": answers.matrix,
        "row_totals": totals,
        "row_rates": [
            [float(n) / int(total) if total else None for n in row]
            for row, total in zip(answers.matrix, totals, strict=True)
        ],
        "overall": _overall(whole, answers, confidence),
        "categories": {row.category: asdict(row) for row in per_category(answers, confidence=confidence)},
        "pairs": [asdict(pair) for pair in pair_tests(answers)],
        "participants": _participants(answers),
    }
    document["sentence"] = wording.overall_sentence(document)
    return document, answers


def arm_more(rows: pd.DataFrame, answers: Answers, core: dict[str, Any]) -> dict[str, Any]:
    """What the report adds about participants, confusions, times and quality. Extends `core["categories"]`."""
    several = len(answers.categories) > 1 and answers.n_answers > 0
    joint = westfall_young(answers)
    for name, p in zip(answers.categories, joint.p_values, strict=True):
        core["categories"][name]["p_joint"] = p
    return {
        "joint_method": joint.method,
        "conditional_chance": [asdict(row) for row in conditional_chance(answers)],
        "discriminations": [asdict(row) for row in discriminations(answers)],
        "cells": [asdict(cell) for cell in cell_tests(answers)],
        "symmetry": asdict(symmetry(answers.matrix)),
        "response_bias": asdict(response_bias(answers)) | {"stuart_maxwell_size": size_words("margins")},
        "information": asdict(measure_information(answers)) | {"most": math.log2(len(answers.categories))}
        if several
        else None,
        "agreement": _agreement(rows, answers),
        "choice_model": _choice_model(answers),
        "sensitivity": _sensitivity(answers, core["overall"]),
        "dependence": _dependence(answers),
        "crossed": _crossed(rows, answers),
        "times": _times(rows),
        "confidence": _confidence(rows),
        "trials": _trend(rows, "trial_index", ["participant"]),
        "clip_positions": _trend(rows, "clip_position", BLOCK),
        "clip_places": asdict(clip_places(rows, answers.categories)),
        "image_positions": _image_positions(rows, answers),
        "flags": flags(rows),
    }


def _overall(whole: accuracy.Overall, answers: Answers, confidence: float) -> dict[str, Any]:
    document = asdict(whole)
    interval = document.pop("interval")
    document |= {
        "ci_low": interval["low"],
        "ci_high": interval["high"],
        "ci_method": interval["method"],
        "ci_se": interval["se"],
        "method": document.pop("test"),
        "theta": asdict(ability(answers, confidence=confidence)),
        "null": None,
    }
    if whole.p_value is not None:
        law = answers.null_law
        spread = 5 * (whole.null_sd or 0)
        first, last = max(0, math.floor(law.mean - spread)), min(law.n, math.ceil(law.mean + spread))
        if max(last, whole.correct) - min(first, whole.correct) < MOST_TOTALS:
            first, last = min(first, whole.correct), max(last, whole.correct)
        document["null"] = {
            "first": first,
            "pmf": law.pmf[first : last + 1],
            "mean": law.mean,
            "sd": whole.null_sd,
            "critical": {str(alpha): law.critical(alpha) for alpha in ALPHAS},
            "max": law.n,
        }
    return document


def _named_clips(rows: pd.DataFrame) -> int | None:
    """Different clips answered, where the rows name them."""
    named = rows.loc[rows["answered"], "clip"]
    return int(named.nunique()) if len(named) and (named != "").all() else None


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


def _agreement(rows: pd.DataFrame, answers: Answers) -> dict[str, Any]:
    """Coefficients with their intervals; a unit is a clip where clips are named, else a category."""
    answered, k = answers.answered, len(answers.categories)
    unit = answers.heard
    if len(rows) and (rows["clip"] != "").all() and rows["clip"].nunique() > k:
        unit = np.asarray(pd.factorize(rows["clip"])[0])
    unit, chosen = unit[answered], answers.chosen[answered]
    units = int(unit.max(initial=-1)) + 1
    counts = np.bincount(unit * k + chosen, minlength=units * k).reshape(units, k)
    intervals = agreement_intervals(unit, chosen, np.unique(answers.participant[answered], return_inverse=True)[1], k)
    return asdict(measure_agreement(answers.matrix, units=counts)) | {
        "n_units": int((counts.sum(axis=1) >= 2).sum()),
        "intervals": {name: asdict(found) for name, found in intervals.items()},
    }


def _choice_model(answers: Answers) -> dict[str, Any] | None:
    """Similarity-choice model with 0.5 added to every cell; from three categories on, all rows answered."""
    if len(answers.categories) < 3 or (answers.matrix.sum(axis=1) == 0).any():
        return None
    fit = fit_choice(answers.matrix + 0.5, tolerance=1e-9)
    found = asdict(fit) | {"added": 0.5, "map": None, "map_share": None}
    if len(answers.categories) >= MAP_FROM:
        found["map"], found["map_share"] = category_map(fit.eta)
    return found


def _sensitivity(answers: Answers, whole: Mapping[str, Any]) -> dict[str, Any]:
    """d' of an ideal observer with this share correct, by the task's own model; its interval is that of the share."""
    size, n, x = _board_size(answers), answers.n_answers, answers.total_correct
    words: dict[str, Any] = {"d_prime": None, "ci_low": None, "ci_high": None, "task": answers.design}
    if not n or size is None or size < 2:
        return words | {"status": "not_applicable", "reason": "Boards of one size with two images or more are needed."}
    plain = all(board.plain and len(board.clips) == board.n_images for board in answers.boards)
    if answers.design != "free" and (not plain or size not in POINTS):
        reason = f"Worked out for complete boards of {min(POINTS)} to {max(POINTS)} clips."
        return words | {"status": "not_applicable", "reason": reason}
    found = _d_prime(x / n, size, answers.design)
    if found is None:
        if answers.design == "free":
            return words | {"status": "degenerate", "reason": "d' is infinite when everything is right or wrong."}
        reason = "d' of one-to-one matching is defined above chance and below 1."
        return words | {"status": "degenerate", "reason": reason}
    low, high = (_d_prime(end, size, answers.design) if end is not None else None for end in _ends(whole))
    return words | {"d_prime": found, "ci_low": low, "ci_high": high, "status": "ok", "reason": ""}


def _ends(whole: Mapping[str, Any]) -> tuple[float | None, float | None]:
    return whole["ci_low"], whole["ci_high"]


def _d_prime(share: float, size: int, design: str) -> float | None:
    """d' of this share correct, None where it is infinite or lies below chance in one-to-one matching."""
    if design == "free":
        return alternatives_d_prime(share, size) if 0 < share < 1 else None
    return matching_d_prime(share, size) if 1 / size < share < 1 else None


def _dependence(answers: Answers) -> dict[str, Any] | None:
    """Estimates with the participant as the unit; None without answers."""
    if not answers.n_answers:
        return None
    hits, asked = answers.hits_by_participant, answers.answers_by_participant
    chance = answers.null_law.mean / answers.n_answers
    answered = answers.answered
    modelled = answers.n_participants <= MOST_MODELLED
    single = bool((answers.answers_by_category == 1).all())
    size = _board_size(answers)
    marginal = gee(answers.hit[answered], answers.participant[answered]) if modelled else None
    return {
        "participants": asdict(cluster_summary(hits, asked, chance=chance))
        | {"t_size": size_words("mean"), "wilcoxon_size": size_words("ranks")},
        "gee": asdict(marginal) if marginal else None,
        "gee_share": 1 / (1 + math.exp(-marginal.params[0])) if marginal and marginal.params else None,
        "random_intercept": asdict(random_intercept(hits, asked)) if modelled else None,
        "random_intercept_guessing": asdict(random_intercept(hits, asked, guess=1 / size))
        if modelled and size and size > 1
        else None,
        "categories": asdict(cochran_q(answers.hits_by_category)) if single else None,
    }


def _crossed(rows: pd.DataFrame, answers: Answers) -> dict[str, Any] | None:
    """Interval over participants and clips, where clips are named and categories have several."""
    answered = rows["answered"].to_numpy()
    if not answered.any() or (rows["clip"] == "").any():
        return None
    codes, clips = pd.factorize(rows["clip"][answered])
    if len(clips) <= len(answers.categories):
        return None
    found = crossed_interval(answers.hit[answered], answers.participant[answered], np.asarray(codes))
    return asdict(found) | {"n_clips": len(clips)}


def _times(rows: pd.DataFrame) -> dict[str, Any] | None:
    """Seconds from all media ready to the last assignment of a clip; forced choices left out. None without times."""
    free = free_choices(rows)
    timed = free[free["choice_ms"].notna()]
    if not len(timed):
        return None
    seconds = timed["choice_ms"].to_numpy(dtype=float) / 1000
    right = timed["correct"].to_numpy(dtype=bool)
    groups = {
        str(name): group.to_numpy(dtype=float) / 1000
        for name, group in timed.groupby("clip_category", sort=False)["choice_ms"]
    }
    return {
        "n_forced_left_out": int(rows["answered"].sum()) - len(free),
        "n_without_time": len(free) - len(timed),
        "all": _plain(summarise(seconds)),
        "correct": _plain(summarise(seconds[right])),
        "wrong": _plain(summarise(seconds[~right])),
        "categories": {name: _plain(summarise(group)) for name, group in groups.items()},
        "ecdf": {"correct": ecdf_points(seconds[right]), "wrong": ecdf_points(seconds[~right])},
        "category_ecdf": {name: ecdf_points(group, points=CATEGORY_POINTS) for name, group in groups.items()},
    }


def _confidence(rows: pd.DataFrame) -> dict[str, Any] | None:
    """Stated confidence against being right; None where nobody was asked."""
    known = rows[rows["answered"] & rows["confidence"].notna()]
    if not len(known):
        return None
    return asdict(
        confidence_of(
            known["confidence"].to_numpy(dtype=int), known["correct"].to_numpy(dtype=int),
            pd.factorize(known["participant"])[0],
        )
    )  # fmt: skip


def _trend(rows: pd.DataFrame, column: str, owner: list[str]) -> dict[str, Any]:
    """Correct matches over the values of `column`, permuted among the answers that share the columns `owner`."""
    known = rows[rows["answered"] & rows[column].notna()]
    owners = known.groupby(owner, sort=False).ngroup().to_numpy()
    return asdict(trend(known[column].to_numpy(dtype=int), known["correct"].to_numpy(dtype=int), owners))


def _image_positions(rows: pd.DataFrame, answers: Answers) -> dict[str, Any]:
    known = rows[rows["answered"] & rows["image_position"].notna()]
    size = _board_size(answers) or 0
    spare = bool((rows["n_options"] > rows["n_clips"]).any()) if len(rows) else False
    forced = answers.design == "one_to_one" and not spare
    places, people = known["image_position"].to_numpy(dtype=int), known["participant"].to_numpy()
    return asdict(position_use(places, size, forced=forced, participant=people))


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
