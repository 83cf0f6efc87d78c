"""What is stored of a sound is what Chromium plays: lengths that files misstate, copies of what it cannot play."""

import base64
import io

import numpy as np
import pytest
from playwright.sync_api import Browser

from generation.files import judge_sound, make_copy
from tests.generation.files.sound.sounds import (
    constant_mp3,
    fading,
    flac,
    id3,
    swelling,
    tone,
    variable_mp3,
    wav,
    without_count,
    written,
)

pytestmark = pytest.mark.browser

DECODE = """async (files) => {
    const lengths = {};
    for (const [name, data] of Object.entries(files)) {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        try {
            lengths[name] = (await new OfflineAudioContext(1, 44100, 44100).decodeAudioData(bytes.buffer)).duration;
        } catch {
            lengths[name] = null;
        }
    }
    return lengths;
}"""
PLAYED = {
    "variable, no count, loud first": without_count(variable_mp3(fading())),
    "variable, no count, soft first": without_count(variable_mp3(swelling())),
    "constant, no count": without_count(constant_mp3(tone(3))),
    "with count": variable_mp3(tone(1)),
    "one behind the other": constant_mp3(tone(1)) + constant_mp3(tone(2)),
    "two tags": id3(3, 400) + id3(4, 700) + constant_mp3(tone(25)),
    "piped FLAC": flac(tone(63), stated=0),
    "FLAC that states a second": flac(tone(63), stated=22_050),
    "WAV of nothing": wav(tone(34), stated=0),
    "WAV that states a second": wav(tone(34), stated=44_100),
    "Vorbis": written(tone(5), "OGG"),
    "Opus": written(tone(5, rate=48_000), "OGG", rate=48_000, subtype="OPUS"),
    "8 bit": written(tone(4), subtype="PCM_U8"),
    "24 bit": written(tone(4, channels=2), "WAVEX", subtype="PCM_24"),
    "mu-law": written(tone(4), subtype="ULAW"),
}
COPIED = {
    "WAV of float64": wav(tone(7), kind="<f8"),
    "AIFF": written(tone(8), "AIFF"),
    "Wave64": written(tone(9, rate=96_000), "W64", rate=96_000),
    "CAF": written(tone(10), "CAF"),
    "AU": written(np.asarray(tone(11, channels=2)), "AU"),
    "ADPCM": written(tone(12), subtype="IMA_ADPCM"),
}


def test_lengths_are_those_that_chromium_decodes(browser: Browser) -> None:
    copies = {f"copy of {name}": make_copy(io.BytesIO(data)) for name, data in COPIED.items()}
    page = browser.new_page()
    page.goto("about:blank")
    encoded = {name: base64.b64encode(data).decode() for name, data in (PLAYED | COPIED | copies).items()}
    decoded = page.evaluate(DECODE, encoded)
    page.close()
    stored = {name: judge_sound(io.BytesIO(data)) for name, data in (PLAYED | COPIED).items()}
    for name in PLAYED:
        assert stored[name].seconds == pytest.approx(decoded[name], abs=0.1), name
    for name in COPIED:
        assert decoded[name] is None, name
        assert not stored[name].is_playable
        assert stored[name].seconds == pytest.approx(decoded[f"copy of {name}"], abs=0.1), name
