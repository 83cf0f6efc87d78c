"""The part of the result document that belongs to one arm: every statistic of its human answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import accuracy, confusion, participants
from analysis.chance import Law
from analysis.documents import absent
from analysis.exclusion import flags
from analysis.reading import BLOCK, Answers, answers_of, free_choices
from analysis.results import shape, summary
from analysis.results.measured import size_words
from analysis.results.pictures import picture_hits

ALPHAS = (0.05, 0.01, 0.001)
# Largest number of participants for which marginal and mixed models are fitted (about two seconds).
MOST_MODELLED = 3_000
# The law's totals are listed up to the observed one where that is so near; else around the mean alone.
MOST_TOTALS = 300
# Steps kept of each category's distribution of times.
CATEGORY_POINTS = 60


@dataclass(frozen=True)
class ArmRows:
    """The answers of one arm: tidy rows and the same as arrays."""

    rows: pd.DataFrame
    answers: Answers


def select_arm(frame: pd.DataFrame, arm: str, categories: Sequence[str]) -> ArmRows:
    """The rows of one arm of a frame that `validate_responses` has seen."""
    rows = frame[frame["arm"] == arm].reset_index(drop=True)
    return ArmRows(rows, answers_of(rows, categories))


def arm_core(arm: ArmRows, facts: Mapping[str, Any] | None, *, confidence: float) -> shape.ArmCore:
    """Counts, overall test and interval, categories and pairs: what is shown with and without exclusions."""
    answers, facts = arm.answers, facts or {}
    totals, board, clips = answers.matrix.sum(axis=1), _board_size(answers), _one_size(answers.n_clips)
    n_participants = int((answers.answers_by_participant > 0).sum())
    whole = _overall(answers, confidence)
    return {
        "stimulus_set": facts.get("stimulus_set"),
        "source": facts.get("source"),
        "checkpoint": facts.get("checkpoint"),
        "dataset": facts.get("dataset"),
        "n_stimuli": len(facts.get("stimuli", [])) or None,
        "recognition": _recognition(facts.get("recognition")),
        "n_participants": n_participants,
        "n_blocks": len(answers.boards),
        "n_answers": answers.n_answers,
        "n_clips": _named_clips(arm.rows),
        "n_unanswered": int((~answers.answered).sum()),
        "board": board,
        "board_clips": clips,
        "blocks_per_participant": _span(np.bincount(answers.block_participant, minlength=answers.n_participants)),
        "confusion": answers.matrix.tolist(),
        "row_totals": totals.tolist(),
        "row_rates": [
            [float(n) / int(total) if total else None for n in row]
            for row, total in zip(answers.matrix, totals, strict=True)
        ],
        "overall": whole,
        "categories": {row.category: record(row) for row in accuracy.per_category(answers, confidence=confidence)},
        "pairs": [record(pair) for pair in confusion.pair_tests(answers)],
        "participants": _participants(answers),
        "sentence": summary.overall(whole, n_participants, board, clips),
    }


def arm_answers(arm: ArmRows, core: shape.ArmCore) -> shape.ArmAnswers:
    """What the report adds about participants, confusions, times and quality. Extends `core["categories"]`."""
    rows, answers = arm.rows, arm.answers
    several = len(answers.categories) > 1 and answers.n_answers > 0
    joint = accuracy.westfall_young(answers)
    for name, p in zip(answers.categories, joint.p_values, strict=True):
        core["categories"][name]["p_joint"] = p
    information = confusion.measure_information(answers) if several else None
    careless: list[Any] = flags(rows)
    left: list[shape.KnownChance] = [record(row) for row in accuracy.conditional_chance(answers)]
    return {
        **core,
        "joint_method": joint.method,
        "conditional_chance": left,
        "discriminations": [record(row) for row in accuracy.discriminations(answers)],
        "cells": [record(cell) for cell in confusion.cell_tests(answers)],
        "symmetry": record(confusion.two_way_symmetry(answers)),
        "response_bias": record(confusion.response_bias(answers)) | {"stuart_maxwell_size": size_words("margins")},
        "information": record(information),
        "agreement": _agreement(rows, answers),
        "choice_model": _choice_model(answers),
        "sensitivity": _sensitivity(answers, core["overall"]),
        "dependence": _dependence(answers),
        "crossed": _crossed(rows, answers),
        "times": _times(rows),
        "confidence": _confidence(rows),
        "trials": _trend(rows, "trial_index", ["participant"]),
        "clip_positions": _trend(rows, "clip_position", BLOCK),
        "clip_places": record(participants.clip_places(rows, answers.categories)),
        "image_positions": _image_positions(rows, answers),
        "pictures": picture_hits(rows),
        "flags": careless,
        "answer": summary.answer(core, answers.categories, left),
    }


def record(found: Any) -> Any:
    """A dataclass, or None, as the shape of the document has it; the schema checks what types cannot."""
    return asdict(found) if found is not None else None


def _recognition(found: Mapping[str, int] | None) -> shape.Recognition | None:
    """What a perfect recogniser scores in a control, beside what matching at random gives."""
    if not found:
        return None
    right, images, boards = (found[name] for name in ("right", "images", "boards"))
    return {"right": right, "images": images, "boards": boards, "rate": right / images, "chance": boards / images}


def _overall(answers: Answers, confidence: float) -> shape.Overall:
    whole = accuracy.overall(answers, confidence=confidence)
    found = record(whole)
    interval, test = found.pop("interval"), found.pop("test")
    del found["law"]
    return found | {
        "ci_low": interval["low"],
        "ci_high": interval["high"],
        "ci_method": interval["method"],
        "ci_se": interval["se"],
        "method": test,
        "theta": record(accuracy.level(answers, whole.interval))
        | {"profile": record(accuracy.ability(answers, confidence=confidence))},
        "null": _law(whole.law, whole) if whole.law else None,
    }


def _law(law: Law, whole: accuracy.Overall) -> shape.Law:
    """The exact law of the total where it can be drawn, its moments and its critical totals."""
    spread = 5 * (whole.null_sd or 0)
    first, last = max(0, math.floor(law.mean - spread)), min(law.n, math.ceil(law.mean + spread))
    if max(last, whole.correct) - min(first, whole.correct) < MOST_TOTALS:
        first, last = min(first, whole.correct), max(last, whole.correct)
    return {
        "first": first,
        "pmf": law.pmf[first : last + 1].tolist(),
        "mean": law.mean,
        "sd": whole.null_sd,
        "critical": {str(alpha): law.critical(alpha) for alpha in ALPHAS},
        "max": law.n,
    }


def _named_clips(rows: pd.DataFrame) -> int | None:
    """Different clips answered, where the rows name them."""
    named = rows.loc[rows["answered"], "clip"]
    return int(named.nunique()) if len(named) and (named != "").all() else None


def _board_size(answers: Answers) -> int | None:
    """Images on a board when all boards have the same number, else None."""
    return _one_size(answers.n_options)


def _one_size(numbers: np.ndarray) -> int | None:
    sizes = {int(n) for n in numbers}
    return sizes.pop() if len(sizes) == 1 else None


def _span(values: np.ndarray) -> shape.Span:
    return {"min": int(values.min()) if len(values) else None, "max": int(values.max()) if len(values) else None}


def _participants(answers: Answers) -> list[shape.Participant]:
    """One entry per participant: hits and answers in all and in every category, in order of appearance."""
    hits, asked = answers.hits_by_category, answers.answers_by_category
    return [
        {
            "participant": name,
            "correct": int(hits[p].sum()),
            "total": int(asked[p].sum()),
            "correct_by_category": hits[p].tolist(),
            "total_by_category": asked[p].tolist(),
        }
        for p, name in enumerate(answers.participants)
    ]


def _agreement(rows: pd.DataFrame, answers: Answers) -> shape.Agreement:
    """Coefficients with their intervals; a unit is a clip where clips are named, else a category."""
    answered, k = answers.answered, len(answers.categories)
    unit = answers.heard
    if len(rows) and (rows["clip"] != "").all() and rows["clip"].nunique() > k:
        unit = np.asarray(pd.factorize(rows["clip"])[0])
    unit, chosen = unit[answered], answers.chosen[answered]
    units = int(unit.max(initial=-1)) + 1
    counts = np.bincount(unit * k + chosen, minlength=units * k).reshape(units, k)
    people = np.unique(answers.participant[answered], return_inverse=True)[1]
    intervals = participants.agreement_intervals(unit, chosen, people, k, heard=answers.heard[answered])
    kappa = intervals["cohen_truth"]
    return record(participants.measure_agreement(answers.matrix, units=counts)) | {
        "cohen_truth_low": kappa.ci_low,
        "cohen_truth_high": kappa.ci_high,
        "n_units": int((counts.sum(axis=1) >= 2).sum()),
        "intervals": {name: record(found) for name, found in intervals.items()},
    }


def _choice_model(answers: Answers) -> shape.ChoiceModel | None:
    """Similarity-choice model with 0.5 added to every cell; from three categories on, all rows answered."""
    if len(answers.categories) < 3 or (answers.matrix.sum(axis=1) == 0).any():
        return None
    fit = confusion.fit_choice(answers.matrix + 0.5, tolerance=1e-9)
    places, share = confusion.category_map(fit.eta) if len(answers.categories) >= confusion.MAP_FROM else (None, None)
    return record(fit) | {"added": 0.5, "map": places, "map_share": share}


def _sensitivity(answers: Answers, whole: shape.Overall) -> shape.Sensitivity:
    """d' of an ideal observer with this share correct, by the task's own model; its interval is that of the share."""
    size, n = _board_size(answers), answers.n_answers
    free, points = answers.design == "free", accuracy.POINTS

    def nothing(status: str, reason: str) -> Any:
        return absent(status, reason, ("d_prime", "ci_low", "ci_high"), task=answers.design)

    if not n or size is None or size < 2:
        return nothing("not_applicable", "Boards of one size with two images or more are needed.")
    plain = all(board.plain and len(board.clips) == board.n_images for board in answers.boards)
    if not free and (not plain or size not in points):
        return nothing("not_applicable", f"Worked out for complete boards of {min(points)} to {max(points)} clips.")
    found = _d_prime(answers.total_correct / n, size, answers.design)
    if found is None and free:
        return nothing("degenerate", "d' is infinite when everything is right or wrong.")
    if found is None:
        return nothing("degenerate", "d' of one-to-one matching is defined above chance and below 1.")
    low, high = (
        None if end is None else _d_prime(end, size, answers.design) for end in (whole["ci_low"], whole["ci_high"])
    )
    return {"d_prime": found, "ci_low": low, "ci_high": high, "task": answers.design, "status": "ok", "reason": ""}


def _d_prime(share: float, size: int, design: str) -> float | None:
    """d' of this share correct, None where it is infinite or lies below chance in one-to-one matching."""
    if design == "free":
        return accuracy.alternatives_d_prime(share, size) if 0 < share < 1 else None
    return accuracy.matching_d_prime(share, size) if 1 / size < share < 1 else None


