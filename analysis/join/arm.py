"""One arm's human answers beside its model metrics: per category, per picture, and as one coefficient; for JSON.

The machine plays the very boards that people played: its answers come from the joint space alone, so its confusion
matrix stands beside theirs with the same totals.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis.errors import MetricError
from analysis.intervals import mean_half_width
from analysis.join.boards import Boards, boards_of, similarities
from analysis.join.calibration import calibration
from analysis.join.mantel import mantel
from analysis.join.reliability import correlation_reliability
from analysis.join.temperature import ChoiceSet, Temperature, board_choices, fit_temperature
from analysis.metrics import ByCategory, answer_board, category_metrics
from analysis.ranks import rank_relation
from analysis.reading import Embeddings, free_choices
from analysis.wording import plural

MACHINE_NOTE = (
    "The joint space answers every board by itself and always in the same way, so its own share right has no "
    "interval. It shows how hard the boards are for a listener that only has this space."
)
TEMPERATURE_NOTE = (
    "How strongly choices follow the similarity in this space: 0 is not at all. It depends on the space's scale, so it "
    "cannot be compared across spaces."
)


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
    tables = [similarities(board, embeddings) for board in boards.shown]
    rows = _per_category(responses, metrics, human, confusion, categories)
    correlations = _correlations(rows)
    return {
        "space": metrics["space"]["name"],
        "n_boards": len(boards.shown),
        "n_left_out": dict(sorted(boards.left_out.items())),
        "per_category": rows,
        "correlations": correlations,
        "reliability": correlation_reliability(
            responses, metrics, {name: found["categories"] for name, found in correlations.items()}
        ),
        "machine": _machine(boards, embeddings, categories),
        "temperature": asdict(_temperature(boards, embeddings)) | {"note": TEMPERATURE_NOTE},
        "calibration": calibration(boards.shown, tables, one_to_one=boards.one_to_one),
        "mantel": _mantel(metrics["category_similarity"], confusion, categories),
        "per_picture": _per_picture(boards, embeddings),
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
    """Hit rate against each metric over the categories that have both."""
    found = {}
    for name, (metric, _) in category_metrics().items():
        both = [row for row in rows if row["rate"] is not None and row[name]["value"] is not None]
        relation = rank_relation([row["rate"] for row in both], [row[name]["value"] for row in both])
        found[name] = {"name": metric.title, "categories": [row["category"] for row in both], **asdict(relation)}
    return found


def _machine(boards: Boards, embeddings: Embeddings, categories: Sequence[str]) -> dict[str, Any]:
    index = {name: place for place, name in enumerate(categories)}
    counts = np.zeros((len(categories), len(categories)), dtype=np.int64)
    agreed: dict[str, list[bool]] = {}
    expected = 0.0
    distinct: dict[tuple[tuple[int, ...], tuple[int, ...]], np.ndarray] = {}
    for board in boards.shown:
        key = board.clips, board.images
        if key not in distinct:
            distinct[key] = answer_board(similarities(board, embeddings), one_to_one=boards.one_to_one)
        for place, choice in enumerate(distinct[key]):
            if board.chosen[place] < 0:
                continue
            heard = str(embeddings.audio_labels[board.clips[place]])
            seen = str(embeddings.image_labels[board.images[choice]])
            if heard in index and seen in index:
                counts[index[heard], index[seen]] += 1
            agreed.setdefault(board.participant, []).append(bool(choice == board.chosen[place]))
            labels = [str(embeddings.image_labels[image]) for image in board.images]
            expected += labels.count(heard) / len(labels)
    return {
        "confusion": counts.tolist(),
        "correct": int(np.trace(counts)),
        "total": int(counts.sum()),
        "expected": expected,
        "n_distinct_boards": len(distinct),
        "agreement": _agreement(agreed, boards),
        "note": MACHINE_NOTE,
    }


def _agreement(agreed: Mapping[str, list[bool]], boards: Boards) -> dict[str, Any]:
    """Share of human answers equal to the machine's, with a t interval over participants."""
    if not agreed:
        return {"value": None, "ci_low": None, "ci_high": None, "chance": None, "n_participants": 0}
    means = np.array([np.mean(hits) for hits in agreed.values()])
    options = [1.0 / len(board.images) for board in boards.shown for choice in board.chosen if choice >= 0]
    value = float(means.mean())
    low = high = None
    if len(means) > 1:
        half = mean_half_width(means)
        low, high = max(0.0, value - half), min(1.0, value + half)
    return {
        "value": value, "ci_low": low, "ci_high": high, "chance": float(np.mean(options)),
        "n_participants": len(means),
    }  # fmt: skip


def _temperature(boards: Boards, embeddings: Embeddings) -> Temperature:
    choices: list[ChoiceSet] = []
    skipped = 0
    method = "exact permanent over assignments" if boards.one_to_one else "softmax over the images of the board"
    for board in boards.shown:
        try:
            choices += board_choices(board, similarities(board, embeddings), one_to_one=boards.one_to_one)
        except MetricError:
            skipped += 1
    if skipped:
        method += f"; {plural(skipped, 'board')} left out, incomplete or too large to weigh"
    return fit_temperature(choices, method=method)


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
    return asdict(found) | {"categories": names}


def _per_picture(boards: Boards, embeddings: Embeddings) -> list[dict[str, Any]]:
    """Every pair of a clip and an image that stood on one board: how often it was chosen, and its similarity."""
    shown: Counter[tuple[int, int]] = Counter()
    chosen: Counter[tuple[int, int]] = Counter()
    cosines: dict[tuple[int, int], float] = {}
    for board in boards.shown:
        table = similarities(board, embeddings)
        for row, clip in enumerate(board.clips):
            if board.chosen[row] < 0:
                continue
            for column, image in enumerate(board.images):
                shown[clip, image] += 1
                cosines[clip, image] = float(table[row, column])
            chosen[clip, board.images[board.chosen[row]]] += 1
    rows = []
    for clip, image in sorted(shown):
        times, hits = shown[clip, image], chosen[clip, image]
        low, high = proportion_confint(hits, times, method="wilson")
        rows.append(
            {
                "clip": str(embeddings.audio_ids[clip]), "clip_category": str(embeddings.audio_labels[clip]),
                "image": str(embeddings.image_ids[image]), "image_category": str(embeddings.image_labels[image]),
                "similarity": cosines[clip, image], "shown": times, "chosen": hits, "share": hits / times,
                "ci_low": max(0.0, float(low)), "ci_high": min(1.0, float(high)),
            }
        )  # fmt: skip
    return rows
