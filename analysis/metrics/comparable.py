"""Which metric blocks may stand side by side: same space, same weights, same definition; the others never do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import NotComparableError
from analysis.metrics.differences import feature_differences, metric_differences
from analysis.metrics.registry import load_metrics
from analysis.ranks import paired_scores

# With fewer labels even a unanimous sign test cannot reach .05.
FEWEST_PAIRED = 6


def require_comparable(blocks: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to let values of different spaces or definitions share a column.

    Args:
        blocks: the `arm_metrics` block of each column's row, by name.

    Raises:
        NotComparableError: names the two and what differs.
    """
    first_name: str | None = None
    for name, block in blocks.items():
        if first_name is None:
            first_name, first = name, definition(block)
            continue
        own = definition(block)
        for key in sorted(first.keys() | own.keys()):
            if first.get(key) != own.get(key):
                raise NotComparableError(
                    f"'{first_name}' and '{name}' must not share a column: {key} is {first.get(key)} and {own.get(key)}"
                )


def definition(block: Mapping[str, Any]) -> dict[str, Any]:
    """What two blocks must have in common to be compared: the space, its weights and the definition of the metrics."""
    space = block["space"]
    found = {f"space.{key}": value for key, value in space.items() if key == "name" or _is_identity(key)}
    names = {name for metric in load_metrics().values() for name in metric.options}
    return found | {f"options.{name}": block["options"][name] for name in names}


def _is_identity(key: str) -> bool:
    return any(part in key.lower() for part in ("weights", "sha256", "hash"))


def comparable_groups(blocks: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Mapping[str, Any]]]:
    """Blocks by arm (or set), sorted into groups of one definition; an arm stands in a group at most once.

    Args:
        blocks: the metric blocks of each arm, one for each space.
    """
    return _grouped(blocks, definition)


def _grouped(
    blocks: Mapping[str, Sequence[Mapping[str, Any]]], key: Callable[[Mapping[str, Any]], Any]
) -> list[dict[str, Mapping[str, Any]]]:
    """Blocks of equal keys together, an arm at most once in a group; those without numbers stay out."""
    groups: list[dict[str, Mapping[str, Any]]] = []
    for owner, own in blocks.items():
        for block in own:
            if block["status"] != "ok":
                continue
            for group in groups:
                if owner not in group and key(next(iter(group.values()))) == key(block):
                    group[owner] = block
                    break
            else:
                groups.append({owner: block})
    return groups


def side_by_side(
    blocks: Mapping[str, Sequence[Mapping[str, Any]]], files: Mapping[str, Path] | None = None
) -> list[dict[str, Any]]:
    """Groups of at least two arms whose metrics may share a column, with their paired comparison; for JSON.

    Args:
        files: the embeddings file of each block by its sha256, for the tests of every two.
    """
    found = []
    for group in comparable_groups(blocks):
        if len(group) < 2:
            continue
        require_comparable(group)
        first = next(iter(group.values()))
        found.append(
            {
                "space": first["space"]["name"],
                "owners": list(group),
                "sha256": {owner: block["sha256"] for owner, block in group.items()},
                "pairs": [
                    _pair(a, b, group[a], group[b]) | {"tests": _tests(group[a], group[b], files or {})}
                    for a, b in combinations(group, 2)
                ],
            }
        )
    return found


def _tests(a: Mapping[str, Any], b: Mapping[str, Any], files: Mapping[str, Path]) -> list[dict[str, Any]]:
    if a["sha256"] not in files or b["sha256"] not in files or a["distribution"] is None or b["distribution"] is None:
        return []
    return metric_differences(a, b, (files[a["sha256"]], files[b["sha256"]]))


def distances_side_by_side(
    blocks: Mapping[str, Sequence[Mapping[str, Any]]], files: Mapping[str, Path], *, seed: int = 0
) -> list[dict[str, Any]]:
    """Groups of arms with distances on one kind of features, and the differences of every two; for JSON."""
    groups = _grouped(blocks, _features)
    return [
        {
            "space": next(iter(group.values()))["space"]["distance_name"],
            "owners": list(group),
            "sha256": {owner: block["sha256"] for owner, block in group.items()},
            "pairs": [
                {
                    "a": a,
                    "b": b,
                    "status": "ok",
                    "reason": "",
                    "tests": _distance_tests(group[a], group[b], files, seed),
                }
                for a, b in combinations(group, 2)
            ],
        }
        for group in groups
        if len(group) > 1
    ]


def _features(block: Mapping[str, Any]) -> dict[str, Any]:
    """What two blocks of distances must have in common."""
    space = block["space"]
    return {
        key: value for key, value in space.items() if key in ("name", "distance_name", "options") or _is_identity(key)
    }


def _distance_tests(
    a: Mapping[str, Any], b: Mapping[str, Any], files: Mapping[str, Path], seed: int
) -> list[dict[str, Any]]:
    categories = [name for name in a["categories"] if name in b["categories"]]
    names = a["names"]["frechet"], a["names"]["kernel"]
    return feature_differences(names, categories, (files[a["sha256"]], files[b["sha256"]]), seed=seed)


def _pair(a: str, b: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """GIILS of two arms, label by label."""
    names = [
        name
        for name, row in first["giils"].items()
        if row["score"] is not None and second["giils"].get(name, {}).get("score") is not None
    ]
    x = np.array([first["giils"][name]["score"] for name in names])
    y = np.array([second["giils"][name]["score"] for name in names])
    base = {"a": a, "b": b, "n": len(names), "mean_difference": float((x - y).mean()) if names else None}
    empty = {"lower_in_second": int((y < x).sum()), "wilcoxon_p": None, "sign_p": None}
    if len(names) < FEWEST_PAIRED:
        reason = f"{len(names)} labels: at least {FEWEST_PAIRED} are needed before a p could fall below .05"
        return base | empty | {"status": "too_small", "reason": reason}
    if (x == y).all() or np.ptp(x - y) == 0:
        return base | empty | {"status": "degenerate", "reason": "the difference is the same for every label"}
    paired = asdict(paired_scores(x.tolist(), y.tolist()))
    kept = {key: paired[key] for key in ("lower_in_second", "wilcoxon_p", "sign_p")}
    return base | kept | {"status": "ok", "reason": ""}
