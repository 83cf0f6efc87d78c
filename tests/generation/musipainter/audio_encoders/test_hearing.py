"""Hearing clips: windows, the cache, one clip at a time, and errors by name."""

import pytest
import torch

from generation.demo import PACK, WEIGHTS
from generation.errors import AudioError
from generation.musipainter.audio_encoders.hearing import hear_all, listen, read_window
from generation.musipainter.audio_encoders.musicnn import MusicnnEncoder
from generation.musipainter.data import FeatureCache, MediaItem
from tests.generation.media_files import write_tone

CLIP = PACK / "audio" / "heavy-metal" / "chaos-god-a.mp3"


@pytest.fixture(scope="module")
def encoder():
    return MusicnnEncoder(WEIGHTS / "musicnn-mtt.safetensors")


def test_clips_are_heard_one_by_one_in_order_and_remembered(encoder, tmp_path):
    paths = [write_tone(tmp_path / f"{n}.wav", hertz=200 * (n + 1), rate=16_000) for n in range(4)]
    clips = [MediaItem(sha256=f"{n:064d}", path=path) for n, path in enumerate(paths)]
    cache = FeatureCache(tmp_path / "cache")
    heard = list(hear_all(encoder, clips, cache))
    assert [tokens.shape for tokens in heard] == [(4, 192)] * 4
    # Bits, not closeness: single threads round alike whoever works beside them.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = [listen(encoder, read_window(encoder, path), path.name) for path in paths]
    torch.set_num_threads(threads)
    assert all(torch.equal(ours, lone) for ours, lone in zip(heard, alone, strict=True))
    for path in paths:
        path.unlink()
    assert all(torch.equal(ours, again) for ours, again in zip(heard, hear_all(encoder, clips, cache), strict=True))


def test_a_window_begins_where_it_is_told(encoder, tmp_path):
    path = write_tone(tmp_path / "long.wav", seconds=33, rate=16_000)
    assert len(read_window(encoder, path)) == 30 * 16_000
    assert len(read_window(encoder, path, start=31)) == 2 * 16_000
    with pytest.raises(AudioError, match=r"long.wav: ends before second 40"):
        read_window(encoder, path, start=40)


def test_a_file_that_is_no_sound_is_named(encoder, tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"nonsense")
    with pytest.raises(AudioError, match="noise.wav: not a readable sound file"):
        read_window(encoder, tmp_path / "noise.wav")


def test_features_that_are_no_numbers_are_named(encoder):
    with pytest.raises(AudioError, match="loud.wav: musicnn-mtt gives values that are no finite numbers"):
        listen(encoder, torch.full((50_000,), 1e30), "loud.wav")
