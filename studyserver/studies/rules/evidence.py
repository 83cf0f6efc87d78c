"""What became of each clip and image of a board, as far as its page can know. Pure.

heard       a clip that was heard as the study asks; without a listening rule, one that was played
shown       an image that was loaded, decoded and in view while its page was on the screen
declared    nothing but the participant's word: a page without script, or of a version that kept no such evidence
unplayable  it could not be loaded or played, and the person went on without it
stalled     it did not arrive in time, and the person went on without it
missed      it could have been heard or seen, and nothing says that it was
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

HEARD = "heard"
SHOWN = "shown"
DECLARED = "declared"
UNPLAYABLE = "unplayable"
STALLED = "stalled"
MISSED = "missed"
FAILED = (UNPLAYABLE, STALLED)

MEDIA_READY = "media_ready"
MEDIA_ERROR = "media_error"
IMAGE_SHOWN = "image_shown"

LEAST_MATCH_MS = 200
"""Nobody looks, decides and acts twice in less."""

CLOCK_TOLERANCE_MS = 1000


@dataclass
class Signs:
    """What a page reported beside listening; positions count from 1."""

    is_logged: bool = False
    """Whether it reported anything at all."""
    watches: bool = False
    """Whether it tells which images come into view."""
    images: set[int] = field(default_factory=set)
    """Images that were in view."""
    broken_clips: dict[int, str] = field(default_factory=dict)
    broken_images: dict[int, str] = field(default_factory=dict)
    """What could not be used, and how: unplayable or stalled."""


def read_signs(events: Iterable[tuple[str, Mapping[str, Any]]]) -> Signs:
    """The signs in client events, (kind, data) each; what is no position says nothing."""
    signs = Signs()
    for kind, data in events:
        signs.is_logged = True
        clip, image = (value if isinstance(value := data.get(name), int) else 0 for name in ("clip", "image"))
        how = STALLED if data.get("state") == STALLED else UNPLAYABLE
        if kind == MEDIA_READY:
            signs.watches |= data.get("watches") is True
        elif kind == IMAGE_SHOWN:
            signs.images.add(image)
        elif kind == MEDIA_ERROR and clip:
            signs.broken_clips[clip] = how
        elif kind == MEDIA_ERROR and image:
            signs.broken_images[image] = how
    return signs


def weigh_clip(position: int, *, is_heard: bool, is_declared: bool, signs: Signs) -> str:
    """What became of a clip; to have been heard outweighs that it failed at first."""
    if is_heard:
        return HEARD
    return signs.broken_clips.get(position) or (DECLARED if is_declared else MISSED)


def weigh_image(position: int, *, is_declared: bool, signs: Signs) -> str:
    """What became of an image; to have been in view outweighs that it failed at first."""
    if position in signs.images:
        return SHOWN
    is_unknown = signs.is_logged and not signs.watches
    return signs.broken_images.get(position) or (DECLARED if is_declared or is_unknown else MISSED)


def is_impossible(*, took_ms: int, waited_ms: int, claimed_ms: Collection[int], matches: int) -> bool:
    """Whether nobody can have answered a board so.

    `took_ms` by the server from showing it to its answers; `waited_ms` is the listening that was declared, at the least
    that is asked for; `claimed_ms` are times that the page says to have measured within the server's.
    """
    if took_ms < max(waited_ms - CLOCK_TOLERANCE_MS, LEAST_MATCH_MS * matches):
        return True
    return any(claimed > took_ms + CLOCK_TOLERANCE_MS for claimed in claimed_ms)
