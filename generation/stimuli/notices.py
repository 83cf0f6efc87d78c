"""What a researcher should hear about the images of a set, beyond that they are made. No torch."""

from collections.abc import Sequence

from generation.models import Checkpoint, Dataset, Split, StimulusSet
from generation.stimuli.plan import PlannedImage
from generation.wording import plural


def find_notices(
    plan: Sequence[PlannedImage], checkpoint: Checkpoint, dataset: Dataset, *, pool: str, photos: int
) -> list[str]:
    """Sentences on the clips and photographs of a plan. pool: whose photographs; photos: how many, 0 for none."""
    notices = []
    heard = sum(image.clip.split == Split.TRAIN for image in plan)
    if heard and checkpoint.config["dataset"]["name"] == dataset.name:
        notices.append(
            f"{plural(heard, 'image is', 'images are')} of train clips, which the model has heard in training."
        )
    if photos:
        repeated = sum(image.place >= photos for image in plan)
        if repeated:
            notices.append(
                f"{plural(repeated, 'image paints', 'images paint')} on a photograph that their category has used "
                f"already, cropped or flipped: the pool has {photos}."
            )
        if pool != dataset.name:
            notices.append(f"The dataset {dataset.name} has no content images; the photographs are {pool}'s.")
    return notices


def find_image_notices(stimulus_set: StimulusSet) -> list[str]:
    """Sentences on images that should be looked at."""
    notices = []
    dark = stimulus_set.stimuli.filter(provenance__painting__guard_passed=False).count()
    if dark:
        notices.append(
            f"{dark} image{' is' if dark == 1 else 's are'} nearly black or empty even after painting again. "
            "Have a look."
        )
    alarming = stimulus_set.stimuli.filter(provenance__painting__safety_flagged=True).count()
    if alarming:
        notices.append(
            f"Stable Diffusion's safety checker raised an alarm at {alarming} image{'' if alarming == 1 else 's'}, "
            "which may be unfit to be shown; they are unchanged. Look at them, and flag those that participants must "
            "not see."
        )
    return notices
