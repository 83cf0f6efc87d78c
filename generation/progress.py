"""Progress bars of long work: on stderr, and only where a person looks on."""

import sys
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from tqdm import tqdm

T = TypeVar("T")


class Progress(Protocol):
    """Hands items through and shows how many of them (of `total`, or of their own length) are done."""

    def __call__(self, items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]: ...


def quietly(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    """No bar."""
    return items


def progress_bar(verbosity: int) -> Progress:
    """A bar on stderr; none when stderr is no terminal or verbosity is 0."""
    if verbosity == 0 or not sys.stderr.isatty():
        return quietly

    def bar(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
        yield from tqdm(items, desc=what, total=total, file=sys.stderr, leave=False)

    return bar