def _dependence(answers: Answers) -> shape.Record | None:
    """Estimates with the participant as the unit; None without answers."""
    if not answers.n_answers:
        return None
    hits, asked = answers.hits_by_participant, answers.answers_by_participant
    chance = answers.null_law.mean / answers.n_answers
    answered = answers.answered
    modelled = answers.n_participants <= MOST_MODELLED
    single = bool((answers.answers_by_category == 1).all())
    size = _board_size(answers)
    marginal = participants.gee(answers.hit[answered], answers.participant[answered]) if modelled else None
    return {
        "participants": record(participants.cluster_summary(hits, asked, chance=chance))
        | {"t_size": size_words("mean"), "wilcoxon_size": size_words("ranks")},
        "gee": record(marginal),
        "gee_share": 1 / (1 + math.exp(-marginal.params[0])) if marginal and marginal.params else None,
        "random_intercept": record(participants.random_intercept(hits, asked)) if modelled else None,
        "random_intercept_guessing": record(participants.random_intercept(hits, asked, guess=1 / size))
        if modelled and size and size > 1
        else None,
        "categories": record(participants.cochran_q(answers.hits_by_category)) if single else None,
    }


def _crossed(rows: pd.DataFrame, answers: Answers) -> shape.Record | None:
    """Interval over participants and clips, where clips are named and categories have several."""
    answered = rows["answered"].to_numpy()
    if not answered.any() or (rows["clip"] == "").any():
        return None
    codes, clips = pd.factorize(rows["clip"][answered])
    if len(clips) <= len(answers.categories):
        return None
    found = accuracy.crossed_interval(answers.hit[answered], answers.participant[answered], np.asarray(codes))
    return record(found) | {"n_clips": len(clips)}


