"""Metrics of stimulus sets without any study: from embeddings, features and thumbnails to a folder of results.

`python -m analysis metrics` and `manage.py compute_metrics` both end here. Equal files give equal bytes.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.documents import analysed_with, hash_files, plain
from analysis.errors import AnalysisError
from analysis.metrics.block import metric_block
from analysis.metrics.comparable import distances_side_by_side, side_by_side
from analysis.metrics.distances import feature_block
from analysis.metrics.metric import MetricInput
from analysis.metrics.options import BOARD, MetricOptions
from analysis.metrics.registry import compute_entries
from analysis.reading import label_order, load, read_thumbnails, shown_images

SCHEMA = "paragone-metrics/1"


def build_metrics(
    embeddings: Sequence[Path],
    *,
    features: Sequence[Path] = (),
    images: Sequence[Path] = (),
    board: int = BOARD,
    options: MetricOptions | None = None,
) -> dict[str, Any]:
    """The document behind every format: schema, sets, side_by_side, options, provenance; no NaN, no clock time.

    Parameters
    ----------
    embeddings : embeddings.npz files, of one or more sets, in one or more spaces
    features, images : features.npz and thumbnails files of the same sets
    board : clips on the boards that a space answers
    options : every choice that goes into the metrics

    Returns
    -------
    dict : plain values, described by `schema/metrics.schema.json`.

    Raises
    ------
    AnalysisError
        no file, a file that cannot be read, thumbnails of a set without metrics, or one set twice in one space.
    """
    options = options or MetricOptions()
    if not embeddings and not features:
        raise AnalysisError("No embeddings and no features: name at least one file.")
    sets: dict[str, dict[str, Any]] = {}
    files: dict[str, Path] = {}
    for path in map(Path, embeddings):
        block = _metrics(path, options, board)
        _of(sets, block["set"] or path.stem)["metrics"].append(block)
        files[block["sha256"]] = path
    for path in map(Path, features):
        block = feature_block(path, seed=options.seed)
        _of(sets, block["set"] or path.stem)["distances"].append(block)
        files[block["sha256"]] = path
    for path in map(Path, images):
        thumbnails = read_thumbnails(path)
        name = str(thumbnails.index.get("set"))
        if name not in sets:
            raise AnalysisError(
                f"{path}: shows stimulus set '{name}', of which there are no embeddings or features here"
            )
        blocks = [*sets[name]["metrics"], *sets[name]["distances"]]
        sets[name]["images"] = shown_images(thumbnails, blocks[0]["categories"])
    for name, found in sets.items():
        spaces = [block["space"]["name"] for block in found["metrics"]]
        if len(set(spaces)) < len(spaces):
            raise AnalysisError(f"Set '{name}' was given twice in one space: name each embeddings file once.")
    return plain(
        {
            "schema": SCHEMA,
            "title": "Metrics of " + ", ".join(sets),
            "sets": sets,
            "side_by_side": side_by_side({name: found["metrics"] for name, found in sets.items()}, files),
            "distances_side_by_side": distances_side_by_side(
                {name: found["distances"] for name, found in sets.items()}, files, seed=options.seed
            ),
            "options": asdict(options) | {"board": board},
            "provenance": {
                "sources": dict(sorted(hash_files(_named([*embeddings, *features, *images])).items())),
                "analysed_with": analysed_with(),
            },
        },
        "metrics",
    )


def _metrics(path: Path, options: MetricOptions, board: int) -> dict[str, Any]:
    whole = load(path)
    order = label_order(whole.space, whole.image_labels)
    given = MetricInput(whole.restrict(order), order, options, board)
    return metric_block(whole, given) | {"join": None} | compute_entries(given, without_people=True)


def _of(sets: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    return sets.setdefault(name, {"metrics": [], "distances": [], "images": None})


def _named(paths: Sequence[Path]) -> dict[str, Path]:
    """Files under `<set>/<space>/embeddings.npz`, as the commands store them: three parts tell them apart."""
    names: dict[str, Path] = {}
    for path in map(Path, paths):
        name = "/".join(path.parts[-3:])
        if names.setdefault(name, path) != path:
            raise AnalysisError(
                f"{path} and {names[name]} have the same name; copy one of them to a folder of its own."
            )
    return names
