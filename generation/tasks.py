"""Background work of this app; a worker imports torch when the first task runs, the web process never does."""

from celery import shared_task


@shared_task
def generate_stimulus_set(set_id: int) -> str:
    """Make the images of a set that its row asks for, or what is missing of them."""
    from generation.run import resume_generation  # noqa: PLC0415 -- slow import

    outcome = resume_generation(set_id)
    return f"{outcome.stimulus_set.name}: {outcome.total} images"
