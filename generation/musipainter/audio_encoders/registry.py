"""Audio encoders by name. To add one: a module with an `AudioEncoder`, a line here, and a preset that names it."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING

from generation.errors import CheckpointError

if TYPE_CHECKING:
    from generation.musipainter.audio_encoders.encoder import AudioEncoder

AUDIO_ENCODERS = {
    "musicnn": "generation.musipainter.audio_encoders.musicnn:MusicnnEncoder",
    "beats": "generation.musipainter.audio_encoders.beats:BeatsEncoder",
}


def find_audio_encoder(name: str) -> "type[AudioEncoder]":
    """The class of this name; CheckpointError lists the names there are.

    Parameters
    ----------
    name : str
        A key of `AUDIO_ENCODERS`.

    Returns
    -------
    type
        A class that follows `AudioEncoder`.

    Raises
    ------
    CheckpointError
        Lists the names there are.
    """
    if name not in AUDIO_ENCODERS:
        raise CheckpointError(f'There is no audio encoder "{name}"; there are {", ".join(AUDIO_ENCODERS)}.')
    return resolve_name(AUDIO_ENCODERS[name])
