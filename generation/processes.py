"""Training in several processes: which of them this is. `accelerate launch` and `torchrun` set the variables."""

import os


def is_main() -> bool:
    """Whether this process writes files and rows and speaks to the person who waits: the first, or the only one."""
    return int(os.environ.get("RANK", "0")) == 0


def local_rank() -> int:
    """The number of this process on its machine: which GPU is its own."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def count() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))
