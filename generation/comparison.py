"""Where two configs differ, in words."""

import json
from typing import Any


def first_difference(there: Any, here: Any, name: str = "") -> str:
    """The first difference of two JSON values: "train.seed is 1 there and 2 here"; empty when they are equal."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in sorted(there.keys() | here.keys()):
            inner = f"{name}.{key}" if name else key
            if difference := first_difference(there.get(key), here.get(key), inner):
                return difference
        return ""
    return "" if there == here else f"{name} is {_short(there)} there and {_short(here)} here"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else text[:77] + "..."