def _times(rows: pd.DataFrame) -> shape.Times | None:
    """Seconds from all media ready to the last assignment of a clip; forced choices left out. None without times."""
    free, points = free_choices(rows), participants.ecdf_points
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
        "all": record(participants.summarise(seconds)),
        "correct": record(participants.summarise(seconds[right])),
        "wrong": record(participants.summarise(seconds[~right])),
        "categories": {name: record(participants.summarise(group)) for name, group in groups.items()},
        "ecdf": {key: points(seconds[rows]) for key, rows in (("correct", right), ("wrong", ~right))},
        "category_ecdf": {name: points(group, points=CATEGORY_POINTS) for name, group in groups.items()},
    }


def _confidence(rows: pd.DataFrame) -> shape.Record | None:
    """Stated confidence against being right; None where nobody was asked."""
    known = rows[rows["answered"] & rows["confidence"].notna()]
    if not len(known):
        return None
    stated, correct = (known[column].to_numpy(dtype=int) for column in ("confidence", "correct"))
    return record(participants.confidence_of(stated, correct, pd.factorize(known["participant"])[0]))


def _trend(rows: pd.DataFrame, column: str, owner: list[str]) -> shape.Trend:
    """Correct matches over the values of `column`, permuted among the answers that share the columns `owner`."""
    known = rows[rows["answered"] & rows[column].notna()]
    owners = known.groupby(owner, sort=False).ngroup().to_numpy()
    return record(participants.trend(known[column].to_numpy(dtype=int), known["correct"].to_numpy(dtype=int), owners))


def _image_positions(rows: pd.DataFrame, answers: Answers) -> shape.Use:
    known = rows[rows["answered"] & rows["image_position"].notna()]
    size = _board_size(answers) or 0
    spare = bool((rows["n_options"] > rows["n_clips"]).any()) if len(rows) else False
    forced = answers.design == "one_to_one" and not spare
    places, people = known["image_position"].to_numpy(dtype=int), known["participant"].to_numpy()
    return record(participants.position_use(places, size, forced=forced, participant=people))
