"""Whether audio tokens of music that was not trained on lie with their category: nearest-centroid hits."""

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.musipainter.data import MediaItem

Labelled = tuple[str, Tensor]  # category, audio token (d,)


def centroid_hits(train: Sequence[Labelled], held_out: Sequence[Labelled]) -> int:
    """How many held-out tokens are nearer (cosine) to the mean direction of their category than of any other.

    The centroids are those of the train clips' own tokens, so models that were pulled towards different labels are
    judged alike. A tie goes to the category that comes first by name.

    Parameters
    ----------
    train, held_out : sequence of (str, Tensor (d,))
        Category and audio token of each clip.

    Returns
    -------
    int
        Of the held-out ones.
    """
    by_label: dict[str, list[Tensor]] = defaultdict(list)
    for label, token in train:
        by_label[label].append(F.normalize(token.double(), dim=0))
    labels = sorted(by_label)
    centroids = F.normalize(torch.stack([torch.stack(by_label[label]).mean(dim=0) for label in labels]), dim=1)
    return sum(
        labels[int((centroids @ F.normalize(token.double(), dim=0)).argmax())] == label for label, token in held_out
    )


def first_of_each(items: Sequence[MediaItem], count: int) -> list[MediaItem]:
    """At most `count` items of each category, by their hashes, in the order of categories and hashes.

    Parameters
    ----------
    items : sequence of MediaItem
        In any order.
    count : int
        At most so many of each category.

    Returns
    -------
    list of MediaItem
        The same for the same files.
    """
    chosen: dict[str, list[MediaItem]] = defaultdict(list)
    for item in sorted(items, key=lambda item: (item.label, item.sha256)):
        if len(chosen[item.label]) < count:
            chosen[item.label].append(item)
    return [item for of_label in chosen.values() for item in of_label]
