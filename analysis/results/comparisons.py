"""Comparisons of arms, and of people with metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import pandas as pd

from analysis import wording
from analysis.compare import compare_arms, compare_categories, compare_matrices
from analysis.intervals import holm
from analysis.participants import adjusted_for_order
from analysis.ranks import rank_relation
from analysis.reading import answers_from
from analysis.results import summary
from analysis.results.measured import size_words
from analysis.results.notes import Notes
from analysis.results.study import canonical_rows


def compare_all(
    kept: pd.DataFrame, arm_names: Sequence[str], categories: Sequence[str], notes: Notes
) -> list[dict[str, Any]]:
    """Every two arms: paired when the same people answered both, independent when nobody did, else left out."""
    found = []
    for a, b in combinations(arm_names, 2):
        rows = {name: canonical_rows(kept, name) for name in (a, b)}
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


def relate_metrics(arm: Mapping[str, Any]) -> dict[str, Any] | None:
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
