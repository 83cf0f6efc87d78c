"""Small studies of people beside a space, made by a seed, as boards and embeddings."""

import itertools

import numpy as np
from scipy.special import softmax

from analysis.join.boards import Boards, ShownBoard
from analysis.reading import Embeddings
from tests.analysis.metrics_golden import unit

ORDERS = np.array(list(itertools.permutations(range(4))))


def space(audio, images, partner=None, labels=None):
    """Embeddings of four categories with equally many clips; image i belongs to clip i unless `partner` says else."""
    n = len(audio)
    own = np.arange(n) if partner is None else np.array(partner)
    names = np.repeat(np.array(list("ABCD")), n // 4) if labels is None else np.array(labels)
    return Embeddings(
        images=images, image_ids=np.arange(len(images)).astype(str), image_labels=names[own],
        audio=audio, audio_ids=np.arange(n).astype(str), audio_labels=names,
        references=np.empty((0, audio.shape[1])), reference_ids=np.array([]), reference_labels=np.array([]),
        partner=own, reference_partner=np.full(len(images), -1), image_pieces=np.full(len(images), ""),
        audio_pieces=np.full(n, ""), reference_pieces=np.array([], dtype=str), space={}, sha256="",
    )  # fmt: skip


def noise(rng, pictures=12, size=16):
    return space(*(unit(rng.standard_normal((pictures, size))) for _ in range(2)))


def played(rng, embeddings, utility, *, people=20, boards=3):
    """Boards of four, one clip of each category with its image, answered one to one by these utilities (T, G)."""
    per = len(embeddings.audio) // 4
    found = []
    for person in range(people):
        deal = np.argsort(rng.random((4, per)), axis=1) + per * np.arange(4)[:, None]
        for clips in deal.T[:boards]:
            totals = utility[clips[:, None], clips[None]][np.arange(4), ORDERS].sum(axis=1)
            chosen = ORDERS[rng.choice(24, p=softmax(totals))]
            found.append(
                ShownBoard(f"p{person:03}", tuple(clips.tolist()), tuple(clips.tolist()), tuple(chosen.tolist()))
            )
    return Boards(one_to_one=True, shown=found)
