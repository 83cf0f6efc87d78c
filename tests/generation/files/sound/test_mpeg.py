"""Frames of MP3 files are counted as they stand there, whatever is stated."""

from generation.files.sound.mpeg import measure, read_header, walk_frames, with_true_count
from tests.generation.files.sound.sounds import constant_mp3, id3, tone, variable_mp3, without_count, written


def test_frames_follow_one_another_and_count_themselves():
    data = constant_mp3(tone(1))
    length = measure(data)
    assert length.stated == length.frames
    assert (length.header.rate, length.header.samples, length.header.mono) == (22_050, 576, True)
    places = list(walk_frames(data))
    assert [at + header.length for at, header in places][:-1] == [at for at, _ in places][1:]


def test_tags_junk_and_a_broken_end_are_no_frames():
    data = without_count(variable_mp3(tone(2)))
    n = measure(data).frames
    assert measure(data).stated is None
    for changed in (id3(4, 3000) + data, b"junk" * 700 + data, data + b"TAG" + bytes(125), data + b"\xff\xfb" * 99):
        assert measure(changed).frames == n
    assert measure(data[:-5]).frames == n - 1
    assert measure(b"\xff\xfb" * 400) is None
    assert measure(b"") is None


def test_a_stated_count_is_found_for_every_kind_of_frame_and_cut_files_lack_frames():
    for rate in (8_000, 16_000, 44_100):
        for channels in (1, 2):
            data = written(tone(3, rate=rate, channels=channels), "MP3", rate=rate)
            length = measure(data)
            assert length.stated is not None
            assert not length.is_cut
            assert measure(data[: len(data) // 2]).is_cut


def test_a_file_is_given_the_true_count():
    data = constant_mp3(tone(1)) + id3(3, 900) + constant_mp3(tone(2))
    length = measure(data)
    assert length.frames > length.stated + 100
    mended = measure(with_true_count(data))
    assert mended.stated == mended.frames == length.frames


def test_what_is_no_header_is_none():
    for four in (b"", b"\xff\xfb", b"\xff\xfb\x00\x00", b"\xff\xfb\xf0\x00", b"\xff\xfb\x9c\x00", b"RIFF"):
        assert read_header(four, 0) is None
