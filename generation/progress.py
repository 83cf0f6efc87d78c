"""Progress bars of long work: on stderr, and only where a person looks on."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from tqdm import tqdm

T = TypeVar("T")


class Progress(Protocol):
    """Hands items through and shows how many of them are done."""

    def __call__(self, items: Sequence[T], what: str) -> Iterable[T]: ...


def quietly(items: Sequence[T], what: str) -> Iterable[T]:
    """No bar."""
    return items


def progress_bar(verbosity: int) -> Progress:
    """A bar on stderr; none when stderr is no terminal or verbosity is 0."""
    if verbosity == 0 or not sys.stderr.isatty():
        return quietly

    def bar(items: Sequence[T], what: str) -> Iterator[T]:
        yield from tqdm(items, desc=what, file=sys.stderr, leave=False)

    return bar
