"""Outcomes of boards: what was chosen and what was right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generation.models import Clip, Content, Stimulus
from studyserver.studies.models import Session, Trial
from studyserver.studies.sitting.boards import Frame, ImageKey, find_images, hang_images, image_keys, media_url


@dataclass(frozen=True)
class Pair:
    """A clip with the image the participant gave it and the one that was really made from it."""

    position: int
    url: str
    chosen: Frame
    own: Frame | None  # None: no image on this board was made from the clip

    @property
    def is_own(self) -> bool:
        return self.own == self.chosen


@dataclass(frozen=True)
class Outcome:
    """One answered board."""

    index: int
    pairs: list[Pair]
    n_images: int

    @property
    def n_own(self) -> int:
        return sum(pair.is_own for pair in self.pairs)


@dataclass(frozen=True)
class Guessing:
    """What guessing alone gives over some boards: clips with their own image on average, and in nine of ten cases."""

    mean: float
    low: int
    high: int


def expect_by_guessing(outcomes: Sequence[Outcome], *, design: str) -> Guessing:
    """The exact law of own images when everything is matched at random by the rules of the design.

    The mean is that of both designs, the sum of 1/m over the clips whose own image hangs among the board's m. The
    range is the law's own: from its 5 % to its 95 % quantile.
    """
    from analysis.chance import Block, matching_law

    blocks = []
    for outcome in outcomes:
        own = [str(pair.position) for pair in outcome.pairs if pair.own]
        others = [f"other {i}" for i in range(outcome.n_images - len(own))]
        blocks.append(Block(tuple(str(pair.position) for pair in outcome.pairs), (*own, *others)))
    law = matching_law(blocks, design=design)
    reached = law.pmf.cumsum()
    return Guessing(law.mean, *(int(reached.searchsorted(level)) for level in (0.05, 0.95)))


Chosen = Mapping[tuple[int, int], ImageKey]
"""(trial, clip) -> the image that was chosen."""


def find_origin(image: Stimulus | Content) -> str | None:
    """sha256 of the clip that an image was really made from; a shuffled control only counts as another clip's."""
    if isinstance(image, Content):
        return None
    return image.provenance.get("source_clip") or image.clip.sha256


def load_outcomes(trials: Sequence[Trial], chosen: Chosen) -> list[Outcome]:
    """What became of answered boards; the same few queries for any number of them."""
    clips = Clip.objects.in_bulk({pk for trial in trials for pk in trial.clip_order})
    keys = {key for trial in trials for key in image_keys(trial)}
    found = find_images(Stimulus.objects.select_related("clip"), keys)
    outcomes = []
    for trial in trials:
        images = [found[key] for key in image_keys(trial)]
        frames = hang_images(images)
        own = {find_origin(image): frame for image, frame in zip(images, frames, strict=True)}
        given = dict(zip(image_keys(trial), frames, strict=True))
        pairs = [
            Pair(position, media_url(clips[pk]), given[chosen[trial.pk, pk]], own.get(clips[pk].sha256))
            for position, pk in enumerate(trial.clip_order, start=1)
        ]
        outcomes.append(Outcome(trial.index, pairs, len(images)))
    return outcomes


def load_credits(session: Session) -> list[Clip]:
    """The clips that a session has heard, each once, for their makers' names and licences."""
    orders = session.trials.values_list("clip_order", flat=True)
    return list(Clip.objects.filter(pk__in={pk for order in orders for pk in order}).order_by("title", "pk"))
