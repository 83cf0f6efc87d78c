"""Metric tables for tables/*.csv and tables/*.parquet, in full precision.

Values of different spaces, weights or definitions never share a column: every definition has files of its own, named
by its space (`scores-embedded`, and `scores-embedded-2` where the same space was used with other weights or
options); the distances on every kind of features likewise.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.metrics import comparable_groups, load_metrics, require_comparable
from analysis.render.sections.metrics.columns import METRIC_COLUMNS
from analysis.render.sections.metrics.words import Block
from analysis.render.tables import Column, Grid, TidyTable, columns
from analysis.results import Record

ESTIMATE = "measure value se ci_low ci_high null n_images n_references status reason"


def metric_grids(owner: str, blocks: Mapping[str, Sequence[Block]]) -> dict[str, Grid]:
    """Every table by name.

    Args:
        owner: what the first column is called, `arm` or `set`; blocks: the metric blocks of each, by its name.
    """
    grids: dict[str, Grid] = {}
    taken: dict[str, int] = {}
    for group in comparable_groups(blocks):
        require_comparable(group)
        space = str(next(iter(group.values()))["space"]["name"])
        taken[space] = taken.get(space, 0) + 1
        name = space if taken[space] == 1 else f"{space}-{taken[space]}"
        for table in IN_SPACES:
            grid = _grid(owner, table, group.items())
            if grid.rows:
                grids[f"{table.name}-{name}"] = grid
    return grids


def distance_grids(owner: str, blocks: Mapping[str, Sequence[Block]]) -> dict[str, Grid]:
    """distances-<features>: one table for each network and weights; n stands in every row."""
    groups: dict[tuple[str, str], list[tuple[str, Block]]] = {}
    for name, own in blocks.items():
        for block in own:
            if block["status"] == "ok":
                features = block["space"]
                identity = (features["name"], str(sorted((features.get("weights") or {}).items())))
                groups.setdefault(identity, []).append((name, block))
    grids: dict[str, Grid] = {}
    for (features_name, _), group in groups.items():
        file = f"distances-{features_name}"
        number = sum(key.startswith(file) for key in grids)
        grids[f"{file}{f'-{number + 1}' if number else ''}"] = _grid(owner, DISTANCES, group)
    return grids


def _grid(owner: str, table: TidyTable, blocks: Iterable[tuple[str, Block]]) -> Grid:
    """A table whose first column names the owner of each block."""
    rows = [(name, *(row[column] for column in table.columns)) for name, block in blocks for row in table.rows(block)]
    return Grid({owner: METRIC_COLUMNS[owner], **table.columns}, rows)


def _prefixed(start: str, found: Mapping[str, Any] | None, *keys: str) -> Record:
    """Values of a record under longer names; None where there is no record."""
    return {f"{start}{key}": found[key] if found else None for key in keys}


def _spread(metric: str, found: Mapping[str, Any] | None, value: str = "value", error: str = "se") -> Record:
    """A value with its error and interval, as the columns that a metric begins have it."""
    keys = {"": value, "_se": error, "_low": "ci_low", "_high": "ci_high"}
    return {f"{metric}{end}": found[key] if found else None for end, key in keys.items()}


def _scores(block: Block) -> Iterator[Record]:
    for label, key in (("AIS", "ais"), ("IIS", "iis")):
        units = {"n_clips": block[key]["n_units"], "n_recordings": None}
        yield {
            "measure": label,
            **units,
            **block[key],
            "space": block["space"]["name"],
            "embeddings_sha256": block["sha256"],
        }


def _giils(block: Block) -> Iterator[Record]:
    for category, row in block["giils"].items():
        joint = _prefixed("joint_", {k[3:]: v for k, v in (row["joint"] or {}).items()}, "low", "high")
        ranks = _prefixed("", row["joint"], "rank_low", "rank_high")
        every = _prefixed("all_images_", row["all_images"], "score", "se_score", "ci_low", "ci_high")
        other = _prefixed("same_recording_", row.get("same_recording"), "score", "se_score", "ci_low", "ci_high")
        units = {"n_clips": row["n_units"], "n_recordings": None}
        yield {**units, **row, "category": category, **every, **other, **joint, **ranks}


def _by_category(block: Block) -> Iterator[Record]:
    for category, row in block["by_category"].items():
        scores = _spread("ais", row["ais"], "score", "se_score") | _spread("iis", row["iis"], "score", "se_score")
        yield {**row, "category": category, **scores, **_spread("vendi", row["vendi"])}


def _win_rates(block: Block) -> Iterator[Record]:
    rates = {label: block["win_rates"].get(label) for label in ("AIS_win", "IIS_win")}
    yield from ({"measure": label, **rate} for label, rate in rates.items() if rate)


def _retrieval(block: Block) -> Iterator[Record]:
    found = block["retrieval"]
    rates = {f"R@{k}": rate for k, rate in found["recall"].items()}
    rates |= {key: found[key] for key in ("mrr", "auc", "label_map", "label_top") if found[key]}
    yield from ({"measure": key, **rate} for key, rate in rates.items())


def _similarity(block: Block) -> Iterator[Record]:
    for heard, row in zip(block["categories"], block["category_similarity"], strict=True):
        for seen, cosine in zip(block["categories"], row, strict=True):
            yield {"music": heard, "images": seen, "mean_cosine": cosine}


def _distances(block: Block) -> Iterator[Record]:
    sizes = {"n_images": block["n_images"], "n_references": block["n_references"]}
    for key, label in block["names"].items():
        yield {**block[key], **sizes, "measure": label} | ({"n_references": None} if key == "vendi" else {})
    found = block["by_class"]
    if not found or found["status"] != "ok":
        return
    label, spread = f"{block['names']['frechet']}, ", found["intervals"]
    empty = {"null": None, "status": "ok", "reason": ""}
    for category, value in found["by_category"].items():
        own = dict(zip(sizes, found["n"][category], strict=True))
        yield {**spread["by_category"][category], "measure": label + category, "value": value, **own, **empty}
    for key, words in (("within", "mean inside categories"), ("between", "between category means")):
        yield {**spread[key], "measure": label + words, "value": found[key], **sizes, **empty}


def _further(block: Block) -> Iterator[Record]:
    """Registered metrics that no other table holds."""
    for name, metric in load_metrics().items():
        if not metric.has_section and name in block:
            own = {"measure": metric.title, "space": block["space"]["name"], "embeddings_sha256": block["sha256"]}
            yield {**block[name], **own}


def _duplicates(block: Block) -> Iterator[Record]:
    for pair in block["duplicates"]["pairs"]:
        yield {"image_a": pair["a"], "image_b": pair["b"], "cosine": pair["similarity"]}


def _machine(block: Block) -> Iterator[Record]:
    kinds = {"drawn": block.get("machine"), "answered by people": (block.get("join") or {}).get("machine")}
    for kind, found in kinds.items():
        for heard, row in zip(block["categories"], found["confusion"], strict=True) if found else ():
            for seen, n in zip(block["categories"], row, strict=True):
                yield {"boards": kind, "heard": heard, "chosen": seen, "n": n}


def _people(block: Block) -> Iterator[Record]:
    for row in (block.get("join") or {}).get("per_category", []):
        values = {k: v for key in ("ais", "iis", "giils", "vendi") for k, v in _spread(key, row[key]).items()}
        top = row["top_confusion"] and "; ".join(row["top_confusion"]["categories"])
        yield {**row, "rate_low": row["ci_low"], "rate_high": row["ci_high"], **values, "top_confusion": top}


def _correlations(block: Block) -> Iterator[Record]:
    for relation in (block.get("join") or {}).get("correlations", {}).values():
        yield {"metric": relation["name"], **relation}


def _reliability(block: Block) -> Iterator[Record]:
    join = block.get("join") or {}
    if (found := join.get("reliability")) is None:
        return
    sides = {"share correct, halves": found["split_half"], "share correct, ICC": found["icc"]}
    for what, one in sides.items():
        yield {"measure": what, "ceiling": None, **one, "n_participants": one["n_units"], "df": None}
    for key, one in found["metrics"].items():
        name = join["correlations"][key]["name"]
        yield {"measure": name, **one, "n_participants": None, "df": one["n_units"] or None}


def _metric_columns(names: str, own: Mapping[str, Column] | None = None) -> dict[str, Column]:
    return columns(names, {**METRIC_COLUMNS, **(own or {})})


# By the begin of the file's name; the name of the space follows. Each has one of an arm's or a set's blocks for rows.
IN_SPACES = tuple(
    TidyTable(name, row, _metric_columns(names), rows)
    for name, row, names, rows in (
        ("scores", "AIS or IIS of one arm or set",
         "measure score se_score ci_low ci_high null_score p_value n n_units n_clips n_recordings x se null status "
         "reason space embeddings_sha256", _scores),
        ("giils", "GIILS of one category",
         "category score se_score ci_low ci_high null_score p_value p_holm n n_available n_clips n_recordings "
         "same_recording_score same_recording_se_score same_recording_ci_low same_recording_ci_high all_images_score "
         "all_images_se_score all_images_ci_low all_images_ci_high within_similarity within_se diversity "
         "creative_tendency joint_low joint_high rank_low rank_high status reason", _giils),
        ("by_category", "one category: its images against all clips and references, and their variety",
         "category n_images n_clips ais ais_se ais_low ais_high iis iis_se iis_low iis_high vendi vendi_se "
         "vendi_low vendi_high", _by_category),
        ("win_rates", "AIS_win or IIS_win of one arm or set",
         "measure value se ci_low ci_high n n_units n_tied", _win_rates),
        ("retrieval", "one measure of finding a clip's images", "measure value ci_low ci_high chance n", _retrieval),
        ("similarity", "the clips of one category against the images of one category",
         "music images mean_cosine", _similarity),
        ("distances_in_space", "one distance or share, in the joint space",
         ESTIMATE, lambda block: _distances(block["distribution"])),
        ("further_metrics", "one further metric of one arm or set, by its registered title",
         "measure value se ci_low ci_high null n status reason space embeddings_sha256", _further),
        ("duplicates", "two images that are alike, the 20 most alike pairs", "image_a image_b cosine", _duplicates),
        ("machine", "one cell of the machine's confusion matrix", "boards heard chosen n", _machine),
        ("people_and_metrics", "one category: people's answers beside the metrics",
         "category correct n rate rate_low rate_high n_images ais ais_se ais_low ais_high iis iis_se "
         "iis_low iis_high giils giils_se giils_low giils_high vendi vendi_se vendi_low vendi_high "
         "top_confusion median_choice_ms", _people),
        ("correlations", "one metric against the share correct, over categories",
         "metric n spearman kendall p_value ci_low ci_high status reason", _correlations),
        ("reliability", "one side of these correlations",
         "measure n_categories n_participants df value ci_low ci_high ceiling method status reason", _reliability),
    )
)  # fmt: skip
PICTURES = TidyTable(
    "pictures",
    "one clip and one image that stood on a board",
    _metric_columns(
        "clip clip_category image image_category shown chosen share ci_low ci_high similarity",
        {"chosen": Column("integer", "How often the image was chosen for the clip.")},
    ),
    lambda block: (block.get("join") or {}).get("per_picture", []),
)
DISTANCES = TidyTable(
    "distances", "one distance or share, on the features of a network", _metric_columns(ESTIMATE), _distances
)
IN_SPACES = (*IN_SPACES, PICTURES)
METRIC_TABLES = (*IN_SPACES, DISTANCES)
