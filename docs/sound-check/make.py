"""Make the sound check's sample, static/studies/sound-check.mp3: python docs/sound-check/make.py

A plucked chord progression of a few seconds, synthesised here (so it belongs to nobody else), mono, at about the
loudness of a normalised music clip (-20 dB RMS while it sounds), with low, middle and high notes, so that somebody
who hears it clearly will hear the clips.
"""

import io
from pathlib import Path

import numpy as np
import soundfile

RATE = 44_100
BEAT = 0.26  # seconds
TARGET = Path(__file__).resolve().parents[2] / "static" / "studies" / "sound-check.mp3"
# MIDI notes, one each beat: D minor, B flat, F, C, and home.
NOTES = [50, 57, 62, 65, 46, 53, 62, 65, 53, 60, 65, 69, 48, 55, 64, 67, 50, 62, 69, 74]


def pluck(midi: int, seconds: float) -> np.ndarray:
    """One decaying note with a few harmonics."""
    t = np.arange(int(seconds * RATE)) / RATE
    f = 440 * 2 ** ((midi - 69) / 12)
    tone = sum(np.sin(2 * np.pi * f * n * t) * np.exp(-t * (1.4 + 1.1 * n)) / n**1.3 for n in range(1, 7))
    return tone * np.minimum(1, t / 0.006)


def make_sample() -> np.ndarray:
    """The whole sample as float32 in [-1, 1]."""
    wave = np.zeros(int((len(NOTES) * BEAT + 1.6) * RATE))
    for i, midi in enumerate(NOTES):
        note = pluck(midi, 1.8)
        start = int(i * BEAT * RATE)
        end = min(len(wave), start + len(note))
        wave[start:end] += note[: end - start]
    fade = int(0.4 * RATE)
    wave[-fade:] *= np.linspace(1, 0, fade)
    wave *= 10 ** (-20 / 20) / np.sqrt(np.mean(wave**2))
    return np.tanh(wave * 1.1).astype("float32") / 1.1


def main() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, make_sample(), RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=0.8)
    TARGET.write_bytes(buffer.getvalue())
    print(f"Wrote {TARGET.name}: {len(buffer.getvalue()) // 1000} kB, {len(make_sample()) / RATE:.1f} s.")


if __name__ == "__main__":
    main()
