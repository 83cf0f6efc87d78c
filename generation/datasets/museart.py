"""Museart, the paper's dataset: its 18 labels and the sizes of its splits (section 3.1).

The paper states 24,216 clips of music, as many images, and 19,366 / 2,425 / 2,425 pairs for training, validation and
testing; its authors publish which (`published.py`). Where the files come without a split, these totals are met by a
seeded, stratified draw, as nearly as whole recordings allow: every label gives its share, and the few files that
rounding leaves over go to the labels that it cut most.
"""

from collections.abc import Mapping

# As the paper spells them (its Table 5).
LABELS = (
    "Renaissance symbolism",
    "Baroque Classical symbolism",
    "Electronic music",
    "Renaissance secular subject",
    "20th century abstractionism",
    "Romanticism open view",
    "Heavy metal",
    "African traditional folklore",
    "20th century experimental open view",
    "20th century traditional open view",
    "20th century experimental figure",
    "Asian traditional folklore",
    "Romanticism figure",
    "American traditional folklore",
    "European traditional folklore",
    "Modern instrumental music",
    "Baroque Classical secular subject",
    "20th century traditional figure",
)
PIECES = 24_216
HELD_OUT = 2_425  # clips of the validation split, and of the test split
TRAINED_ON = 19_366


def is_museart(labels: set[str]) -> bool:
    """Whether these are the labels of Museart, all of them and no others."""
    return labels == set(LABELS)


def held_out_sizes(counts: Mapping[str, int]) -> dict[str, int]:
    """How many of each label's files go to validation, and as many to the test split.

    counts: files per label. Of all 24,216 exactly 2,425 are kept for each; of another number the same share.
    """
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(counts, 0)
    wanted = round(total * HELD_OUT / PIECES)
    sizes = {label: count * wanted // total for label, count in counts.items()}
    # Largest remainder first; equal ones in the order of their names, so the draw depends on nothing else.
    cut = sorted(counts, key=lambda label: (-(counts[label] * wanted % total), label))
    for label in cut[: wanted - sum(sizes.values())]:
        sizes[label] += 1
    return sizes
