import pytest
from rest_framework.exceptions import ParseError

from studyserver.studies.api.parsing import DEEPEST, check


def nest(depth):
    data = 1
    for level in range(depth):
        data = [data] if level % 2 else {"a": data}
    return data


def test_nesting_is_counted_through_lists_and_objects():
    check(nest(DEEPEST))
    with pytest.raises(ParseError, match="nested too deeply"):
        check(nest(DEEPEST + 1))


def test_names_are_whole_characters_and_values_are_left_to_their_fields():
    check({"whole 😀": "\ud83d"})
    with pytest.raises(ParseError, match="half a character"):
        check({"a": [{"\ud83d": 1}]})
