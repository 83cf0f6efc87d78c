"""The bridge from a dataset's clips to the stored images of a set, by one process. Imported inside functions only."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from generation.jobs import add_images, beating, finish_set, recording_failure, start_job
from generation.media import LocalFiles
from generation.models import StimulusSet
from generation.progress import Progress, quietly
from generation.run.opening import ignore, naming_full_disks
from generation.run.sources import Maker, open_maker
from generation.stimuli import Asked, check_batch_size, find_image_notices, making


@dataclass
class Generation:
    """What `run_generation` did: counts of images, and what a researcher should hear about them."""

    stimulus_set: StimulusSet
    made: int
    total: int
    clips: int
    notices: list[str]


def run_generation(
    *, set_name: str, asked: Asked, progress: Progress = quietly, say: Callable[[str], None] = ignore
) -> Generation:
    """Make the images that are asked for, or what is missing of them.

    Images do not depend on the batch size for `mini`; for diffusion backbones it is part of the settings.
    Raises GenerationError with one line that says what to do; what was made until then stays.
    """
    check_batch_size(asked.batch_size)
    with making(set_name), ExitStack() as stack:
        maker = open_maker(asked, LocalFiles(stack), say=say, progress=progress)
        return fill_set(set_name, maker, progress)


def fill_set(name: str, maker: Maker, progress: Progress) -> Generation:
    """Make the planned images that the set lacks, batch by batch; the caller holds the set (`sets.making`)."""
    stimulus_set, plan = maker.open_set(name), maker.plan
    done = set(stimulus_set.stimuli.values_list("clip_id", "index"))
    missing = sum((image.clip.pk, image.index) not in done for image in plan)
    clips = len({image.clip.pk for image in plan})
    outcome = Generation(stimulus_set, made=missing, total=len(plan), clips=clips, notices=list(maker.notices))
    if not missing and stimulus_set.status == StimulusSet.Status.READY:
        return outcome
    job = start_job(stimulus_set, len(plan))
    with recording_failure(job), beating(job), naming_full_disks(f"images of the set {name}"):
        batches = list(maker.batches(0, len(plan)))
        for batch in progress(batches, f"Painting batches of {maker.batch_size}"):
            if all((image.clip.pk, image.index) in done for image in batch):
                continue
            begun = time.monotonic()
            rows = maker.make_rows(batch)
            add_images(job, rows, seconds=time.monotonic() - begun)
        finish_set(job)
    if missing:
        outcome.notices = find_image_notices(stimulus_set) + outcome.notices
    return outcome
