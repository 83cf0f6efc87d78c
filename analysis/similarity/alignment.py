"""What a matched similarity is made of: alignment with the own item, and with its category.

Conventions: `analysis.similarity`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.similarity.nulls import matching_setting


@dataclass(frozen=True)
class Alignment:
    """What a matched similarity is made of: mean cosines over the n images whose category holds two or more items.

    matched, same_label, other_label   with the own item, with the category's other items, with other categories' items
    instance   matched - same_label: closer to the own item than to its category
    category   same_label - other_label: closer to the own category than to the others
    None where it does not exist: no category with two items, or one category only.
    """

    matched: float | None
    same_label: float | None
    other_label: float | None
    instance: float | None
    category: float | None
    n: int


def decompose(images: ArrayLike, others: ArrayLike, partner: ArrayLike, labels: ArrayLike) -> Alignment:
    """Split the advantage of matched items into instance and category alignment.

    Only items that some image was made from take part: the categories are those of the images.

    Args:
        labels: (G,) category of each image; images of one item share it.
    """
    setting = matching_setting(images, others, partner, labels)
    groups = [group for group in setting.groups if len(group) > 1]
    n = sum(int(setting.sizes[group].sum()) for group in groups)
    if not n:
        return Alignment(None, None, None, None, None, 0)
    everything = setting.others.sum(axis=0)
    matched = same = other = 0.0
    for group in groups:
        towards, own = setting.images[group].sum(axis=0), setting.others[group].sum(axis=0)
        matched_here = float(np.vecdot(setting.images[group], setting.others[group]).sum())
        matched += matched_here / n
        same += (float(towards @ own) - matched_here) / (len(group) - 1) / n
        n_rest = len(setting.others) - len(group)
        other += float(towards @ (everything - own)) / max(n_rest, 1) / n
    if len(setting.groups) < 2:
        return Alignment(matched, same, None, matched - same, None, n)
    return Alignment(matched, same, other, matched - same, same - other, n)
