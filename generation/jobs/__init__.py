"""Work that takes long: asked for in rows, done elsewhere, held by leases."""

from generation.jobs.asking import cancel_job, find_missing, is_silent, request_generation, retry_job
from generation.jobs.background import start_command
from generation.jobs.filling import add_images, fail_job, finish_set, recording_failure, start_job
from generation.jobs.leases import beating, worker_name
from generation.jobs.progress import read_job_progress
from generation.jobs.steps import Step, begin_painting, claim_step, cut_chunks, fail_chunk, finish_chunk, is_mine
from generation.jobs.workers import MOST_MESSAGES, count_listeners, look_again, tell_workers, wake_workers

__all__ = [
    "MOST_MESSAGES",
    "Step",
    "add_images",
    "beating",
    "begin_painting",
    "cancel_job",
    "claim_step",
    "count_listeners",
    "cut_chunks",
    "fail_chunk",
    "fail_job",
    "find_missing",
    "finish_chunk",
    "finish_set",
    "is_mine",
    "is_silent",
    "look_again",
    "read_job_progress",
    "recording_failure",
    "request_generation",
    "retry_job",
    "start_command",
    "start_job",
    "tell_workers",
    "wake_workers",
    "worker_name",
]
