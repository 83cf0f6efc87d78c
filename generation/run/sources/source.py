"""What is known of a source of images before it is opened: words, and what it needs to be told. No torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generation.run.sources.maker import Maker


@dataclass(frozen=True)
class ImageSource:
    """A member of `registry.SOURCES`.

    Attributes
    ----------
    words : str
        What its images are, for the command's help.
    open : callable or None
        `open(asked, local, say=, progress=)` loads what makes the images of clips; what it imports may be slow. Raises
        GenerationError with one line when something for it is not there.
    make_at_once : callable or None
        `make_at_once(name, options)` makes a whole set by itself instead, which is quick, and says what it did.
    needs : tuple of str
        Options that have to be given.
    takes : mapping of str to str
        Options of its own, and their defaults.
    paints : bool
        Whether it takes options of painting.
    caption, ending : str
        How the image that belongs to a clip came about, for participants: as its caption and as the end of a sentence.
    is_generated : bool
        Whether a model surely made its images.
    """

    words: str
    open: "Callable[..., Maker] | None" = None
    make_at_once: Callable[[str, Mapping[str, Any]], str] | None = None
    needs: tuple[str, ...] = ("dataset",)
    takes: Mapping[str, str] = field(default_factory=dict)
    paints: bool = True
    caption: str = "made for this clip"
    ending: str = "a computer model had made to go with it"
    is_generated: bool = True
