"""Hearing clips: windows of a file, features of many."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import Tensor

from generation.errors import AudioError, MediaFileError
from generation.musipainter.audio_encoders.encoder import AudioEncoder
from generation.musipainter.data import FeatureCache, MediaItem, open_media
from generation.musipainter.versions import library_versions
from generation.networks import load_audio, map_side_by_side


def read_window(encoder: AudioEncoder, source: MediaItem | Path, *, start: float = 0.0) -> Tensor:
    """What the encoder hears of a sound file from second `start` on.

    Parameters
    ----------
    encoder : AudioEncoder
        Its sample rate and window count.
    source : MediaItem or Path
        The sound file.
    start : float
        Seconds.

    Returns
    -------
    Tensor, float32 (N,)
        At the encoder's rate; shorter than its window where the recording ends.

    Raises
    ------
    AudioError
        Names the file when it cannot be read or ends before that.
    """
    clip = source if isinstance(source, MediaItem) else MediaItem("", source)
    waveform = read_clip(clip, encoder.sample_rate)
    window = waveform[round(start * encoder.sample_rate) :][: round(encoder.window_seconds * encoder.sample_rate)]
    if not len(window):
        raise AudioError(f"{clip.path.name}: ends before second {start:g}")
    return window


def read_clip(clip: MediaItem, sample_rate: int) -> Tensor:
    """A whole sound file as one mono waveform (N,); AudioError names the file.

    Parameters
    ----------
    clip : MediaItem
        The sound file.
    sample_rate : int
        Hz, of the result.

    Returns
    -------
    Tensor, float32 (N,)
        The mean over channels.

    Raises
    ------
    AudioError
        When the file is gone, has changed since its import, or is no sound.
    """
    try:
        return load_audio(open_media(clip), sample_rate)
    except MediaFileError as error:
        raise AudioError(f"{clip.path.name}: {error}") from error


def listen(encoder: AudioEncoder, window: Tensor, name: str) -> Tensor:
    """Features of a window.

    Parameters
    ----------
    encoder : AudioEncoder
        Hears.
    window : Tensor (N,)
        At its rate.
    name : str
        Of the file, for errors.

    Returns
    -------
    Tensor, float32 (T, C)
        As `AudioEncoder.encode` gives them.

    Raises
    ------
    AudioError
        When it is too short or gives no finite features.
    """
    try:
        features = encoder.encode(window)
    except AudioError as error:
        raise AudioError(f"{name}: {error}") from error
    if not bool(features.isfinite().all()):
        raise AudioError(f"{name}: {encoder.name} gives values that are no finite numbers")
    return features


def hear_all(encoder: AudioEncoder, clips: Sequence[MediaItem], cache: FeatureCache) -> Iterator[Tensor]:
    """Features of every clip, in order, from the cache where it has them.

    Parameters
    ----------
    encoder : AudioEncoder
        Hears.
    clips : sequence of MediaItem
        Each is one call.
    cache : FeatureCache
        Read and filled.

    Yields
    ------
    Tensor, float32 (T, C)
        In the clips' order.
    """
    return map_side_by_side(lambda clip: hear_clip(encoder, clip, cache), clips)


def hear_clip(encoder: AudioEncoder, clip: MediaItem, cache: FeatureCache) -> Tensor:
    """Features (T, C) of a clip's first window, from the cache where it has them.

    Parameters
    ----------
    encoder : AudioEncoder
        Hears.
    clip : MediaItem
        The sound file.
    cache : FeatureCache
        Read and filled where the encoder's features are worth it.

    Returns
    -------
    Tensor, float32 (T, C)
        Not conditioned yet.

    Raises
    ------
    AudioError
        Names a file that cannot be used.
    """

    def compute() -> Tensor:
        return listen(encoder, read_window(encoder, clip), clip.path.name)

    if not encoder.cached:
        return compute()
    identity = {"encoder": encoder.describe(), "libraries": library_versions()}
    return cache.fetch(clip.sha256, identity, compute)
