"""Sound files made by hand and by libsndfile, for tests; equal arguments give equal bytes."""

import io
import struct

import numpy as np
import soundfile

RATE = 22_050


def tone(seed, seconds=4.0, rate=RATE, channels=1, peak=0.5):
    """A chord with a slow swell and a little noise: (frames,) or (frames, channels)."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    x = sum(np.sin(2 * np.pi * f * t + p) for f, p in zip(rng.uniform(110, 900, 4), rng.uniform(0, 6, 4), strict=True))
    x = x * (0.6 + 0.4 * np.sin(2 * np.pi * 0.5 * t)) + 0.05 * rng.standard_normal(len(t))
    x = peak * x / np.abs(x).max()
    return np.stack([np.roll(x, 7 * c) for c in range(channels)], axis=1) if channels > 1 else x


def written(x, kind="WAV", rate=RATE, **options):
    """The samples as a file of any format that libsndfile writes."""
    buffer = io.BytesIO()
    soundfile.write(buffer, x, rate, format=kind, **options)
    return buffer.getvalue()


def wav(x, *, kind="<i2", stated=None):
    """A WAV file by hand, of samples `<i2`, `<f4` or `<f8`; `stated` is the length that its data chunk claims."""
    x = np.asarray(x)
    channels = 1 if x.ndim == 1 else x.shape[1]
    data = (np.clip(x, -1, 1) * 32767 if kind == "<i2" else x).astype(kind).tobytes()
    size, tag = np.dtype(kind).itemsize, 1 if kind == "<i2" else 3
    frame = channels * size
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, channels, RATE, RATE * frame, frame, 8 * size)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data) if stated is None else stated) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def constant_mp3(x):
    return written(x, "MP3", bitrate_mode="CONSTANT")


def variable_mp3(x):
    return written(x, "MP3", bitrate_mode="VARIABLE", compression_level=0.5)


def without_count(mp3):
    """An MP3 file without its first frame, in which encoders note how many frames follow."""
    mark = max(mp3.find(b"Xing", 0, 2000), mp3.find(b"Info", 0, 2000))
    start = mp3.rfind(b"\xff", 0, mark)
    while mp3[start + 1] & 0xE0 != 0xE0:
        start = mp3.rfind(b"\xff", 0, start)
    return mp3[mp3.find(mp3[start : start + 2], mark) :]


def swelling():
    """Twelve seconds that begin almost silent: an encoder spends little on the first frames."""
    return tone(23, 12) * np.linspace(0.001, 1, 12 * RATE) ** 3


def fading():
    """Thirty seconds that begin with noise and fade: an encoder spends much on the first frames."""
    loud = np.random.default_rng(5).standard_normal(3 * RATE) * 0.3
    return np.concatenate([loud, tone(31, 27) * np.linspace(0.2, 0.0005, 27 * RATE)])


def flac(x, *, stated=None):
    """A FLAC file whose header states `stated` samples; 0 is unknown, as encoders to a pipe leave it."""
    data = bytearray(written(x, "FLAC"))
    if stated is not None:
        data[21] &= 0xF0
        data[22:26] = stated.to_bytes(4, "big")
    return bytes(data)


def id3(version, length):
    sizes = [length >> 21 & 127, length >> 14 & 127, length >> 7 & 127, length & 127]
    return b"ID3" + bytes([version, 0, 0, *sizes]) + bytes(length)
