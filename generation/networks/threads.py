"""One thread per computation, several computations side by side.

A sum split over two threads rounds otherwise than over one. So each forward pass runs on one thread, whatever the
machine has, and files are spread over threads instead: the same bytes on 1, 2 or 64 cores.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import torch

In = TypeVar("In")
Out = TypeVar("Out")

MAX_WORKERS = 8  # a musicnn pass over 30 s holds some 45 MB


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """torch computes on so many CPU threads inside this block; the same count rounds the same on any machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


single_thread = partial(cpu_threads, 1)


def map_side_by_side(function: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Results in the order of the items; the first error stops the rest.

    Parameters
    ----------
    function : callable
        Of one item; computes on one thread.
    items : iterable
        Spread over threads.

    Yields
    ------
    object
        What the function gives.
    """
    with single_thread():
        pool = ThreadPoolExecutor(
            min(MAX_WORKERS, os.cpu_count() or 1), initializer=torch.set_num_threads, initargs=(1,)
        )
        try:
            yield from pool.map(function, items)
        finally:
            pool.shutdown(cancel_futures=True)
