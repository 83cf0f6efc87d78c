"""One arm's human answers beside its model metrics: per category, per picture, and as one coefficient; for JSON.

One number is declared to be tested: the temperature, by permutations of clips with their pictures ("beyond" of
`analysis.join.nulls`). All else is exploratory: correlations over categories, agreement and calibration have no p, the
null "nothing" and the Mantel test are corrected together (`by_arm`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from analysis.join.boards import boards_of
from analysis.join.calibration import calibration
from analysis.join.machine import machine_block
from analysis.join.mantel import mantel
from analysis.join.pairs import pairs_of, picture_rows, tables_of
from analysis.join.reliability import correlation_reliability
from analysis.join.sampling import sample_of
from analysis.join.temperature import temperature_block
from analysis.metrics import ByCategory, category_metrics
from analysis.ranks import rank_relation
from analysis.reading import Embeddings, free_choices


def join_arm(
    responses: pd.DataFrame,
    embeddings: Embeddings,
    metrics: Mapping[str, Any],
    human: Mapping[str, Mapping[str, Any]],
    confusion: Sequence[Sequence[int]],
    categories: Sequence[str],
) -> dict[str, Any]:
    """Everything that relates the answers of one arm to the metrics of its stimulus set in one space.

    Args:
        responses: tidy rows of the arm without excluded ones.
        embeddings: the arm's embeddings (whole file).
        metrics: `arm_metrics` of the same file; human: result.json's `categories` of the arm; confusion: its matrix.
    """
    boards = boards_of(responses, embeddings)
    tables, pairs, sample = tables_of(boards, embeddings), pairs_of(boards), sample_of(boards.shown, embeddings)
    rows = _per_category(responses, metrics, human, confusion, categories)
    correlations = _correlations(rows)
    return {
        "space": metrics["space"]["name"],
        "n_boards": len(boards.shown),
        "n_left_out": dict(sorted(boards.left_out.items())),
        "n_pictures": sample.n_pictures,
        "per_category": rows,
        "correlations": correlations,
        "reliability": correlation_reliability(
            responses, metrics, {name: found["categories"] for name, found in correlations.items()}
        ),
        "machine": machine_block(boards, tables, embeddings, categories, sample),
        "temperature": temperature_block(boards, tables, pairs, sample, embeddings),
        "calibration": calibration(boards.shown, tables, sample, one_to_one=boards.one_to_one),
        "mantel": _mantel(metrics["category_similarity"], confusion, categories),
        "per_picture": picture_rows(boards, pairs, embeddings),
    }


def _per_category(
    responses: pd.DataFrame,
    metrics: Mapping[str, Any],
    human: Mapping[str, Mapping[str, Any]],
    confusion: Sequence[Sequence[int]],
    categories: Sequence[str],
) -> list[dict[str, Any]]:
    values = {name: (how, how.rows(name, metrics)) for name, (_, how) in category_metrics().items()}
    rows, free = [], free_choices(responses)
    for place, category in enumerate(categories):
        own = human.get(category, {})
        times = free.loc[free["clip_category"] == category, "choice_ms"].dropna()
        rows.append(
            {
                "category": category,
                **{key: own.get(key) for key in ("correct", "n", "rate", "ci_low", "ci_high")},
                "n_images": metrics["by_category"].get(category, {}).get("n_images", 0),
                **{name: _shown(found.get(category), how) for name, (how, found) in values.items()},
                "top_confusion": _top_confusion(list(confusion[place]), place, categories),
                "median_choice_ms": float(times.median()) if len(times) else None,
                "n_choice_ms": len(times),
            }
        )
    return rows


def _shown(row: Mapping[str, Any] | None, how: ByCategory) -> dict[str, Any]:
    """The part of a metric's row that stands in a table."""
    if row is None:
        empty = {"value": None, "se": None, "ci_low": None, "ci_high": None, "n": None}
        return empty | {"status": "not_applicable", "reason": ""}
    kept = {key: row[key] for key in ("ci_low", "ci_high", "n", "status", "reason")}
    return {"value": row[how.value], "se": row[how.error]} | kept


def _top_confusion(row: list[int], place: int, categories: Sequence[str]) -> dict[str, Any] | None:
    """The wrong category chosen most often; all of them where several are."""
    wrong = [0 if other == place else int(count) for other, count in enumerate(row)]
    most = max(wrong, default=0)
    if not most:
        return None
    return {"categories": [categories[other] for other, count in enumerate(wrong) if count == most], "n": most}


def _correlations(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Hit rate against each metric over the categories that have both; exploratory, so without a p."""
    found = {}
    for name, (metric, _) in category_metrics().items():
        both = [row for row in rows if row["rate"] is not None and row[name]["value"] is not None]
        relation = rank_relation([row["rate"] for row in both], [row[name]["value"] for row in both])
        categories = [row["category"] for row in both]
        found[name] = {"name": metric.title, "categories": categories, **asdict(relation), "p_value": None}
    return found


def _mantel(
    similarity: Sequence[Sequence[float | None]], confusion: Sequence[Sequence[int]], categories: Sequence[str]
) -> dict[str, Any]:
    """Human confusions of two categories against how similar the clips of one are to the images of the other."""
    counts = np.array(confusion, dtype=np.float64)
    model = np.array([[np.nan if value is None else value for value in row] for row in similarity], dtype=np.float64)
    kept = [place for place in range(len(categories)) if counts[place].sum() and np.isfinite(model[place, place])]
    names = [categories[place] for place in kept]
    shares = counts[np.ix_(kept, kept)] / counts[kept].sum(axis=1, keepdims=True)
    part = model[np.ix_(kept, kept)]
    found = mantel((shares + shares.T) / 2, (part + part.T) / 2)
    return asdict(found) | {"p_holm": found.p_value, "n_tests": 1, "categories": names}
