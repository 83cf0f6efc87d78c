"""What FLAC, WAV and Ogg files say of their length, and where they end."""

import io

import pytest

from generation.errors import AudioError
from generation.files import SoundReader
from generation.files.sound.lengths import check_ogg, with_open_end, without_length
from tests.generation.files.sound.sounds import RATE, flac, id3, tone, wav, written


def test_a_stated_length_is_taken_away_and_told():
    data = flac(tone(1, 1.0))
    open_end, stated = without_length(data)
    assert stated == RATE
    assert len(open_end) == len(data)
    assert without_length(open_end) == (open_end, None)
    assert without_length(id3(3, 50) + data + b"TAG" + bytes(125)) == (id3(3, 50) + open_end, RATE)


def test_only_a_length_of_nothing_is_opened():
    whole = wav(tone(1, 1.0))
    assert with_open_end(whole) == whole
    assert with_open_end(wav(tone(1, 1.0), stated=0)) == wav(tone(1, 1.0), stated=0xFFFFFFFF)
    assert with_open_end(b"RIFF") == b"RIFF"


def test_ogg_files_end_with_a_last_page_and_begin_once():
    data = written(tone(1, 2.0), "OGG")
    check_ogg(data)
    check_ogg(data + b"junk behind")
    with pytest.raises(AudioError, match="last page is missing"):
        check_ogg(data[:-10])
    with pytest.raises(AudioError, match="several recordings"):
        check_ogg(data + data)


def test_files_that_misstate_their_length_are_no_files_for_players():
    for data, plays in [(flac(tone(1)), True), (flac(tone(1), stated=0), False), (flac(tone(1), stated=999), False)]:
        with SoundReader(io.BytesIO(data)) as reader:
            assert sum(len(block) for block in reader.blocks()) == 4 * RATE
            assert reader.is_playable is plays
