"""Small sets cut from recordings of many sizes, and the formulas of scores written out as loops."""

import numpy as np


def world(seed=0, *, sizes=(1, 2, 3, 1, 4, 2), labels=3, per_clip=2, size=5, silent=0):
    """Images, clips, partner, labels and recordings of images, recordings of clips; vectors of any length.

    The last `silent` clips have no image.
    """
    rng = np.random.default_rng(seed)
    recording = np.repeat(np.arange(labels * len(sizes)), np.tile(sizes, labels))
    label = recording // len(sizes)
    centres, shared = rng.standard_normal((labels, size)), rng.standard_normal((labels * len(sizes), size))
    clips = centres[label] + shared[recording] + rng.standard_normal((len(label), size))
    partner = rng.permutation(np.repeat(np.arange(len(clips) - silent), per_clip))
    images = 0.5 * clips[partner] + rng.standard_normal((len(partner), size))
    return images, clips, partner, label[partner], recording[partner], recording


def unit(table):
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def matched_x(images, others, partner, *, paper=True):
    """Eq. 5 in loops."""
    u, v = unit(images), unit(others)
    terms = len(v) if paper else len(v) - 1
    found = [
        u[i] @ v[own] - sum(u[i] @ v[j] for j in range(len(v)) if j != own) / terms for i, own in enumerate(partner)
    ]
    return sum(found) / len(found)


def across_x(images, labels, recordings, label, *, paper=True, other=False, sample=None):
    """GIILS over ordered pairs of different recordings, in loops; pairs from `sample`, background from all."""
    u = unit(images)
    chosen = range(len(u)) if sample is None else sample
    mine = [i for i in chosen if labels[i] == label]
    total = pairs = 0
    for i in mine:
        behind = [j for j in range(len(u)) if recordings[j] != recordings[i] and not (other and labels[j] == label)]
        background = sum(u[i] @ u[j] for j in behind) / (len(u) if paper else len(behind))
        for j in mine:
            if recordings[j] != recordings[i]:
                total += u[i] @ u[j] - background
                pairs += 1
    return total / pairs


def stratified_variance(left_out, strata):
    """Sum over strata of (n - 1) / n times the squares around the stratum's mean."""
    found = 0.0
    for stratum in set(strata):
        own = [value for value, place in zip(left_out, strata, strict=True) if place == stratum]
        mean = sum(own) / len(own)
        found += (len(own) - 1) / len(own) * sum((value - mean) ** 2 for value in own)
    return found
