"""Formats are named by what files begin with, and playable by what browsers play."""

import pytest

from generation.files.sound.formats import is_playable, name_format, name_sound


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x1cftypM4A ", "AAC or ALAC in M4A"),
        (b"\0\0\0\x1cftypisom", "MP4 (AAC sound, or a film)"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "WMA (Windows Media)"),
        (b"\xff\xf1\x50\x80", "an AAC stream"),
        (b"\x1aE\xdf\xa3", "WebM or Matroska"),
        (b"MThd", "MIDI (notes, no sound)"),
        (b"<html>", "a web page"),
        (b"la la la", ""),
        (b"", ""),
    ],
)
def test_a_format_is_named_by_its_first_bytes(head, name):
    assert name_format(head) == name


def test_what_browsers_play():
    assert is_playable("WAV", "PCM_16", rate=44_100, channels=2)
    assert is_playable("MP3", "MPEG_LAYER_III", rate=8_000, channels=1)
    assert not is_playable("WAV", "DOUBLE", rate=44_100, channels=2)
    assert not is_playable("AIFF", "PCM_16", rate=44_100, channels=2)
    assert not is_playable("WAV", "PCM_16", rate=4_000, channels=2)
    assert not is_playable("WAV", "PCM_16", rate=44_100, channels=12)


def test_a_sound_that_is_copied_is_named_by_what_browsers_do_not_play():
    assert name_sound("WAV", "DOUBLE", rate=44_100, channels=2) == "WAV DOUBLE"
    assert name_sound("WAV", "PCM_16", rate=1_000, channels=1) == "WAV PCM_16 at 1,000 Hz"
    assert name_sound("FLAC", "PCM_16", rate=352_800, channels=12) == "FLAC PCM_16 at 352,800 Hz of 12 channels"
