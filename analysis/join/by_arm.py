"""Model metrics of every arm of a study, from the files that its export carries: embeddings, features, thumbnails."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.intervals import holm
from analysis.join.arm import join_arm
from analysis.metrics import arm_metrics, distances_side_by_side, feature_block, side_by_side
from analysis.reading import load, read_thumbnails, shown_images

Warn = Callable[[str], None]


def add_metrics(
    arms: dict[str, dict[str, Any]],
    rows: Mapping[str, pd.DataFrame],
    study: Mapping[str, Any],
    categories: Sequence[str],
    warn: Warn,
    *,
    embeddings: Sequence[Path] = (),
    features: Sequence[Path] = (),
    images: Sequence[Path] = (),
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give every arm its metrics, distances and pictures; returns the groups of arms that may stand side by side.

    Groups of metrics and groups of distances on features, with the differences of every two arms.

    `metrics` is the first space's block, `other_metrics` those of further spaces, each with its `join` to the answers
    (None where nobody answered); `distances` one block for each kind of features; `images` what a grid shows.

    Args:
        rows: tidy rows of each arm without excluded ones.
        warn: takes a sentence on a file that belongs to no arm, or on an arm that no file belongs to.
    """
    spaces = _by_arm(embeddings, lambda path: arm_metrics(path, list(categories)), "embeddings", arms, study, warn)
    for name, arm in arms.items():
        for path, block in spaces[name]:
            usable = arm["n_answers"] and block["status"] == "ok"
            human = arm["categories"], arm["confusion"]
            block["join"] = join_arm(rows[name], load(path), block, *human, list(categories)) if usable else None
        blocks = [block for _, block in spaces[name]]
        arm["metrics"], arm["other_metrics"] = (blocks[0], blocks[1:]) if blocks else (None, [])
        if not blocks:
            where = "" if len(arms) == 1 else f" of arm '{name}'"
            warn(
                f"The stimulus set{where} has no embeddings here, so no model metrics (AIS, IIS, GIILS) stand beside "
                f"the human results."
            )
    correct_tests([block for own in spaces.values() for _, block in own])
    distances = _by_arm(features, lambda path: feature_block(path, list(categories)), "features", arms, study, warn)
    pictures = _by_arm(
        images, lambda path: shown_images(read_thumbnails(path), categories), "thumbnails", arms, study, warn
    )
    for name, arm in arms.items():
        arm["distances"] = [block for _, block in distances[name]]
        arm["images"] = next((block for _, block in pictures[name]), None)
    files = {block["sha256"]: path for own in (*spaces.values(), *distances.values()) for path, block in own}
    metrics = {name: [block for _, block in own] for name, own in spaces.items()}
    apart = distances_side_by_side({name: arm["distances"] for name, arm in arms.items()}, files)
    return side_by_side(metrics, files), apart


def correct_tests(blocks: Sequence[Mapping[str, Any]]) -> None:
    """Write `p_holm` and `n_tests` over all arms and spaces: of the declared test, and of the exploratory ones.

    Args:
        blocks: metrics with their `join`, which may be None.
    """
    joins = [block["join"] for block in blocks if block["join"]]
    _hold([join["temperature"] for join in joins])
    _hold([test for join in joins for test in (join["temperature"]["nothing"], join["mantel"])])


def _hold(tests: Sequence[dict[str, Any]]) -> None:
    known = [test for test in tests if test["p_value"] is not None]
    for test, p_value in zip(known, holm([test["p_value"] for test in known]), strict=True):
        test |= {"p_holm": p_value, "n_tests": len(known)}


def _by_arm(
    paths: Sequence[Path],
    read: Callable[[Path], dict[str, Any]],
    what: str,
    arms: Mapping[str, Any],
    study: Mapping[str, Any],
    warn: Warn,
) -> dict[str, list[tuple[Path, dict[str, Any]]]]:
    """Blocks of files, each with the arms that show the file's stimulus set; every arm gets a block of its own."""
    found: dict[str, list[tuple[Path, dict[str, Any]]]] = {name: [] for name in arms}
    for path in map(Path, paths):
        block = read(path)
        owners = _arms_showing(block["set"], list(arms), study)
        if not owners:
            warn(
                f"{path.name} holds {what} of stimulus set '{block['set']}', which no arm of this study shows: left "
                "out."
            )
        for name in owners:
            found[name].append((path, dict(block)))
    return found


def _arms_showing(stimulus_set: str | None, arm_names: Sequence[str], study: Mapping[str, Any]) -> list[str]:
    arms = study.get("arms", {})
    if not arms:
        return list(arm_names) if len(arm_names) == 1 else [name for name in arm_names if name == stimulus_set]
    return [name for name in arm_names if arms[name].get("stimulus_set") == stimulus_set]
