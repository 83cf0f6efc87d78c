"""Sound files as mono waveforms at a network's own sample rate."""

from math import gcd

import numpy as np
import torch
from scipy.signal import resample_poly

from generation.errors import AudioError as AudioError
from generation.files import Source, decode_audio


def load_audio(source: Source, sample_rate: int) -> torch.Tensor:
    """Read a sound file as one mono waveform.

    Parameters
    ----------
    source : path or binary file
        Of any format and rate that libsndfile reads.
    sample_rate : int
        Hz, of the result.

    Returns
    -------
    Tensor, float32 (N,)
        The mean over channels; N = ceil(frames * sample_rate / file's rate).

    Raises
    ------
    AudioError
        For a file that cannot be read to its end.
    """
    samples, rate = decode_audio(source)
    # float64 until the end: the same samples on every processor, whatever its vector width.
    waveform = samples.astype(np.float64).mean(axis=1)
    if rate != sample_rate:
        divisor = gcd(rate, sample_rate)
        waveform = resample_poly(waveform, sample_rate // divisor, rate // divisor)
    return torch.from_numpy(waveform.astype(np.float32))
