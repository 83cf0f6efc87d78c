"""The bridge from a dataset's clips to the stored images of a set, by one process. Imported inside functions only."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from generation.jobs.leases import beating
from generation.models import GenerationJob, StimulusSet
from generation.progress import Progress, quietly
from generation.run.measuring.embeddings import LocalFiles
from generation.run.opening import ignore, naming_full_disks
from generation.run.sources.checkpoint import open_checkpoint
from generation.run.sources.label_prompt import open_label_prompt, open_retrieval
from generation.run.sources.maker import Maker
from generation.stimuli.notices import find_image_notices
from generation.stimuli.request import Asked, check_batch_size
from generation.stimuli.sets import add_images, finish_set, making, recording_failure, start_job

OPENERS: dict[str, Callable[..., Maker]] = {
    StimulusSet.Source.MUSIPAINTER: open_checkpoint,
    StimulusSet.Source.LABEL_PROMPT: open_label_prompt,
    StimulusSet.Source.RETRIEVAL: open_retrieval,
}


@dataclass
class Generation:
    """What `run_generation` did: counts of images, and what a researcher should hear about them."""

    stimulus_set: StimulusSet
    made: int
    total: int
    clips: int
    sheets: list[Path]
    notices: list[str]


def open_maker(
    asked: Asked, local: LocalFiles, *, say: Callable[[str], None] = ignore, progress: Progress = quietly
) -> Maker:
    """What is asked for, loaded. GenerationError with one line when something for it is not there."""
    return OPENERS[asked.source](asked, local, say=say, progress=progress)


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
    outcome = Generation(
        stimulus_set=stimulus_set,
        made=missing,
        total=len(plan),
        clips=len({image.clip.pk for image in plan}),
        sheets=[],
        notices=list(maker.notices),
    )
    if not missing and stimulus_set.status == StimulusSet.Status.READY:
        return outcome
    job = start_job(stimulus_set, len(plan))
    heartbeat = beating(GenerationJob.objects.filter(pk=job.pk))
    with recording_failure(job), heartbeat, naming_full_disks(f"images of the set {name}"):
        batches = list(maker.batches(0, len(plan)))
        for batch in progress(batches, f"Painting batches of {maker.batch_size}"):
            if all((image.clip.pk, image.index) in done for image in batch):
                continue
            begun = time.monotonic()
            rows = maker.make_rows(batch)
            add_images(job, rows, seconds=time.monotonic() - begun)
        outcome.sheets = finish_set(job)
    if missing:
        outcome.notices = find_image_notices(stimulus_set) + outcome.notices
    return outcome
