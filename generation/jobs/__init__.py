"""Work that takes long: asked for in rows, done elsewhere, held by leases."""

from generation.jobs.asking import cancel_job, find_missing, request_generation, retry_job
from generation.jobs.filling import add_images, fail_job, finish_set, recording_failure, start_job
from generation.jobs.generation import wants_workers
from generation.jobs.leases import HEARTBEAT, beating, worker_name
from generation.jobs.levelling import request_levelling
from generation.jobs.progress import read_job_progress
from generation.jobs.steps import Step, begin_painting, claim_step, cut_chunks, fail_chunk, finish_chunk, is_mine
from generation.jobs.work import Work, all_works, find_work, sweep_all
from generation.jobs.workers import count_listeners, look_again, tell_workers, useful_messages, wake_workers

__all__ = [
    "HEARTBEAT",
    "Step",
    "Work",
    "add_images",
    "all_works",
    "beating",
    "begin_painting",
    "cancel_job",
    "claim_step",
    "count_listeners",
    "cut_chunks",
    "fail_chunk",
    "fail_job",
    "find_missing",
    "find_work",
    "finish_chunk",
    "finish_set",
    "is_mine",
    "look_again",
    "read_job_progress",
    "recording_failure",
    "request_generation",
    "request_levelling",
    "retry_job",
    "start_job",
    "sweep_all",
    "tell_workers",
    "useful_messages",
    "wake_workers",
    "wants_workers",
    "worker_name",
]
