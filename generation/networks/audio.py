"""Sound files as mono waveforms at a network's own sample rate."""

from math import gcd

import numpy as np
import torch
from scipy.signal import resample_poly

from generation.errors import AudioError as AudioError
from generation.files import Judge, SoundReader, Source


def load_audio(source: Source, sample_rate: int) -> torch.Tensor:
    """Read a sound file as one mono waveform.

    Parameters
    ----------
    source : path or binary file
        Of any format and rate that `generation.files` reads.
    sample_rate : int
        Hz, of the result.

    Returns
    -------
    Tensor, float32 (N,)
        The mean over channels; N = ceil(frames * sample_rate / file's rate).

    Raises
    ------
    AudioError
        For a file that cannot be read to its end, holds no numbers or numbers far outside [-1, 1], or whose channels
        cancel each other out: a network would hear silence where people hear music.
    """
    with SoundReader(source) as reader:
        judge, rate = Judge(reader.rate, reader.channels), reader.rate
        # float64 until the end: the same samples on every processor, whatever its vector width.
        waveform = np.concatenate([judge.add(block) for block in reader.blocks()])
    judge.refuse_cancelled()
    if rate != sample_rate:
        divisor = gcd(rate, sample_rate)
        waveform = resample_poly(waveform, sample_rate // divisor, rate // divisor)
    return torch.from_numpy(waveform.astype(np.float32))
