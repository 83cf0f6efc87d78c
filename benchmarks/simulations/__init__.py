"""Simulated studies: the setting in which each error rate and coverage is measured.

`PARTS` names what `benchmarks/error_rates.py` measures; each member is a function `draws -> Iterator[Row]`.
"""

from importlib import import_module

from benchmarks.simulations.row import Part

PARTS: dict[str, str] = {
    "spaces": "benchmarks.simulations.spaces:rows",
    "evalues": "benchmarks.simulations.evalues:rows",
    "levels": "benchmarks.simulations.intervals:rows",
    "renaming": "benchmarks.simulations.renaming:rows",
    "arms": "benchmarks.simulations.arms:measure_arms",
}
"""Name of a part -> "module:function"."""


def load_part(name: str) -> Part:
    module, function = PARTS[name].split(":")
    part: Part = getattr(import_module(module), function)
    return part
