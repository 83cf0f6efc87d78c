"""The bridge from jobs to torch: what a worker, or a process in the background, does at a job.

A worker keeps the networks of one set open, so that they are loaded once for all chunks of a set, not for each.
Imported inside functions only.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from kombu.exceptions import OperationalError

from generation import jobs
from generation.errors import GenerationCancelled, GenerationError
from generation.media import LocalFiles
from generation.models import GenerationChunk, GenerationJob, StimulusSet
from generation.progress import Progress, quietly
from generation.run.images import run_generation
from generation.run.opening import ignore, naming_full_disks
from generation.run.sources import Maker, open_maker
from generation.stimuli import asked_of_job
from generation.wording import plural

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Studio:
    """A set and what makes its images, loaded; `stack` holds what must be let go of in the end."""

    stimulus_set: StimulusSet
    maker: Maker
    stack: ExitStack


class _Kept:
    """The one studio that this process keeps open."""

    studio: Studio | None = None


def continue_job(job_id: int) -> str:
    """Do the next step of a job that is spread over workers, and see to it that it goes on; says what was done.

    While the broker does not answer nobody can be told to go on, so this process does.
    """
    alone = False
    while step := jobs.claim_step(job_id):
        try:
            said = {"plan": _plan, "paint": _paint, "finish": _finish, "later": _leave}[step.kind](step)
        except Exception:
            if GenerationJob.objects.filter(pk=job_id).exists():
                raise
            close_studio()
            return f"Job {job_id} was deleted meanwhile, with its set."
        if step.kind == "finish" or _pass_on(step, anew=alone):
            return said
        alone = True
        if step.kind == "later":
            time.sleep(jobs.HEARTBEAT.total_seconds())
    return f"Nothing is left to do at job {job_id}."


def _leave(step: jobs.Step) -> str:
    return f"Others are at job {step.job.pk}."


def _pass_on(step: jobs.Step, *, anew: bool) -> bool:
    """Call workers to what follows a step; returns whether the broker took it. anew: it has lost what it was told."""
    job = step.job
    try:
        if step.kind == "plan" and job.is_active:
            jobs.tell_workers(job.pk, times=jobs.useful_messages(job))
        if step.kind == "paint":
            # Whatever became of this chunk, somebody goes on, and looks whether others are still alive.
            jobs.tell_workers(job.pk)
            if step.chunk is not None and step.chunk.wait_until:
                jobs.tell_workers(job.pk, after=step.chunk.wait_until - timezone.now())
        elif job.is_active:
            jobs.look_again(job, anew=anew)
    except OperationalError:
        logger.warning("The broker does not answer; this process goes on with job %s alone.", job.pk)
        return False
    return True


def _plan(step: jobs.Step) -> str:
    """Settle how the set is made, cut it into chunks, and call workers to paint them."""
    job = step.job
    logger.info("Planning the set %s (job %s)", job.set.name, job.pk)
    try:
        with jobs.beating(job):
            studio = open_studio(job)
            plan = studio.maker.plan
            missing = jobs.find_missing(studio.stimulus_set, plan)
            gaps = [(image.clip.pk, image.index) in missing for image in plan]
            chunks = jobs.cut_chunks(gaps, studio.maker.batch_size)
            jobs.begin_painting(job, chunks, total=len(plan))
    except Exception as error:
        close_studio()
        jobs.fail_job(job, f"{jobs.worker_name()}: {explain(error)}")
        return f"Job {job.pk} could not be planned: {explain(error)}"
    return f"Planned job {job.pk}: {plural(len(missing), 'image')} in {plural(len(chunks), 'chunk')}."


def _paint(step: jobs.Step) -> str:
    """Paint a chunk; a failure is kept with it, and it is tried again by whoever comes first."""
    job, chunk = step.job, step.chunk
    assert chunk is not None
    logger.info("Painting chunk %s of the set %s (job %s)", chunk.number, job.set.name, job.pk)
    try:
        with jobs.beating(chunk):
            try:
                studio = open_studio(job)
            except Exception as error:
                return _put_back(job, chunk, error, only_here=True)
            with naming_full_disks(f"images of the set {job.set.name}"):
                made = _paint_chunk(studio, job, chunk)
    except GenerationCancelled:
        close_studio()
        return f"Job {job.pk} is over; what was painted is kept."
    except Exception as error:
        return _put_back(job, chunk, error)
    return f"Painted chunk {chunk.number} of job {job.pk}: {plural(made, 'image')}."


def _paint_chunk(studio: Studio, job: GenerationJob, chunk: GenerationChunk) -> int:
    made = 0
    for batch in studio.maker.batches(chunk.start, chunk.stop):
        if not jobs.find_missing(studio.stimulus_set, batch):
            continue
        begun = time.monotonic()
        rows = studio.maker.make_rows(batch)
        jobs.add_images(job, rows, seconds=time.monotonic() - begun)
        made += len(rows)
        if not jobs.is_mine(chunk):
            return made
    jobs.finish_chunk(chunk)
    return made


def _put_back(job: GenerationJob, chunk: GenerationChunk, error: Exception, *, only_here: bool = False) -> str:
    close_studio()  # memory that ran short is freed, and the next attempt begins anew
    if not isinstance(error, GenerationError):
        logger.exception("Chunk %s of job %s failed", chunk.number, job.pk, exc_info=error)
    jobs.fail_chunk(chunk, explain(error), only_here=only_here)
    return f"Chunk {chunk.number} of job {job.pk} failed: {explain(error)}"


def _finish(step: jobs.Step) -> str:
    """Contact sheets, and the set is ready."""
    job = step.job
    try:
        with jobs.beating(job), naming_full_disks(f"contact sheets of the set {job.set.name}"):
            jobs.finish_set(job)
    except GenerationCancelled:
        return f"Job {job.pk} is over."
    except Exception as error:
        if not isinstance(error, GenerationError):
            logger.exception("Job %s could not be finished", job.pk)
        jobs.fail_job(job, f"{jobs.worker_name()}: {explain(error)}")
        return f"Job {job.pk} could not be finished: {explain(error)}"
    return f"The set {job.set.name} is complete: {plural(job.done, 'image')}."


def explain(error: BaseException) -> str:
    """An error in one line; one that nobody foresaw with its kind."""
    first = (str(error).strip() or "no more is known").splitlines()[0]
    return first if isinstance(error, GenerationError) else f"Unforeseen error {type(error).__name__}: {first}"


# The networks of a set


def open_studio(job: GenerationJob, *, say: Callable[[str], None] = ignore) -> Studio:
    """The set of a job, ready to be painted; the networks that are open already, where they are this set's.

    GenerationError when this process would paint otherwise than the set's settings say: other weights, another
    device, other versions of libraries.
    """
    stimulus_set = StimulusSet.objects.select_related("dataset", "checkpoint").get(pk=job.set_id)
    kept = _Kept.studio
    if kept is not None and (kept.stimulus_set.pk, kept.stimulus_set.settings) == (job.set_id, stimulus_set.settings):
        return kept
    close_studio()
    asked = asked_of_job(job, stimulus_set)
    assert asked is not None, "a job of workers says what was asked for"
    with ExitStack() as stack:
        maker = open_maker(asked, LocalFiles(stack), say=say)
        _Kept.studio = Studio(maker.open_set(stimulus_set.name), maker, stack.pop_all())
    return _Kept.studio


def close_studio() -> None:
    """Let go of the networks and of temporary copies of files."""
    if _Kept.studio is not None:
        _Kept.studio.stack.close()
        _Kept.studio = None


# One process in the background


def perform_job(job_id: int, *, progress: Progress = quietly) -> None:
    """Do a job that waits for one process, as `generate_stimuli` would; how it went is written into its row."""

    def fill(job: GenerationJob) -> dict[str, Any]:
        asked = asked_of_job(job, job.set)
        assert asked is not None, "a job that waits says what was asked for"
        run_generation(set_name=job.set.name, asked=asked, progress=progress)
        return {}

    jobs.find_work("generation").perform(job_id, do=fill)
