"""The first difference of two configs, in words."""

from generation.comparison import first_difference


def test_equal_values_have_none():
    assert first_difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) == ""


def test_a_nested_value_is_named_by_its_path():
    there, here = {"train": {"seed": 1, "lr": 0.1}}, {"train": {"seed": 2, "lr": 0.1}}
    assert first_difference(there, here) == "train.seed is 1 there and 2 here"


def test_a_missing_value_is_null():
    assert first_difference({"a": None, "b": "x"}, {"a": None}) == 'b is "x" there and null here'


def test_long_values_are_cut():
    assert len(first_difference({"a": "x" * 500}, {"a": "y" * 500})) < 200
