"""Sound files: read to their true end in blocks, judged once, copied for players."""

from generation.files.sound.copies import COPY_SUFFIX, make_copy
from generation.files.sound.decoding import SoundReader, decode_audio
from generation.files.sound.formats import name_sound
from generation.files.sound.judging import Judge, Sound, judge_sound
from generation.files.sound.loudness import LoudnessMeter

__all__ = [
    "COPY_SUFFIX",
    "Judge",
    "LoudnessMeter",
    "Sound",
    "SoundReader",
    "decode_audio",
    "judge_sound",
    "make_copy",
    "name_sound",
]
