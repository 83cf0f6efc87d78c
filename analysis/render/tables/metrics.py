"""Metric tables for tables/*.csv and tables/*.parquet, in full precision.

Values of different spaces, weights or definitions never share a column: every definition has files of its own, named
by its space (`scores-embedded`, and `scores-embedded-2` where the same space was used with other weights or
options); the distances on every kind of features likewise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.metrics import comparable_groups, load_metrics, require_comparable
from analysis.render.tables.grid import Grid, parquet_bytes
from analysis.render.tables.metric_columns import columns_of

Blocks = Mapping[str, Mapping[str, Any]]
SCORE = ("score", "se_score", "ci_low", "ci_high", "null_score", "p_value", "n", "n_units", "x", "se", "null")
CATEGORY = ("score", "se_score", "ci_low", "ci_high", "null_score", "p_value", "p_holm", "n", "n_available")
RATE = ("value", "ci_low", "ci_high", "chance", "n")
SPREAD = ("se", "ci_low", "ci_high")
ESTIMATE = ("value", "se", "ci_low", "ci_high", "null")
PICTURE = (
    "clip", "clip_category", "image", "image_category", "shown", "chosen", "share", "ci_low", "ci_high", "similarity",
)  # fmt: skip


@dataclass(frozen=True)
class MetricTable:
    """A table and which of `metric_columns.ROWS` it is."""

    what: str
    grid: Grid


def parquet_files(tables: Mapping[str, MetricTable]) -> dict[str, bytes]:
    """Every table as Parquet, by file name."""
    return {f"{name}.parquet": parquet_bytes(table.grid, columns_of(table.what)) for name, table in tables.items()}


def metric_tables(owner: str, blocks: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, MetricTable]:
    """Every table by name.

    Args:
        owner: what the first column is called, `arm` or `set`; blocks: the metric blocks of each, by its name.
    """
    tables: dict[str, MetricTable] = {}
    taken: dict[str, int] = {}
    for group in comparable_groups(blocks):
        require_comparable(group)
        space = str(next(iter(group.values()))["space"]["name"])
        taken[space] = taken.get(space, 0) + 1
        name = space if taken[space] == 1 else f"{space}-{taken[space]}"
        for what, (head, rows) in _tables(group).items():
            if rows:
                tables[f"{what}-{name}"] = MetricTable(what, Grid((owner, *head), rows))
    return tables


def distance_tables(owner: str, blocks: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, MetricTable]:
    """distances-<features>: one table for each network and weights; n stands in every row."""
    groups: list[tuple[str, str, list[tuple[Any, ...]]]] = []
    for name, own in blocks.items():
        for block in own:
            if block["status"] != "ok":
                continue
            features = block["space"]
            identity = f"{features['name']} {sorted((features.get('weights') or {}).items())}"
            rows = next((rows for known, _, rows in groups if known == identity), None)
            if rows is None:
                rows = []
                groups.append((identity, features["name"], rows))
            rows += _distance_rows(name, block)
    head = (owner, "measure", *ESTIMATE, "n_images", "n_references", "status", "reason")
    tables: dict[str, MetricTable] = {}
    for _, features_name, rows in groups:
        file = f"distances-{features_name}"
        number = sum(key.startswith(file) for key in tables)
        tables[f"{file}{f'-{number + 1}' if number else ''}"] = MetricTable("distances", Grid(head, rows))
    return tables


def _tables(group: Blocks) -> dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    definition = ("space", "embeddings_sha256")
    return {
        "scores": (("measure", *SCORE, "status", "reason", *definition), _score_rows(group)),
        "giils": (("category", *CATEGORY, *_all("score", "se_score", "ci_low", "ci_high"), "within_similarity",
                   "within_se", "diversity", "creative_tendency", "joint_low", "joint_high", "rank_low", "rank_high",
                   "status", "reason"), _giils_rows(group)),
        "by_category": (("category", "n_images", "n_clips", *_named("ais"), *_named("iis"), *_named("vendi")),
                        _category_rows(group)),
        "win_rates": (("measure", "value", "se", "ci_low", "ci_high", "n", "n_units", "n_tied"), _win_rows(group)),
        "retrieval": (("measure", *RATE), _retrieval_rows(group)),
        "similarity": (("music", "images", "mean_cosine"), _similarity_rows(group)),
        "distances_in_space": (("measure", *ESTIMATE, "n_images", "n_references", "status", "reason"),
                               [row for name, b in group.items() for row in _distance_rows(name, b["distribution"])]),
        "further_metrics": (("measure", *ESTIMATE, "n", "status", "reason", *definition), _further_rows(group)),
        "duplicates": (("image_a", "image_b", "cosine"), _duplicate_rows(group)),
        "machine": (("boards", "heard", "chosen", "n"), _machine_rows(group)),
        "people_and_metrics": (("category", "correct", "n", "rate", "rate_low", "rate_high", "n_images",
                                *_named("ais"), *_named("iis"), *_named("giils"), *_named("vendi"), "top_confusion",
                                "median_choice_ms"), _join_rows(group)),
        "correlations": (("metric", "n", "spearman", "kendall", "p_value", "ci_low", "ci_high", "status", "reason"),
                         _correlation_rows(group)),
        "reliability": (("measure", "n_categories", "n_participants", "df", "value", "ci_low", "ci_high", "ceiling",
                         "method", "status", "reason"), _reliability_rows(group)),
        "pictures": (PICTURE, [(name, *(row[key] for key in PICTURE)) for name, b in group.items()
                               for row in (b.get("join") or {}).get("per_picture", [])]),
    }  # fmt: skip


def _all(*names: str) -> tuple[str, ...]:
    return tuple(f"all_images_{name}" for name in names)


def _named(metric: str) -> tuple[str, ...]:
    return tuple(f"{metric}{end}" for end in ("", "_se", "_low", "_high"))


def _score_rows(group: Blocks) -> list[tuple[Any, ...]]:
    return [
        (name, label, *(b[key][c] for c in SCORE), b[key]["status"], b[key]["reason"], b["space"]["name"], b["sha256"])
        for name, b in group.items()
        for label, key in (("AIS", "ais"), ("IIS", "iis"))
    ]


def _giils_rows(group: Blocks) -> list[tuple[Any, ...]]:
    rows = []
    for name, block in group.items():
        for category, row in block["giils"].items():
            joint = row["joint"] or dict.fromkeys(("ci_low", "ci_high", "rank_low", "rank_high"))
            whole = [row["all_images"][key] for key in ("score", "se_score", "ci_low", "ci_high")]
            inside = [row[key] for key in ("within_similarity", "within_se", "diversity", "creative_tendency")]
            ends = [joint[key] for key in ("ci_low", "ci_high", "rank_low", "rank_high")]
            rows.append(
                (name, category, *(row[c] for c in CATEGORY), *whole, *inside, *ends, row["status"], row["reason"])
            )
    return rows


def _four(score: Mapping[str, Any] | None, value: str, error: str) -> tuple[Any, ...]:
    if score is None:
        return (None,) * 4
    return score[value], score[error], score["ci_low"], score["ci_high"]


def _category_rows(group: Blocks) -> list[tuple[Any, ...]]:
    return [
        (
            name, category, row["n_images"], row["n_clips"], *_four(row["ais"], "score", "se_score"),
            *_four(row["iis"], "score", "se_score"), *_four(row["vendi"], "value", "se"),
        )
        for name, block in group.items()
        for category, row in block["by_category"].items()
    ]  # fmt: skip


def _win_rows(group: Blocks) -> list[tuple[Any, ...]]:
    keys = ("value", "se", "ci_low", "ci_high", "n", "n_units", "n_tied")
    return [
        (name, label, *(block["win_rates"][label][key] for key in keys))
        for name, block in group.items()
        for label in ("AIS_win", "IIS_win")
        if block["win_rates"].get(label)
    ]


def _retrieval_rows(group: Blocks) -> list[tuple[Any, ...]]:
    rows = []
    for name, block in group.items():
        found = block["retrieval"]
        rates = {f"R@{k}": rate for k, rate in found["recall"].items()}
        rates |= {key: found[key] for key in ("mrr", "auc", "label_map", "label_top") if found[key]}
        rows += [(name, key, *(rate[c] for c in RATE)) for key, rate in rates.items()]
    return rows


def _similarity_rows(group: Blocks) -> list[tuple[Any, ...]]:
    return [
        (name, heard, seen, block["category_similarity"][i][j])
        for name, block in group.items()
        for i, heard in enumerate(block["categories"])
        for j, seen in enumerate(block["categories"])
    ]


def _distance_rows(name: str, block: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for key, label in block["names"].items():
        found = block[key]
        sizes = [block["n_images"], block["n_references"] if key != "vendi" else None]
        rows.append((name, label, *(found[c] for c in ESTIMATE), *sizes, found["status"], found["reason"]))
    by_class = block["by_class"]
    if by_class and by_class["status"] == "ok":
        label = f"{block['names']['frechet']}, "
        spread = by_class["intervals"]
        for category, value in by_class["by_category"].items():
            ends = (spread["by_category"][category][c] for c in SPREAD)
            rows.append((name, label + category, value, *ends, None, *by_class["n"][category], "ok", ""))
        for key, words in (("within", "mean inside categories"), ("between", "between category means")):
            sizes = [block["n_images"], block["n_references"]]
            ends = (spread[key][c] for c in SPREAD)
            rows.append((name, label + words, by_class[key], *ends, None, *sizes, "ok", ""))
    return rows


def _further_rows(group: Blocks) -> list[tuple[Any, ...]]:
    """Registered metrics that no other table holds."""
    keys = (*ESTIMATE, "n", "status", "reason")
    return [
        (name, metric.title, *(block[key][column] for column in keys), block["space"]["name"], block["sha256"])
        for name, block in group.items()
        for key, metric in load_metrics().items()
        if not metric.has_section and key in block
    ]


def _duplicate_rows(group: Blocks) -> list[tuple[Any, ...]]:
    return [
        (name, pair["a"], pair["b"], pair["similarity"])
        for name, block in group.items()
        for pair in block["duplicates"]["pairs"]
    ]


def _machine_rows(group: Blocks) -> list[tuple[Any, ...]]:
    rows = []
    for name, block in group.items():
        kinds = {"drawn": block.get("machine"), "answered by people": (block.get("join") or {}).get("machine")}
        for kind, found in kinds.items():
            if found is None:
                continue
            for heard, row in zip(block["categories"], found["confusion"], strict=True):
                rows += [(name, kind, heard, seen, n) for seen, n in zip(block["categories"], row, strict=True)]
    return rows


def _join_rows(group: Blocks) -> list[tuple[Any, ...]]:
    rows = []
    for name, block in group.items():
        for row in (block.get("join") or {}).get("per_category", []):
            people = [row[key] for key in ("category", "correct", "n", "rate", "ci_low", "ci_high", "n_images")]
            metrics = [value for key in ("ais", "iis", "giils", "vendi") for value in _four(row[key], "value", "se")]
            top = row["top_confusion"]
            confused = None if top is None else "; ".join(top["categories"])
            rows.append((name, *people, *metrics, confused, row["median_choice_ms"]))
    return rows


def _correlation_rows(group: Blocks) -> list[tuple[Any, ...]]:
    keys = ("name", "n", "spearman", "kendall", "p_value", "ci_low", "ci_high", "status", "reason")
    return [
        (name, *(relation[key] for key in keys))
        for name, block in group.items()
        for relation in (block.get("join") or {}).get("correlations", {}).values()
    ]


def _reliability_rows(group: Blocks) -> list[tuple[Any, ...]]:
    keys = ("value", "ci_low", "ci_high", "ceiling", "method", "status", "reason")
    rows: list[tuple[Any, ...]] = []
    for name, block in group.items():
        found = (block.get("join") or {}).get("reliability")
        if found is None:
            continue
        sides = {"share correct, halves": found["split_half"], "share correct, ICC": found["icc"]}
        for what, one in sides.items():
            rows.append((name, what, one["n_categories"], one["n_units"], None, *(one.get(key) for key in keys)))
        for key, one in found["metrics"].items():
            what, degrees = block["join"]["correlations"][key]["name"], one["n_units"] or None
            rows.append((name, what, one["n_categories"], None, degrees, *(one[column] for column in keys)))
    return rows
