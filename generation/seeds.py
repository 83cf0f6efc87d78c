"""Seeds derived from seeds: one number typed by a researcher decides every draw of a run or a set.

`derive_seed` hashes its parts, so that a draw depends on what it is for and not on how many draws came before it;
that is what makes the order of work, batches and interruptions irrelevant.
"""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

from generation.errors import SeedError

Item = TypeVar("Item")
SEEDS = range(2**63)


def check_seed(seed: int) -> None:
    """SeedError unless this is a seed: derived ones have as many, and databases keep no larger numbers."""
    if seed not in SEEDS:
        raise SeedError(f"The seed must lie between 0 and 2^63 - 1, not {seed}.")


def derive_seed(*parts: str | int) -> int:
    """A seed in 0 .. 2^63 - 1 that is a function of the parts and their order alone."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def image_seed(set_seed: int, clip_sha256: str, index: int) -> int:
    """The seed of one image, from (set seed, clip, index)."""
    return derive_seed("image", set_seed, clip_sha256, index)


def permuted(items: Sequence[Item], *parts: str | int) -> list[Item]:
    """The items in an order drawn uniformly by the seed of `parts`; give items in a fixed order."""
    return random.Random(derive_seed(*parts)).sample(items, len(items))
