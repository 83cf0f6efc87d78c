"""Reading sound files to their true end, or saying why not. The one decode path of training, generation and metrics.

numpy and soundfile only, so that importing a dataset needs no torch.
"""

import os
import re
from collections.abc import Iterator
from io import BytesIO
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from generation.errors import AudioError, first_line
from generation.files.sound.formats import LONGEST_MARK, READ, SUFFIXES, is_playable, name_format
from generation.files.sound.lengths import check_ogg, with_open_end, without_length
from generation.files.sound.mpeg import Length, begins_like_mp3, measure, with_true_count
from generation.files.source import Source

# libsndfile counts the frames of some MP3 and Ogg files from their headers; a little padding may be missing at the end.
MISSING_TAIL_S = 0.1
# Of a file that is cut off libsndfile puts the length right silently and notes it; a pipe is given the largest length.
CUT = re.compile(r"^\s*(?:data|SSND|Data Size|Riff size|riff)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
UNKNOWN_BYTES = 0x7FFF0000
# A damaged header may state any length.
MAX_HOURS = 3
# Hz; a damaged header may state any rate as well, and resampling from it would take all memory.
RATES = (1_000, 768_000)
MAX_CHANNELS = 64
TENTH_S = 0.1  # blocks are whole tenths of a second
BLOCK_TENTHS = 50
BLOCK_SAMPLES = 2**20  # of all channels, at most, unless a tenth of a second has more
ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-f]+>")


class _Forward(soundfile.SoundFile):
    """A file that is read from its beginning to its end: soundfile seeks after each block otherwise.

    That costs MP3 frames the ones before, on which they lean, and a FLAC file of unknown length its end.
    """

    def seekable(self) -> bool:
        return False

    @property
    def can_seek(self) -> bool:
        return super().seekable()


