"""Comparisons of arms, and of people with metrics."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pandas as pd

from analysis.compare import compare_arms, compare_categories, compare_matrices, compare_pictures
from analysis.intervals import holm
from analysis.participants import adjusted_for_order, order_of_arms
from analysis.ranks import rank_relation
from analysis.results import summary
from analysis.results.arms import ArmRows, record
from analysis.results.measured import size_words
from analysis.results.notes import Notes
from analysis.results.shape import Comparison, OrderOfArms, Record, Related
from analysis.results.summary import say


def compare_all(kept: pd.DataFrame, arms: Mapping[str, ArmRows], notes: Notes) -> list[Comparison]:
    """Every two arms: paired when the same people answered both, independent when nobody did, else left out."""
    found: list[Comparison] = []
    for (a, first), (b, second) in combinations(arms.items(), 2):
        people = [set(arm.rows.loc[arm.rows["answered"], "participant"]) for arm in (first, second)]
        shared = people[0] & people[1]
        if shared and people[0] != people[1]:
            notes.warn(say("not compared", a=a, b=b, n=len(shared)))
            continue
        same = bool(shared)
        comparison: Comparison = record(compare_arms(kept[kept["answered"]], a, b, same_participants=same))
        comparison["matrix"] = record(compare_matrices(first.answers, second.answers, same_participants=same))
        by_category = compare_categories(first.answers, second.answers, same_participants=same)
        comparison["categories"] = [record(row) for row in by_category]
        sides = [(arm.rows, arm.answers) for arm in (first, second)]
        comparison["drawn_anew"] = {**record(compare_pictures(a, sides[0], b, sides[1])), "scale": "theta"}
        comparison["order_adjusted"] = _order_adjusted(first.rows, second.rows) if same else None
        order = comparison["order_of_arms"] = _order_of_arms(first.rows, second.rows) if same else None
        if order and order["confounded"]:
            earlier = (a, b) if order["a_first"] >= order["b_first"] else (b, a)
            notes.warn(say("order confounded", names=earlier, n=max(order["a_first"], order["b_first"]), of=order["n"]))
        found.append(comparison)
    adjusted = holm([c["p_value"] for c in found if c["p_value"] is not None])
    tested = len(adjusted)
    _correct_anew(found)
    for comparison in found:
        comparison["p_holm"] = adjusted.pop(0) if comparison["p_value"] is not None else None
        comparison["sentence"] = summary.comparison(comparison, of=tested)
    return found


def _correct_anew(found: list[Comparison]) -> None:
    """Holm over the answers for pictures drawn anew, and each in a sentence."""
    tested = [anew for comparison in found if (anew := comparison["drawn_anew"])["p_value"] is not None]
    for anew, p in zip(tested, holm([anew["p_value"] for anew in tested]), strict=True):
        anew["p_holm"] = p
    for comparison in found:
        anew = comparison["drawn_anew"]
        anew.setdefault("p_holm", None)
        anew["sentence"] = summary.drawn_anew(comparison["a"], comparison["b"], anew, of=len(tested))


def _in_order(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Answers of both arms whose trial is known, `a` 1 in the first."""
    rows = pd.concat([first.assign(a=1.0), second.assign(a=0.0)], ignore_index=True)
    return rows[rows["answered"] & rows["trial_index"].notna()]


def _order_of_arms(first: pd.DataFrame, second: pd.DataFrame) -> OrderOfArms | None:
    rows = _in_order(first, second)
    if not len(rows):
        return None
    people = pd.factorize(rows["participant"])[0]
    return record(order_of_arms(rows["a"].to_numpy(), rows["trial_index"].to_numpy(dtype=float), people))


def _order_adjusted(first: pd.DataFrame, second: pd.DataFrame) -> Record | None:
    """Log odds ratio of arm a with the number of the trial held constant (GEE over participants)."""
    rows = _in_order(first, second)
    if not len(rows):
        return None
    found = adjusted_for_order(
        rows["correct"].to_numpy(dtype=bool), rows["a"].to_numpy(), rows["trial_index"].to_numpy(dtype=float),
        pd.factorize(rows["participant"])[0],
    )  # fmt: skip
    return {**record(found), "size": size_words("order")} if found else None


def relate_metrics(arm: Mapping[str, Any]) -> Related | None:
    """Human accuracy against GIILS over the categories that have both; None without metrics."""
    if arm["metrics"] is None:
        return None
    scores = {name: found["score"] for name, found in arm["metrics"]["giils"].items()}
    rates = {name: row["rate"] for name, row in arm["categories"].items()}
    both = [name for name, rate in rates.items() if rate is not None and scores.get(name) is not None]
    return record(rank_relation([rates[name] for name in both], [scores[name] for name in both]))
