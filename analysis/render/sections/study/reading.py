"""Section: how to read the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.render.parts import Heading, Paragraph, Part

DESIGN_WORDS = {
    "one_to_one": "One-to-one matching: every image is used exactly once.",
    "free": "Free matching: an image may be chosen for several clips.",
}

READING = {
    "one_to_one": (
        "Every image had to be used exactly once, so one participant's matches hang together: with four clips nobody "
        "can have exactly three right. The chance law used here is that of random permutations, exact for the boards "
        "that were answered, not a binomial one, which would make p-values too small."
    ),
    "free": (
        "An image could be chosen for several clips, so every clip is a choice of its own. The chance law is binomial, "
        "exact for the numbers of images shown."
    ),
}

READING_ALL = (
    "The overall p-value is one-sided: the chance that random matching gives as many correct matches or more. It "
    "assumes that the places of images carry no hint, which the study's random orders provide. The overall interval "
    "resamples participants, because the answers of one person are not independent; if all participants have the same "
    "score it is a Clopper-Pearson interval over participants instead. Intervals of categories are Wilson's.",
    "A p-value is not the chance that the images fit, and a large one does not show that they do not: intervals say "
    "which shares the answers allow. Exact tests hold their level for any number of participants; approximate ones "
    "carry the size that was measured for them.",
    "Theta is the share of clips that participants truly know if all others are guessed; its interval is a "
    "profile-likelihood interval.",
    "A category stands here for the clips that were used. With one clip per category the results speak of those clips; "
    "they support no claim about a whole genre of music.",
)

READING_METRICS = (
    "AIS, IIS and GIILS are 100 · (1 − arccos(x) / π) of a difference x of mean cosine similarities: 50 means no "
    "difference. Their values hold within the embedding space that stands beside them and are not comparable between "
    "spaces."
)


def reading_parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """How to read the numbers."""
    yield Heading(2, "How to read this", anchor="reading")
    yield Paragraph(READING[result["design"]])
    for text in READING_ALL:
        yield Paragraph(text)
    if any(arm["metrics"] for arm in result["arms"].values()):
        yield Paragraph(READING_METRICS)
