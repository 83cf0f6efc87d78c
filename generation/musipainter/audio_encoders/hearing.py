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
    """What the encoder hears of a sound file from second `start` on: (N,) at its sample rate.

    AudioError names the file when it cannot be read or ends before that.
    """
    clip = source if isinstance(source, MediaItem) else MediaItem("", source)
    waveform = read_clip(clip, encoder.sample_rate)
    window = waveform[round(start * encoder.sample_rate) :][: round(encoder.window_seconds * encoder.sample_rate)]
    if not len(window):
        raise AudioError(f"{clip.path.name}: ends before second {start:g}")
    return window


def read_clip(clip: MediaItem, sample_rate: int) -> Tensor:
    """A whole sound file as one mono waveform (N,); AudioError names the file."""
    try:
        return load_audio(open_media(clip), sample_rate)
    except MediaFileError as error:
        raise AudioError(f"{clip.path.name}: {error}") from error


def listen(encoder: AudioEncoder, window: Tensor, name: str) -> Tensor:
    """Features (T, C) of a window; AudioError names the file when it is too short or gives no finite features."""
    try:
        features = encoder.encode(window)
    except AudioError as error:
        raise AudioError(f"{name}: {error}") from error
    if not bool(features.isfinite().all()):
        raise AudioError(f"{name}: {encoder.name} gives values that are no finite numbers")
    return features


def hear_all(encoder: AudioEncoder, clips: Sequence[MediaItem], cache: FeatureCache) -> Iterator[Tensor]:
    """Features of every clip, in order, from the cache where it has them."""
    return map_side_by_side(lambda clip: hear_clip(encoder, clip, cache), clips)


def hear_clip(encoder: AudioEncoder, clip: MediaItem, cache: FeatureCache) -> Tensor:
    """Features (T, C) of a clip's first window, from the cache where it has them."""

    def compute() -> Tensor:
        return listen(encoder, read_window(encoder, clip), clip.path.name)

    if not encoder.cached:
        return compute()
    identity = {"encoder": encoder.describe(), "libraries": library_versions()}
    return cache.fetch(clip.sha256, identity, compute)
