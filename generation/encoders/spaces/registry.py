"""Joint spaces by name. To add one: a module with a function that opens a `JointSpace`, and a line here."""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from generation.errors import EmbeddingError

if TYPE_CHECKING:
    from generation.encoders.spaces.space import JointSpace, SpaceOpening

SPACES = {
    "embedded": "generation.encoders.spaces.embedded:EmbeddedSpace.open",
    "wav2clip": "generation.encoders.spaces.wav2clip:Wav2ClipSpace.open",
    "wav2clip-three-10s": "generation.encoders.spaces.wav2clip:open_three_windows",
}


def find_space(name: str) -> "Callable[[SpaceOpening], JointSpace]":
    """What opens the space of this name; EmbeddingError lists the names there are.

    Parameters
    ----------
    name : str
        A key of `SPACES`.

    Returns
    -------
    callable
        `open(opening)` takes a `SpaceOpening` and gives the `JointSpace`; what it imports may be slow.

    Raises
    ------
    EmbeddingError
        Lists the names there are.
    """
    if name not in SPACES:
        raise EmbeddingError(f'There is no space "{name}"; the spaces are {", ".join(SPACES)}.')
    return resolve_name(SPACES[name])
