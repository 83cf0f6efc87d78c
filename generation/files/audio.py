"""Reading sound files whole, or saying why not. The one decode path of training, generation and metrics.

numpy and soundfile only, so that importing a dataset needs no torch.
"""

import os
import re

import numpy as np
import soundfile
from numpy.typing import NDArray

from generation.errors import AudioError, first_line
from generation.files.source import Source

# libsndfile counts the frames of some MP3 and Ogg files from their headers; a little padding may be missing at the end.
MISSING_TAIL_S = 0.1
# Formats that browsers play, by the names that libsndfile gives them.
AUDIO_SUFFIXES = {"WAV": ".wav", "WAVEX": ".wav", "FLAC": ".flac", "OGG": ".ogg", "MP3": ".mp3"}
# For a WAV file libsndfile puts the length right silently and notes it; writers to a pipe state the largest length.
CUT_WAV = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
UNKNOWN_LENGTH = 0x7FFF0000
# A damaged header may state any length; memory for it is asked for before the first sample is read.
MAX_HOURS = 3
# Hz; a damaged header may state any rate as well, and resampling from it would take all memory.
RATES = (1_000, 768_000)
# An Ogg file is a row of pages; the last one of a whole stream says so in its header's sixth byte.
OGG_PAGE = b"OggS"
OGG_HEADER = 27  # bytes before the table of the page's segments
OGG_LAST = 0x04


def decode_audio(source: Source) -> tuple[NDArray[np.float32], int]:
    """Decode a WAV, FLAC, Ogg or MP3 file (and whatever else libsndfile reads) to its end.

    Returns (samples (frames, channels) float32 in [-1, 1], sample rate in Hz).
    Raises AudioError for anything that is no sound file, is cut off, or holds no finite samples.
    """
    try:
        with soundfile.SoundFile(source) as file:
            promised, rate = file.frames, file.samplerate
            notes = file.extra_info
            if not RATES[0] <= rate <= RATES[1]:
                raise AudioError(f"states a sample rate of {rate:,} Hz; {RATES[0]:,} to {RATES[1]:,} are read")
            if promised > MAX_HOURS * 3600 * rate:
                raise AudioError(f"states a length of {promised / rate / 3600:.0f} hours; at most {MAX_HOURS} are read")
            samples = file.read(dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError, MemoryError) as error:
        raise AudioError(f"not a readable sound file ({first_line(error)})") from error
    if not len(samples):
        raise AudioError("holds no sound")
    if promised - len(samples) > MISSING_TAIL_S * rate:
        raise AudioError(f"is cut off: {len(samples) / rate:.1f} s of {promised / rate:.1f} s can be read")
    if (cut := CUT_WAV.search(notes)) and int(cut[2]) < int(cut[1]) < UNKNOWN_LENGTH:
        raise AudioError(f"is cut off: {cut[2]} of {cut[1]} bytes of sound are there")
    if _is_cut_ogg(source):
        raise AudioError("is cut off: its last page is missing")
    if not np.isfinite(samples).all():
        raise AudioError("holds samples that are no numbers")
    return samples, rate


def find_audio_suffix(source: Source) -> str:
    """File suffix that belongs to a sound file's content, whatever its name says; AudioError for other formats."""
    try:
        found = soundfile.info(source).format
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        raise AudioError(f"not a readable sound file ({first_line(error)})") from error
    if found not in AUDIO_SUFFIXES:
        raise AudioError(f"its format is {found}; use WAV, FLAC, OGG or MP3")
    return AUDIO_SUFFIXES[found]


def _is_cut_ogg(source: Source) -> bool:
    """Whether an Ogg file ends before its end: libsndfile then plays what is there and takes it for the whole."""
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            return _is_cut_ogg(file)
    source.seek(0)
    if source.read(len(OGG_PAGE)) != OGG_PAGE:
        return False
    source.seek(0)
    data = source.read()
    # A page's name may occur inside another page by chance; then the page found is no whole one, and an earlier is it.
    start = len(data)
    while (start := data.rfind(OGG_PAGE, 0, start)) >= 0:
        header = data[start : start + OGG_HEADER]
        if len(header) == OGG_HEADER and header[4] == 0:
            table = data[start + OGG_HEADER : start + OGG_HEADER + header[26]]
            whole = len(table) == header[26] and start + OGG_HEADER + len(table) + sum(table) <= len(data)
            return not (whole and header[5] & OGG_LAST)
    return True
