"""Which images a stimulus set will hold: a pure function of the dataset and of what was asked for.

Nothing is drawn while images are made: clips, places and seeds of all images stand before the first one does, so
order of work, batches and interruptions cannot matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from generation.errors import StimulusSetError
from generation.models import Category, Clip, Dataset
from generation.names import read_name
from generation.seeds import image_seed, permuted
from generation.stimuli.request import Request


@dataclass(frozen=True)
class PlannedImage:
    """One image to be made.

    rank, eligible: place of the clip's hash among all eligible clips of its category, whatever subset is asked for.
    place: rank + eligible * index, how many images of its category come before it.
    """

    clip: Clip
    index: int
    seed: int
    rank: int
    eligible: int

    @property
    def place(self) -> int:
        """See `Backbone.render`."""
        return self.rank + self.eligible * self.index


def plan_images(dataset: Dataset, request: Request) -> list[PlannedImage]:
    """All images of the request, by category, clip hash and index; StimulusSetError says what cannot be had."""
    categories = find_categories(dataset, request.categories)
    quotas = share_total(categories, request)
    return [
        image
        for category, quota in zip(categories, quotas, strict=True)
        for image in _plan_category(category, request, quota)
    ]


def find_categories(dataset: Dataset, names: Sequence[str]) -> list[Category]:
    """Categories of these names or slugs, in the dataset's order; all of them when no name is given."""
    categories = list(dataset.categories.all())
    if not categories:
        raise StimulusSetError(f"The dataset {dataset.name} has no category.")
    if not names:
        return categories
    known = {read_name(name): category for category in categories for name in (category.slug, category.name)}
    names = [read_name(name) for name in names]
    if unknown := [name for name in names if name not in known]:
        raise StimulusSetError(
            f'The dataset {dataset.name} has no category "{unknown[0]}"; it has '
            + ", ".join(f'"{category.name}"' for category in categories)
            + "."
        )
    chosen = {known[name].pk for name in names}
    return [category for category in categories if category.pk in chosen]


def share_total(categories: Sequence[Category], request: Request) -> list[int | None]:
    """Images per category of a stratified total: equal, the remainder to categories drawn by the seed."""
    if request.total is None:
        return [None] * len(categories)
    if request.total < len(categories):
        raise StimulusSetError(f"A total of {request.total} cannot cover {len(categories)} categories.")
    share, rest = divmod(request.total, len(categories))
    favoured = set(permuted([category.name for category in categories], "total", request.seed)[:rest])
    return [share + (category.name in favoured) for category in categories]


def _plan_category(category: Category, request: Request, quota: int | None) -> list[PlannedImage]:
    eligible = list(
        Clip.objects.filter(category=category, split__in=request.splits).select_related("category").order_by("sha256")
    )
    splits = " and ".join(request.splits)
    if not eligible:
        raise StimulusSetError(
            f'The category "{category.name}" has no clip in the split {splits}: choose other splits or categories.'
        )
    wanted = request.clips_per_category or len(eligible)
    if quota is not None:
        wanted = ceil(quota / request.images_per_clip)
    if wanted > len(eligible):
        advice = "" if quota is None else " Ask for more images per clip, or for a smaller total."
        raise StimulusSetError(
            f'The category "{category.name}" has {len(eligible)} clips in the split {splits}; '
            f"{wanted} are needed.{advice}"
        )
    drawn = permuted(range(len(eligible)), "clips", request.seed, category.name)[:wanted]
    counts = dict.fromkeys(drawn, request.images_per_clip)
    if quota is not None:
        counts[drawn[-1]] -= wanted * request.images_per_clip - quota
    return [
        PlannedImage(
            clip=clip, index=index, seed=image_seed(request.seed, clip.sha256, index), rank=rank, eligible=len(eligible)
        )
        for rank, clip in enumerate(eligible)
        for index in range(counts.get(rank, 0))
    ]
