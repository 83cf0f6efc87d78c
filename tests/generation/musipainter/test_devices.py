"""Where networks compute, and what is said when they cannot."""

import pytest
import torch

from generation.errors import CheckpointError
from generation.musipainter.devices import FORMATS, choose_device, choose_precision, explained_memory
from generation.networks import cpu_threads


def pretend(monkeypatch, *, cuda=0, mps=False):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(("found", "device"), [({"cuda": 2, "mps": True}, "cuda"), ({"mps": True}, "mps"), ({}, "cpu")])
def test_auto_takes_the_fastest_there_is(monkeypatch, found, device):
    pretend(monkeypatch, **found)
    assert choose_device("auto") == torch.device(device)


def test_a_device_that_was_asked_for_is_taken_or_refused_never_replaced(monkeypatch):
    pretend(monkeypatch, cuda=2)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert choose_device("cpu") == torch.device("cpu")
    for missing in ("cuda:2", "mps"):
        with pytest.raises(CheckpointError, match=f"'{missing}' was asked for, but torch finds no such device"):
            choose_device(missing)
    with pytest.raises(CheckpointError, match="no device 'gpu'; choose auto, cuda, cuda:N, mps or cpu"):
        choose_device("gpu")


def test_precision():
    assert choose_precision("auto", torch.device("cuda")) == "float16"
    assert choose_precision("auto", torch.device("cpu")) == "float32"
    assert choose_precision("bfloat16", torch.device("cpu")) == "bfloat16"
    assert FORMATS["bfloat16"] == torch.bfloat16
    with pytest.raises(CheckpointError, match="no precision 'int4'"):
        choose_precision("int4", torch.device("cpu"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nSee documentation."),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: 8 bytes"),
        RuntimeError("MPS backend out of memory (MPS allocated: 18 GB)"),
    ],
)
def test_running_out_of_memory_gives_one_line_with_advice(error):
    with pytest.raises(CheckpointError) as caught, explained_memory("painting", "use a smaller --batch-size"):
        raise error
    assert str(caught.value) == "Out of memory while painting: use a smaller --batch-size."


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shapes"), explained_memory("painting", "nothing"):
        raise RuntimeError("shapes do not match")


def test_thread_count_is_set_for_a_while():
    before = torch.get_num_threads()
    with cpu_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
