"""Make the headphone screening's sounds, static/studies/headphones/*.flac: python docs/headphones/make.py

Six sounds of three tones each, synthesised here (so they belong to nobody else), in stereo: 200 Hz, one second, ramps
of 100 ms, half a second of silence between them. The quiet tone is 6 dB below the others; the antiphase one has its
right channel turned round. `studyserver.studies.rules.headphones` says which tone comes when.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from studyserver.studies.rules.headphones import ANTIPHASE, QUIET, SOUNDS  # noqa: E402

RATE = 22_050
TONE_S, RAMP_S, GAP_S = 1.0, 0.1, 0.5
LEVEL = 10 ** (-20 / 20) * np.sqrt(2)  # peak of a sine at -20 dB RMS, about the loudness of the music
TARGET = ROOT / "static" / "studies" / "headphones"


def make_tone(kind: str) -> np.ndarray:
    """One tone, shape (samples, 2)."""
    t = np.arange(int(TONE_S * RATE)) / RATE
    ramp = np.minimum(1, np.minimum(t, TONE_S - t) / RAMP_S)
    wave = LEVEL * np.sin(2 * np.pi * 200 * t) * np.sin(ramp * np.pi / 2) ** 2
    if kind == QUIET:
        wave = wave * 10 ** (-6 / 20)
    return np.stack([wave, -wave if kind == ANTIPHASE else wave], axis=1)


def make_sound(kinds: tuple[str, str, str]) -> np.ndarray:
    """Three tones with silence before, between and after them."""
    gap, edge = np.zeros((int(GAP_S * RATE), 2)), np.zeros((int(0.1 * RATE), 2))
    first, second, third = map(make_tone, kinds)
    return np.concatenate([edge, first, gap, second, gap, third, edge]).astype("float32")


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for name, kinds in SOUNDS.items():
        soundfile.write(TARGET / f"{name}.flac", make_sound(kinds), RATE, subtype="PCM_16")
    size = sum(path.stat().st_size for path in TARGET.glob("*.flac"))
    print(f"Wrote {len(SOUNDS)} sounds, {size // 1000} kB.")


if __name__ == "__main__":
    main()
