"""Copies of sound files that every browser plays: MP3 of 192 kbit/s, at another level where that is asked for."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from math import ceil, gcd

import numpy as np
import soundfile
from numpy.typing import NDArray

from generation.files.sound.decoding import SoundReader
from generation.files.source import Source

COPY_SUFFIX = ".mp3"
# Rates at which MP3 has 192 kbit/s, and libsndfile's setting for it at a constant bit rate.
COPY_RATES = (32_000, 44_100, 48_000)
KBITS_192 = 0.45
COPY_CHANNELS = 2
LAME_SCALE = 0.97  # what LAME makes everything softer by at this bit rate
FILTER_SPAN = 10  # half the length of scipy's default filter, in samples of the lower rate


def make_copy(source: Source, *, gain_db: float = 0.0, fade_s: float = 0.0) -> bytes:
    """A sound file as MP3, `gain_db` louder, faded in and out over `fade_s` seconds; the same bytes each time.

    One or two channels stay as they are; of more, their mean is kept, which is what networks hear. Rates that MP3 has
    not at this quality are raised. What is above full scale is cut off, as players do.
    Raises AudioError for a file that cannot be read to its end.
    """
    buffer = BytesIO()
    with SoundReader(source) as reader:
        rate, blocks = reader.rate, _as_float64(reader)
        if rate not in COPY_RATES:
            rate = 44_100 if rate % 11_025 == 0 else 48_000
            blocks = resample_blocks(blocks, reader.rate, rate)
        channels = reader.channels if reader.channels <= COPY_CHANNELS else 1
        with soundfile.SoundFile(
            buffer,
            "w",
            rate,
            channels,
            format="MP3",
            subtype="MPEG_LAYER_III",
            compression_level=KBITS_192,
            bitrate_mode="CONSTANT",
        ) as copy:
            for block in _fade(blocks, round(fade_s * rate)):
                copy.write((np.clip(block * 10 ** (gain_db / 20), -1, 1) / LAME_SCALE).astype(np.float32))
    return buffer.getvalue()


def _as_float64(reader: SoundReader) -> Iterator[NDArray[np.float64]]:
    for block in reader.blocks():
        exact = block.astype(np.float64)
        yield exact if reader.channels <= COPY_CHANNELS else exact.mean(axis=1, keepdims=True)


def resample_blocks(blocks: Iterable[NDArray[np.float64]], rate: int, new_rate: int) -> Iterator[NDArray[np.float64]]:
    """Samples (frames, channels) at another rate, as `scipy.signal.resample_poly` gives them of the whole at once."""
    from scipy.signal import resample_poly

    divisor = gcd(rate, new_rate)
    up, down = new_rate // divisor, rate // divisor
    # What the filter reaches, in samples, rounded up so that every piece begins on a sample of both rates.
    margin = down * ceil(ceil(FILTER_SPAN * max(up, down) / up) / down)
    waiting: NDArray[np.float64] | None = None
    before = 0  # samples at the beginning of `waiting` that are there for the filter alone
    for block in blocks:
        waiting = block if waiting is None else np.concatenate([waiting, block])
        used = (len(waiting) - margin) // down * down
        if used > before + margin:
            yield resample_poly(waiting[: used + margin], up, down, axis=0)[before * up // down : used * up // down]
            waiting, before = waiting[used - margin :], margin
    if waiting is not None:
        yield resample_poly(waiting, up, down, axis=0)[before * up // down :]


def _fade(blocks: Iterable[NDArray[np.float64]], length: int) -> Iterator[NDArray[np.float64]]:
    """The blocks, their first and last `length` samples faded along a half cosine; at most half of all each."""
    held: NDArray[np.float64] | None = None
    is_first = True
    for block in blocks:
        held = block if held is None else np.concatenate([held, block])
        if len(held) > 2 * length:
            out = held[: len(held) - length]
            yield _rise(out, length) if is_first else out
            held, is_first = held[len(held) - length :], False
    if held is not None and len(held):
        if is_first:
            length = min(length, len(held) // 2)
            held = _rise(held, length)
        yield _rise(held[::-1], length)[::-1]


def _rise(samples: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    ramp = np.ones(len(samples))
    ramp[:length] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length) if length else 1
    return samples * ramp[:, None]
