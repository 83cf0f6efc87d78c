"""Kaldi's log mel filter bank as BEATs hears it, in plain torch.

BEATs was trained on the features of one Kaldi configuration, so every constant here is fixed: 16 kHz, frames of 25 ms
each 10 ms, no dither, 128 mel triangles from 20 Hz to 8 kHz. The tests compare bit for bit with
`torchaudio.compliance.kaldi.fbank`, which needs a torchaudio that fits the torch beside it; this needs torch only.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

FBANK_SAMPLE_RATE = 16_000  # Hz
FRAME = 400  # samples
SHIFT = 160  # samples
FFT = 512
MEL_BANDS = 128
LOW_HZ, HIGH_HZ = 20.0, 8_000.0
PRE_EMPHASIS = 0.97
# Kaldi works on 16-bit sample values; waveforms here lie in [-1, 1].
FULL_SCALE = 2**15
# Mean and standard deviation of the features on AudioSet, as BEATs was trained; it divides by twice the latter.
BEATS_MEAN, BEATS_STD = 15.41663, 6.55582


def frame_count(samples: int) -> int:
    """How many whole frames fit into a waveform of so many samples; a rest at its end is not heard.

    Parameters
    ----------
    samples : int
        At 16 kHz.

    Returns
    -------
    int
        Frames of 25 ms, each 10 ms.
    """
    return max(0, 1 + (samples - FRAME) // SHIFT)


@torch.no_grad()
def fbank(waveform: Tensor) -> Tensor:
    """Log mel energies of a waveform.

    Parameters
    ----------
    waveform : Tensor, float32 (N,)
        At 16 kHz, in [-1, 1]; N >= 400.

    Returns
    -------
    Tensor, float32 (1 + (N - 400) // 160, 128)
        Frames each 10 ms, of 25 ms.
    """
    frames = (waveform * FULL_SCALE).unfold(-1, FRAME, SHIFT)
    frames = frames - frames.mean(dim=1, keepdim=True)
    before = F.pad(frames.unsqueeze(0), (1, 0), mode="replicate").squeeze(0)[:, :-1]
    frames = (frames - PRE_EMPHASIS * before) * _povey_window(waveform.device)
    power = torch.fft.rfft(frames, n=FFT).abs().pow(2.0)
    energies = power @ mel_filters().to(waveform.device).T
    return energies.clamp_min(torch.finfo(torch.float32).eps).log()


def beats_fbank(waveform: Tensor) -> Tensor:
    """`fbank` on the scale that BEATs was trained with; silence is -2.3917 in every cell.

    Parameters
    ----------
    waveform : Tensor, float32 (N,)
        At 16 kHz, in [-1, 1]; N >= 400.

    Returns
    -------
    Tensor, float32 (1 + (N - 400) // 160, 128)
        Less 15.41663, divided by twice 6.55582.
    """
    return (fbank(waveform) - BEATS_MEAN) / (2 * BEATS_STD)


def mel_filters() -> Tensor:
    """Triangles, equally wide on the mel scale 1127 ln(1 + f / 700): (128, 257), float32; the last column is 0.

    The filter at index 3 is empty: it is narrower than the distance between two FFT bins.
    """
    low, high = (1127.0 * math.log(1.0 + hertz / 700.0) for hertz in (LOW_HZ, HIGH_HZ))
    step = (high - low) / (MEL_BANDS + 1)
    band = torch.arange(MEL_BANDS).unsqueeze(1)
    left, centre, right = low + band * step, low + (band + 1.0) * step, low + (band + 2.0) * step
    mel = 1127.0 * (1.0 + FBANK_SAMPLE_RATE / FFT * torch.arange(FFT / 2) / 700.0).log()
    triangles = torch.minimum((mel - left) / (centre - left), (right - mel) / (right - centre)).clamp_min(0)
    return F.pad(triangles, (0, 1))


def _povey_window(device: torch.device) -> Tensor:
    return torch.hann_window(FRAME, periodic=False, device=device).pow(0.85)