class SoundReader:
    """An open sound file: what its header says, and its samples block by block. A context manager.

    Attributes
    ----------
    kind, subtype : str
        Format and kind of samples as libsndfile names them, e.g. "WAV" and "PCM_16".
    rate : int
        Hz.
    channels : int
        At most 64.
    promised : int or None
        Frames that the file says it has; None: it does not say.
    is_misstated : bool
        Whether it says another length than it has, or none: players then show and seek wrongly. Known at the end.

    Raises
    ------
    AudioError
        For anything that is no sound file of a format that is read, or states what cannot be.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.mp3 = _measure_mp3(source)
        self.file = _open(source if self.mp3 is None else _prepare_mp3(source, self.mp3))
        try:
            self._read_header()
            self.promised: int | None = self.file.frames
            self.is_misstated = self.mp3 is not None and self.mp3.is_exceeded
            self._find_true_length()
            self._check_header()
        except BaseException:
            self.file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()

    @property
    def suffix(self) -> str:
        """File suffix that belongs to the content, whatever the file's name says."""
        return SUFFIXES[self.kind]

    @property
    def is_playable(self) -> bool:
        """Whether browsers play the file as it is, from beginning to end; to be asked when it has been read."""
        plain = is_playable(self.kind, self.subtype, rate=self.rate, channels=self.channels)
        return plain and not self.is_misstated

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Samples (frames, channels) of some seconds at a time; AudioError where the file is cut off or damaged."""
        tenth = round(TENTH_S * self.rate)
        size = tenth * max(1, min(BLOCK_TENTHS, BLOCK_SAMPLES // (tenth * self.channels)))
        read = 0
        while True:
            block = np.empty((size, self.channels), np.float32)
            try:
                block = self.file.read(out=block)
            except (soundfile.SoundFileError, OSError, MemoryError) as error:
                # What was read before the fault is there; behind the last frame that is promised anything may stand.
                block = block[: self.file.tell() - read]
                if not self.promised or read + len(block) < self.promised:
                    there = f"{(read + len(block)) / self.rate:.2f} s of it can be read"
                    raise AudioError(f"is damaged or cut off: {there} ({_reason(error)})") from error
                self.is_misstated |= read + len(block) > self.promised + MISSING_TAIL_S * self.rate
                yield block
                return
            if not len(block):
                break
            read += len(block)
            if read > MAX_HOURS * 3600 * self.rate:
                raise AudioError(f"is longer than {MAX_HOURS} hours; at most {MAX_HOURS} are read")
            yield block
        self._check_end(read)

    def _read_header(self) -> None:
        self.kind, self.subtype = self.file.format, self.file.subtype
        self.rate, self.channels = self.file.samplerate, self.file.channels

    def _check_header(self) -> None:
        if self.kind not in SUFFIXES:
            raise AudioError(f"its format is {self.file.format_info}; use {READ}")
        if not self.file.can_seek:
            kind = self.file.subtype_info
            raise AudioError(f"is a {self.kind} file of the kind {kind}, which is not read; use {READ}")
        if not RATES[0] <= self.rate <= RATES[1]:
            raise AudioError(f"states a sample rate of {self.rate:,} Hz; {RATES[0]:,} to {RATES[1]:,} are read")
        if self.channels > MAX_CHANNELS:
            raise AudioError(f"states {self.channels} channels; at most {MAX_CHANNELS} are read")
        if (self.promised or 0) > MAX_HOURS * 3600 * self.rate:
            hours = (self.promised or 0) / self.rate / 3600
            raise AudioError(f"states a length of {hours:.0f} hours; at most {MAX_HOURS} are read")

    def _find_true_length(self) -> None:
        """See that the file is read to its end where libsndfile would believe what it states, or estimate."""
        if self.kind == "MP3" and self.mp3 and self.mp3.stated is None:
            self.promised = None  # what libsndfile says is an estimate
            if abs(self.mp3.samples - self.file.frames) > MISSING_TAIL_S * self.rate:
                self._read_instead(with_true_count(_read_all(self.source)))
                self.is_misstated = True
        elif self.kind == "FLAC":
            data, self.promised = without_length(_read_all(self.source))
            self.is_misstated = self.promised is None
            self._read_instead(data)
        elif self.kind in ("WAV", "WAVEX") and not self.file.frames:
            self._read_instead(with_open_end(_read_all(self.source)))
            self.promised = self.file.frames

    def _read_instead(self, data: bytes) -> None:
        self.file.close()
        self.file = _open(BytesIO(data))
        # A damaged file may look otherwise from its first whole frame on.
        self._read_header()

    def _check_end(self, read: int) -> None:
        notes = self.file.extra_info
        if not read:
            raise AudioError("holds no sound")
        if self.promised is not None and self.promised - read > MISSING_TAIL_S * self.rate:
            raise AudioError(f"is cut off: {read / self.rate:.1f} s of {self.promised / self.rate:.1f} s can be read")
        self.is_misstated |= self.promised is not None and read - self.promised > MISSING_TAIL_S * self.rate
        if (cut := CUT.search(notes)) and int(cut[2]) < int(cut[1]) < UNKNOWN_BYTES:
            raise AudioError(f"is cut off: {cut[2]} of {cut[1]} bytes of sound are there")
        if self.kind == "OGG":
            check_ogg(_read_all(self.source))


def decode_audio(source: Source) -> tuple[NDArray[np.float32], int]:
    """Decode a sound file to its true end.

    Returns (samples (frames, channels) float32, sample rate in Hz).
    Raises AudioError for anything that is no sound file, is cut off, or holds no finite samples.
    """
    with SoundReader(source) as reader:
        samples = np.concatenate([np.empty((0, reader.channels), np.float32), *reader.blocks()])
        if not np.isfinite(samples).all():
            raise AudioError("holds samples that are no numbers")
        return samples, reader.rate


def _measure_mp3(source: Source) -> Length | None:
    """Frames of what seems to be an MP3 file, before it is opened; AudioError where it lacks some that it counts."""
    try:
        if not begins_like_mp3(_read_all(source, 10)):
            return None
        length = measure(_read_all(source))
    except OSError:
        return None  # opening it says why
    if length is not None and length.stated is not None and length.is_cut:
        seconds, whole = (
            frames * length.header.samples / length.header.rate for frames in (length.frames, length.stated)
        )
        raise AudioError(f"is cut off: {seconds:.1f} s of {whole:.1f} s can be read")
    return length


def _prepare_mp3(source: Source, length: Length) -> Source:
    """An MP3 file that counts its frames as libsndfile is to read it: with the true count, without what stands behind.

    (Of tags and web pages behind the sound its decoder complains on stderr.)
    """
    if length.stated is None:
        return source
    data = _read_all(source)
    return BytesIO(with_true_count(data) if length.is_exceeded else data[: length.end])


def _open(source: Source) -> _Forward:
    try:
        if not isinstance(source, str | os.PathLike):
            source.seek(0)
        return _Forward(source)
    except (soundfile.SoundFileError, OSError, TypeError, MemoryError) as error:
        raise AudioError(f"not a readable sound file ({_explain(source, error)})") from error


def _explain(source: Source, error: Exception) -> str:
    """What a file that cannot be opened is, by its first bytes, and what to do; else what libsndfile says."""
    try:
        head = _read_all(source, LONGEST_MARK)
    except OSError as reason:
        return reason.strerror or first_line(reason)
    found = name_format(head)
    return f"it is {found}; convert it to {READ}" if found else f"{_reason(error)}; use {READ}"


def _reason(error: Exception) -> str:
    """What a library says of a file, without the name of a Python object."""
    said = ADDRESS.sub("the file", getattr(error, "error_string", "") or first_line(error))
    return said.removeprefix("Error : ").rstrip(". ") or "no reason is given"


def _read_all(source: Source, size: int = -1) -> bytes:
    """The first bytes of a source, or all, wherever another reader stands in it."""
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            return file.read(size)
    place = source.tell()
    source.seek(0)
    data = source.read(size)
    source.seek(place)
    return data
