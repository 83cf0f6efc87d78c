"""Generation on workers as the command line sees it: queue, wait, and say how it ended."""

import time
from collections.abc import Callable, Iterator

from django.core.management.base import CommandError

from generation import stimuli
from generation.errors import BrokerError
from generation.jobs import count_listeners, read_job_progress, request_generation, wake_workers, wants_workers
from generation.models import Dataset, GenerationJob
from generation.progress import Progress
from generation.stimuli import Asked
from generation.wording import plural

POLL_S = 1.0
INTERRUPTED = 130  # exit status of what was ended by the keyboard


def queue_for_workers(set_name: str, asked: Asked) -> GenerationJob | None:
    """Ask workers for a set's images; None when all are there. GenerationError when they cannot be told."""
    job = request_generation(set_name=set_name, asked=asked, on_workers=True)
    if job is not None:
        job.refresh_from_db()
        if job.state == GenerationJob.State.FAILED:
            raise CommandError(job.error)
    return job


def await_workers(job: GenerationJob, *, progress: Progress, say: Callable[[str], None]) -> str:
    """Wait until the job is over and say how it ended; CommandError when it failed or the keyboard ends the waiting."""
    before = job.done
    say(
        f"Job {job.pk}: {job.total - before} of {plural(job.total, 'image')} left to the workers. "
        "Ctrl-C ends the waiting only."
    )
    try:
        if count_listeners() == 0:
            say("No worker listens to the queue gpu yet; the job waits for one. Start one with: make worker")
        for _ in progress(_news(job, say), f"Images of {job.set.name}", job.total):
            pass
    except KeyboardInterrupt as interrupt:
        job.refresh_from_db()
        raise CommandError(
            f"Stopped waiting. The workers go on with job {job.pk}: "
            f"{job.done} of {plural(job.total, 'image')} are there. Type the same again to wait for them; "
            "the admin shows the job and can cancel it.",
            returncode=INTERRUPTED,
        ) from interrupt
    if job.state != GenerationJob.State.DONE:
        raise CommandError(
            f"Job {job.pk} was {job.get_state_display()} at {job.done} of {plural(job.total, 'image')}. {job.error}"
        )
    return describe_end(job, made=job.total - before)


def _news(job: GenerationJob, say: Callable[[str], None]) -> Iterator[int]:
    """One item for every image that comes to be; ends with the job."""
    shown = 0
    while True:
        job.refresh_from_db()
        yield from range(shown, job.done)
        shown = max(shown, job.done)
        if not job.is_active:
            return
        if wants_workers(job):
            say("No worker has been heard of for a while; they are called again.")
            try:
                wake_workers(job)
            except BrokerError as error:
                say(f"{error} Waiting for it.")
        time.sleep(POLL_S)


def describe_end(job: GenerationJob, *, made: int) -> str:
    """The closing sentence: images, who made them, and all that a researcher should hear about them."""
    asked = Asked.from_json(job.asked)
    dataset = stimuli.find_dataset(asked.dataset)
    plan = stimuli.plan_images(dataset, asked.request)
    job.set.refresh_from_db()
    workers = [worker for worker in read_job_progress(job).workers if worker.images]
    shares = ", ".join(f"{worker.name}: {worker.images}" for worker in workers)
    there = f" ({job.total - made} were there already)" if made < job.total else ""
    clips = len({image.clip.pk for image in plan})
    sentences = [
        f"Workers made {plural(made, 'image')} of {plural(clips, 'clip')} for the set {job.set.name}"
        f"{there}{f' ({shares})' if shares else ''}; contact sheets in {stimuli.set_folder(job.set.name)}.",
        *_notices(job, asked, plan, dataset),
        *stimuli.find_image_notices(job.set),
    ]
    return " ".join(sentences)


def _notices(job: GenerationJob, asked: Asked, plan: list[stimuli.PlannedImage], dataset: Dataset) -> list[str]:
    """What is to be said of a checkpoint's images, whoever made them; there is nothing of other sources."""
    if asked.source != stimuli.Source.MUSIPAINTER:
        return []
    photos = job.set.settings["photos"]
    return stimuli.find_notices(
        plan, stimuli.find_trained(asked.checkpoint), dataset, pool=photos["name"], photos=photos["size"]
    )
