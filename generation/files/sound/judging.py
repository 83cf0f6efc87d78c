"""What is heard of a sound file, judged in one pass: what nobody can hear, or nobody should, is no music."""

from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from generation.errors import AudioError
from generation.files.sound.decoding import TENTH_S, SoundReader
from generation.files.sound.loudness import LoudnessMeter
from generation.files.source import Source

# Below -60 dBFS a clip is silence to a participant.
MIN_PEAK = 1e-3
# Full scale is 1. Lossy decoders overshoot a little, mixes in floating point by more; players cut off what is above.
# Twice full scale (+6 dB) is no overshoot any more: integers written as floats, or a gain gone wrong.
MAX_PEAK = 2.0
LOSSY = {"MP3", "OGG"}
# Networks, and telephones with one loudspeaker, hear the mean of the channels. 40 dB below the channels nothing is left
# of the music; 12 dB below, little (channels that have nothing in common lose 3).
LOST_DB, SOFT_DB = 40.0, 12.0
# A clip of which less than half can be heard may be meant; nobody should find out from participants.
HEARD_SHARE = 0.5
OFFSET = 0.1  # of full scale, between the mean of the samples and zero


@dataclass(frozen=True)
class Sound:
    """What a sound file is, and what is heard of it.

    `kind` and `subtype` as libsndfile names them; `is_misstated`: the file says another length than it has, or none;
    `peak` is the largest sample's size (full scale 1); `loudness` in LUFS
    (EBU R128, integrated; None: too soft to be measured, or not asked for); `notes` say what a researcher should know.
    """

    kind: str
    subtype: str
    suffix: str
    is_playable: bool
    is_misstated: bool
    seconds: float
    rate: int
    channels: int
    peak: float
    loudness: float | None
    notes: tuple[str, ...]


class Judge:
    """Looks at a sound block by block; `settle` says what is wrong with it as a whole."""

    def __init__(self, rate: int, channels: int) -> None:
        self.tenth = round(TENTH_S * rate)
        self.frames = self.heard = 0
        self.high, self.low = np.full(channels, -np.inf), np.full(channels, np.inf)
        self.sums, self.squares = np.zeros(channels), np.zeros(channels)
        self.mix_squares = 0.0
        self.mix_high, self.mix_low = -np.inf, np.inf

    def add(self, block: NDArray[np.float32]) -> NDArray[np.float64]:
        """Take in samples (frames, channels); their mean over channels (frames,). AudioError: no numbers, no sound."""
        exact = np.ascontiguousarray(block.T, dtype=np.float64)
        high, low = self._extremes(exact)
        if not (np.isfinite(high).all() and np.isfinite(low).all()):
            raise AudioError("holds samples that are no numbers")
        if (peak := max(high.max(), -low.min())) > MAX_PEAK:
            raise AudioError(
                f"holds samples up to {peak:,.1f}, far outside -1 to 1 (integers written as floats?); "
                "divide them by full scale and save it again"
            )
        self.high, self.low = np.maximum(self.high, high), np.minimum(self.low, low)
        self.frames += len(block)
        # Of samples side by side, as load_audio always did: another order would round otherwise.
        mix: NDArray[np.float64] = block.astype(np.float64).mean(axis=1)
        self.sums += exact.sum(axis=1)
        self.squares += np.einsum("cn,cn->c", exact, exact)
        self.mix_squares += float(np.dot(mix, mix))
        self.mix_high, self.mix_low = max(self.mix_high, mix.max()), min(self.mix_low, mix.min())
        return mix

    def _extremes(self, exact: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Highest and lowest sample of each channel (channels, frames); counts the tenths in which one is heard."""
        whole = exact.shape[1] // self.tenth * self.tenth
        parts = [exact[:, :whole].reshape(len(exact), -1, self.tenth), exact[:, None, whole:]]
        highs, lows = [], []
        for part in parts:
            if part.size:
                highs.append(part.max(axis=2))
                lows.append(part.min(axis=2))
                self.heard += int((highs[-1] - lows[-1] >= 2 * MIN_PEAK).any(axis=0).sum()) * part.shape[2]
        return np.concatenate(highs, axis=1).max(axis=1), np.concatenate(lows, axis=1).min(axis=1)

    @property
    def peak(self) -> float:
        """Size of the largest sample."""
        return float(max(self.high.max(), -self.low.min()))

    @property
    def mix_loss_db(self) -> float:
        """By how much the mean of the channels is softer than they are; 0 for one channel."""
        if len(self.sums) == 1:
            return 0.0
        # Without what is constant, which nobody hears.
        channels = float((self.squares / self.frames - np.square(self.sums / self.frames)).mean())
        mix = self.mix_squares / self.frames - (self.sums.mean() / self.frames) ** 2
        return 10 * log10(channels / mix) if mix > 0 and channels > 0 else 200.0

    def refuse_cancelled(self) -> None:
        """AudioError where people hear something in the channels, and nothing is left of it in their mean."""
        if self.is_audible and (self.mix_loss_db >= LOST_DB or self.mix_high - self.mix_low < 2 * MIN_PEAK):
            raise AudioError(
                "has channels that cancel each other out (one is minus the other): networks, and telephones with one "
                "loudspeaker, hear silence; turn one of them round, or keep one"
            )

    @property
    def is_audible(self) -> bool:
        """Whether any channel moves by more than silence does."""
        return bool((self.high - self.low).max() >= 2 * MIN_PEAK)

    def settle(self) -> None:
        """AudioError with the reason where there is nothing to hear."""
        if not self.is_audible:
            raise AudioError("is silent" if self.peak < MIN_PEAK else "is silent: all samples have one value")
        self.refuse_cancelled()

    def notes(self, kind: str, rate: int) -> list[str]:
        """What is unusual, and no fault."""
        seconds, heard = self.frames / rate, self.heard / rate
        found = []
        if heard < HEARD_SHARE * seconds:
            found.append(f"{heard:.1f} s of {seconds:.1f} s can be heard, the rest is silent")
        if self.peak > 1 and kind not in LOSSY:
            found.append(f"has samples up to {self.peak:.2f}, and players cut off what is above 1")
        if self.mix_loss_db >= SOFT_DB:
            found.append(
                f"has channels that nearly cancel each other out: their mean, which networks hear, is "
                f"{self.mix_loss_db:.0f} dB softer"
            )
        if (offset := np.abs(self.sums / self.frames).max()) >= OFFSET:
            found.append(f"lies {offset:.2f} beside zero (a constant offset), which clicks at its beginning and end")
        return found


def judge_sound(source: Source, *, loudness: bool = False) -> Sound:
    """Read a sound file to its end, in blocks, and say what is heard of it.

    loudness: measure it too, which loads scipy.
    Raises AudioError for a file that cannot be read to its end, holds no numbers, is silent or constant, lies far
    outside [-1, 1], or has channels that cancel each other out.
    """
    with SoundReader(source) as reader:
        judge = Judge(reader.rate, reader.channels)
        meter = LoudnessMeter(reader.rate) if loudness else None
        for block in reader.blocks():
            judge.add(block)
            if meter:
                meter.add(block)
        judge.settle()
        return Sound(
            kind=reader.kind,
            subtype=reader.subtype,
            suffix=reader.suffix,
            is_playable=reader.is_playable,
            is_misstated=reader.is_misstated,
            seconds=judge.frames / reader.rate,
            rate=reader.rate,
            channels=reader.channels,
            peak=judge.peak,
            loudness=meter.integrate() if meter else None,
            notes=tuple(judge.notes(reader.kind, reader.rate)),
        )
