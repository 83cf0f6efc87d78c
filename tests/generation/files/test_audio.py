"""Sound files that are not what they should be: refused or read, never a crash."""

import io
import random

import numpy as np
import pytest
import soundfile

from generation.files.audio import decode_audio, find_audio_suffix
from tests.generation.files.damage import refuse_damaged


@pytest.mark.filterwarnings("ignore")
def test_damaged_sounds_are_refused_or_read_but_never_crash(capfd):
    chosen = random.Random(0)
    files = []
    for kind in ("WAV", "FLAC", "OGG", "MP3"):
        buffer = io.BytesIO()
        soundfile.write(buffer, np.random.default_rng(0).uniform(-0.3, 0.3, 8_000), 16_000, format=kind)
        files.append(buffer.getvalue())
    reasons = refuse_damaged(files, [decode_audio, find_audio_suffix], chosen)
    assert len(reasons) > 50
    assert not [reason for reason in reasons if "\n" in reason]
