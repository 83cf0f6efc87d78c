"""The joint space as a participant: it answers the very boards that people answered.

Its answers come from the space alone, so its confusion matrix stands beside theirs with the same totals.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.join.boards import Boards
from analysis.join.pairs import Floats
from analysis.join.sampling import Sample, interval_over_both
from analysis.metrics import answer_board
from analysis.reading import Embeddings

NOTE = (
    "The joint space answers every board by itself and always in the same way, so its own share right has no "
    "interval. It shows how hard the boards are for a listener that only has this space."
)


def machine_block(
    boards: Boards, tables: Sequence[Floats], embeddings: Embeddings, categories: Sequence[str], sample: Sample
) -> dict[str, Any]:
    """The machine's confusion matrix on people's boards, and how often its choice is theirs; for JSON.

    Args:
        tables: (k, m) cosines of every board, in the order of `boards.shown`.
    """
    index = {name: place for place, name in enumerate(categories)}
    counts = np.zeros((len(categories), len(categories)), dtype=np.int64)
    agreed, answered = np.zeros(len(boards.shown)), np.zeros(len(boards.shown))
    chance = expected = 0.0
    distinct: dict[tuple[tuple[int, ...], tuple[int, ...]], np.ndarray] = {}
    for number, (board, table) in enumerate(zip(boards.shown, tables, strict=True)):
        key = board.clips, board.images
        if key not in distinct:
            distinct[key] = answer_board(table, one_to_one=boards.one_to_one)
        labels = [str(embeddings.image_labels[image]) for image in board.images]
        for place, choice in enumerate(distinct[key]):
            if board.chosen[place] < 0:
                continue
            heard, seen = str(embeddings.audio_labels[board.clips[place]]), labels[choice]
            if heard in index and seen in index:
                counts[index[heard], index[seen]] += 1
            agreed[number] += choice == board.chosen[place]
            answered[number] += 1
            chance += 1.0 / len(labels)
            expected += labels.count(heard) / len(labels)
    return {
        "confusion": counts.tolist(),
        "correct": int(np.trace(counts)),
        "total": int(counts.sum()),
        "expected": expected,
        "n_distinct_boards": len(distinct),
        "agreement": _agreement(agreed, answered, chance, sample),
        "note": NOTE,
    }


def _agreement(agreed: Floats, answered: Floats, chance: float, sample: Sample) -> dict[str, Any]:
    """Share of human answers equal to the machine's, mean over participants; interval over people and pictures."""
    given = np.bincount(sample.person, weights=answered, minlength=sample.n_people)
    people = int((given > 0).sum())
    if not people:
        none = dict.fromkeys(("value", "se", "ci_low", "ci_high", "chance"))
        return none | {"interval_reason": "no answers", "n_participants": 0}
    weight = 1.0 / (people * np.maximum(given, 1.0)[sample.person])
    value = float((weight * agreed).sum())
    over = interval_over_both(sample, value, weight * (agreed - value * answered), weight * answered, low=0.0, high=1.0)
    return {"value": value, **over, "chance": chance / float(answered.sum()), "n_participants": people}
