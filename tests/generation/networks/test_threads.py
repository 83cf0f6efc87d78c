"""One thread for each sum, several sums side by side."""

import threading

import pytest
import torch

from generation.networks.threads import map_side_by_side, single_thread


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_block_computes_on_one_thread_and_gives_the_others_back():
    with single_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
    with pytest.raises(KeyError), single_thread():
        raise KeyError
    assert torch.get_num_threads() == 2


def test_results_come_in_the_order_of_the_items_each_from_one_thread():
    assert list(map_side_by_side(lambda n: (n, torch.get_num_threads()), range(50))) == [(n, 1) for n in range(50)]
    assert torch.get_num_threads() == 2
    assert list(map_side_by_side(str, [])) == []


def test_the_first_error_comes_out_and_ends_all_threads():
    def refuse(n):
        if n == 1:
            raise ValueError(n)
        return n

    before = threading.active_count()
    with pytest.raises(ValueError, match="1"):
        list(map_side_by_side(refuse, range(20)))
    assert threading.active_count() == before
