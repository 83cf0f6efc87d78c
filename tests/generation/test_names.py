"""Short names, of datasets, sets and runs."""

import pytest

from generation.names import is_short_name


@pytest.mark.parametrize("name", ["art", "Art-2", "a_b", "2020"])
def test_letters_digits_and_hyphens_name_a_dataset(name):
    assert is_short_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a b", "=a", "é", "\u212a", "x" * 81, "a\x00", "../a", "a\n"])
def test_nothing_else_does(name):
    assert not is_short_name(name)
