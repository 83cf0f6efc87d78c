"""Derived seeds: stable for ever, different for different purposes."""

from generation.seeds import derive_seed, image_seed, permuted


def test_derived_seeds_never_change():
    assert image_seed(7, "ab", 0) == derive_seed("image", 7, "ab", 0) == 1548370501136238514
    assert permuted(list(range(6)), "content", 3) == [3, 0, 5, 1, 4, 2]


def test_parts_do_not_run_into_each_other():
    assert len({derive_seed("a", 1), derive_seed("a1"), derive_seed("", "a1"), derive_seed("a", "1", "")}) == 4


def test_permutation_is_a_function_of_its_parts():
    items = list(range(12))
    assert permuted(items, "content", 3) == permuted(items, "content", 3)
    assert sorted(permuted(items, "content", 3)) == items
    assert len({tuple(permuted(items, "content", seed)) for seed in range(20)}) == 20
