"""Music and images from disk, read ahead of the networks by threads: never more than a few batches at a time."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Request = TypeVar("Request")
Loaded = TypeVar("Loaded")

AHEAD = 4  # batches
MAX_THREADS = 8


def stream(
    batches: Sequence[Sequence[Request]], load: Callable[[Request], Loaded], *, threads: int | None = None
) -> Iterator[list[Loaded]]:
    """Each batch loaded, in order. An error while loading comes out at its batch's turn."""
    count = threads or min(MAX_THREADS, os.cpu_count() or 1)
    coming = iter(batches)
    waiting: deque[list[Future[Loaded]]] = deque()
    with ThreadPoolExecutor(count) as pool:

        def ask_for_one_more() -> None:
            batch = next(coming, None)
            if batch is not None:
                waiting.append([pool.submit(load, request) for request in batch])

        try:
            for _ in range(AHEAD):
                ask_for_one_more()
            while waiting:
                yield [future.result() for future in waiting.popleft()]
                ask_for_one_more()
        finally:
            for batch in waiting:
                for future in batch:
                    future.cancel()
