"""Measured error rates of the statistics, as shipped: `benchmarks/error_rates.py --write` makes them.

A report prints them beside tests whose p-values are approximate, so that readers see how far a level can be trusted.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.prose import Texts

say = Texts("sentences")

# Approximate tests that a report shows, by the name under which their size was measured.
TESTS = {
    "bowker": "symmetry, Bowker asymptotic",
    "cochran": "Cochran's Q, asymptotic",
    "margins": "rows against columns, Stuart-Maxwell",
    "mean": "participants' mean, t",
    "order": "two arms, same people, order held constant (GEE)",
    "ranks": "participants' signed ranks",
}
LEVEL = 0.05
SHARED_GUESS = "nobody knows, half of N = 12 share one guess"


@cache
def measured_rates() -> list[dict[str, Any]]:
    """Every measured rate: group, what, setting, nominal, measured, se, rule."""
    text = (files("analysis") / "data" / "error_rates.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)["rows"]
    return rows


def size_words(test: str) -> str:
    """What was measured for one of TESTS: "true size at .05 measured as 10.30% (...)"; the worst setting counts."""
    rows = [r for r in measured_rates() if r["what"] == TESTS[test] and r["nominal"] == LEVEL]
    worst = max(rows, key=lambda row: float(row["measured"]))
    return say("size", level=LEVEL, **worst)


def shared_guess_size() -> float:
    """Size at .05 that was measured for the exact test where half of the participants share one guess."""
    return next(
        float(row["measured"])
        for row in measured_rates()
        if row["setting"] == SHARED_GUESS and row["group"] == "size" and row["nominal"] == LEVEL
    )


def measured_sizes() -> dict[str, str]:
    """`size_words` of every approximate test, for the result document."""
    return {test: size_words(test) for test in TESTS}
