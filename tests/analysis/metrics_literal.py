"""The printed formulas as plain loops: slow, obvious, and written without looking at the fast forms."""

from __future__ import annotations

import math

import numpy as np


def cosine(a, b) -> float:
    a, b = [float(v) for v in a], [float(v) for v in b]
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(math.fsum(x * x for x in a)) / math.sqrt(math.fsum(y * y for y in b))


def score(x: float) -> float:
    return (1 - math.acos(x) / math.pi) * 100


def advantages(images, others, partner, *, divide_by) -> list[float]:
    """Eq. 5 and 6, the inner difference of every image."""
    values = []
    for i, image in enumerate(images):
        rest = math.fsum(cosine(image, others[j]) for j in range(len(others)) if j != partner[i])
        values.append(cosine(image, others[partner[i]]) - rest / divide_by)
    return values


def giils_x(images, labels, label, *, self_pairs, background, unbiased, ground=None, ground_labels=None) -> float:
    """Eq. 8. `ground` None: the background is `images`; else a set that shares no image with them."""
    own = [i for i in range(len(images)) if labels[i] == label]
    rest_of = images if ground is None else ground
    rest_labels = labels if ground is None else ground_labels
    total, pairs = 0.0, 0
    for i in own:
        chosen = [j for j in range(len(rest_of)) if ground is not None or j != i]
        if background == "other_labels":
            chosen = [j for j in chosen if rest_labels[j] != label]
        mean = math.fsum(cosine(images[i], rest_of[j]) for j in chosen) / (len(chosen) if unbiased else len(rest_of))
        for j in own:
            if i != j or self_pairs:
                total += cosine(images[i], images[j]) - mean
                pairs += 1
    return total / pairs


def within_mean(images, rows) -> float:
    return float(np.mean([cosine(images[i], images[j]) for i in rows for j in rows if i != j]))
