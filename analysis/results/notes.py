"""Warnings in words, each said once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis import wording
from analysis.results import summary
from analysis.results.arms import FEW_PARTICIPANTS
from analysis.results.measured import shared_guess_size


@dataclass
class Notes:
    """Warnings in words, each said once, in the order in which they came up."""

    texts: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        if text not in self.texts:
            self.texts.append(text)


def warn_about_rows(frame: pd.DataFrame, notes: Notes) -> None:
    named = frame[(frame["clip"] != "") & frame["answered"]]
    again = named.duplicated(["arm", "participant", "clip"])
    if again.any():
        n = named.loc[again, "participant"].nunique()
        notes.warn(
            f"{wording.plural(n, 'participant')} answered the same clip in more than one block. The exact law takes "
            f"blocks as independent, which repeated clips are not: read overall p-values with care."
        )


def warn_about_arm(name: str, arm: Mapping[str, Any], notes: Notes, *, alone: bool) -> None:
    where = "" if alone else f"Arm '{name}': "
    n = arm["n_participants"]
    if n == 0:
        notes.warn(f"{where}{'N' if alone else 'n'}o answers to analyse.")
        return
    if n < 5:
        notes.warn(
            f"{where}{wording.plural(n, 'participant')} only: the exact p-values hold, the intervals over "
            f"participants say little."
        )
    if arm["n_unanswered"]:
        notes.warn(
            f"{where}{wording.plural(arm['n_unanswered'], 'clip')} without an answer: left out, and the chance law "
            f"takes only what was answered."
        )
    if 5 <= n < FEW_PARTICIPANTS:
        notes.warn(
            f"{where}{n} participants: below about {FEW_PARTICIPANTS} intervals that resample participants cover less "
            f"than 95% (measured with 12: 91% to 94%); the exact p-values hold for any number."
        )
    _warn_about_shared_guesses(where, arm, notes)
    if arm["overall"]["status"] in ("degenerate", "not_applicable"):
        notes.warn(f"{where}{arm['overall']['reason']}")


def _warn_about_shared_guesses(where: str, arm: Mapping[str, Any], notes: Notes) -> None:
    """A significant total beside errors that pile up: people may share their guesses, right ones and wrong ones."""
    whole, tested = arm["overall"]["p_value"], [pair for pair in arm["pairs"] if pair["p_holm"] is not None]
    piled = [pair for pair in tested if pair["p_holm"] <= summary.LEVEL]
    if whole is None or whole > summary.LEVEL or not piled or arm["n_participants"] < 2:
        return
    first = min(piled, key=lambda pair: float(pair["p_value"]))
    notes.warn(
        f"{where}Wrong answers pile up between {first['a']} and {first['b']}, as they do when people who do not know "
        f"guess alike. Exact p-values take the guesses of different people as independent. Shared guesses are right in "
        f"bulk, too, and then p is too small: with half of 12 participants sharing one guess, "
        f"{wording.percent(shared_guess_size())} of studies in which nobody knew anything were significant at .05 "
        f"(measured). Boards with other clips and images show whether the answer stays."
    )
