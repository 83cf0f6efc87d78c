"""Files are read ahead of the networks, in order, and never more than a few batches of them are in memory."""

import gc
import threading
import tracemalloc
import weakref

import pytest

from generation.datasets.museart import LABELS, PIECES, TRAINED_ON
from generation.errors import AudioError
from generation.musipainter.data import MediaItem, Pair, TrainingData
from generation.musipainter.training.stream import AHEAD, stream


class Loaded:
    """Stands for a waveform and its image: an object that can be counted while it lives."""

    def __init__(self, request):
        self.request = request


def test_batches_come_in_order_and_few_are_alive_however_many_pairs_there_are():
    """All 24,216 pairs of Museart in batches of 8: at most the batches read ahead, the next one, and the one in use."""
    alive, most, lock = weakref.WeakSet(), 0, threading.Lock()

    def load(request):
        nonlocal most
        item = Loaded(request)
        with lock:
            alive.add(item)
            most = max(most, len(alive))
        return item

    batches = [range(start, min(start + 8, PIECES)) for start in range(0, PIECES, 8)]
    seen = 0
    for batch in stream(batches, load, threads=2):
        assert [item.request for item in batch] == list(range(seen, seen + len(batch)))
        seen += len(batch)
    assert seen == PIECES
    assert most <= (AHEAD + 2) * 8


def test_an_error_comes_out_at_its_batchs_turn_and_stops_the_reading():
    asked = []

    def load(request):
        asked.append(request)
        if request == 5:
            raise AudioError("5.wav: is cut off")
        return request

    batches = [range(start, start + 2) for start in range(0, 1_000, 2)]
    coming = stream(batches, load, threads=1)
    assert [next(coming), next(coming)] == [[0, 1], [2, 3]]
    with pytest.raises(AudioError, match="5.wav: is cut off"):
        next(coming)
    assert max(asked) < 2 * (AHEAD + 4)


def test_a_list_of_all_of_museart_is_small(tmp_path):
    """What a run knows of 24,216 clips and artworks before it reads one of them."""
    gc.collect()
    tracemalloc.start()

    def item(number, kind, split):
        sha256 = f"{number:032x}{kind:032x}"
        return MediaItem(sha256, tmp_path / sha256[:2] / f"{sha256}.mp3", LABELS[number % 18], split)

    data = TrainingData(
        clips=[item(number, 0, "train") for number in range(TRAINED_ON)],
        artworks=[item(number, 1, "train") for number in range(TRAINED_ON)],
        validation=[
            Pair(item(number, 0, "val"), item(number, 1, "val")) for number in range(TRAINED_ON, TRAINED_ON + 2_425)
        ],
    ).in_order()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(data.clips), len(data.validation), len(data.labels)) == (19_366, 2_425, 18)
    assert peak < 64 * 2**20
