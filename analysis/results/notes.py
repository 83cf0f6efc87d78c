"""Warnings in words, each said once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.names import MISSING, group_alike
from analysis.results import summary
from analysis.results.measured import shared_guess_size
from analysis.results.provenance import describe_leakage
from analysis.results.shape import ArmCore
from analysis.results.summary import say

FEW_PARTICIPANTS = 30


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
        notes.warn(say("clips again", n=named.loc[again, "participant"].nunique()))


def warn_about_names(frame: pd.DataFrame, notes: Notes) -> None:
    """Categories that were chosen and never heard, names that read alike, and names that other programs change."""
    heard, chosen = (list(pd.unique(frame[column])) for column in ("clip_category", "chosen_category"))
    if strangers := [name for name in chosen if name and name not in heard]:
        spare = set(frame.loc[frame["n_options"] > frame["n_clips"], "chosen_category"])
        for passage, of in (("foils", spare), ("never heard", set(strangers) - spare)):
            if found := [name for name in strangers if name in of]:
                notes.warn(say(passage, names=found))
    names = {"category": [*heard, *chosen], "arm": list(frame["arm"]), "participant": list(frame["participant"])}
    for what, given in names.items():
        for group in group_alike(name for name in given if name):
            notes.warn(say("alike", what=what, names=[f"'{name}'" for name in group]))
    if words := [name for name in heard if name in MISSING]:
        notes.warn(say("named like no value", names=words))
    if broken := [name for name in dict.fromkeys([*heard, *chosen]) if "[U+" in name]:
        notes.warn(say("control characters", names=broken))


def warn_about_leakage(arms: Iterable[Mapping[str, Any]], notes: Notes) -> None:
    """Clips that models were trained on, or of whose recordings they heard other parts."""
    for facts in arms:
        for sentence in (describe_leakage(facts.get("leakage")) or {}).get("learned", ()):
            notes.warn(sentence)


def warn_about_arm(name: str, arm: ArmCore, notes: Notes, *, alone: bool) -> None:
    where = "" if alone else f"Arm '{name}': "
    n = arm["n_participants"]
    if n == 0:
        notes.warn(f"{where}{'N' if alone else 'n'}o answers to analyse.")
        return
    if n < 5:
        notes.warn(say("hardly anybody", where=where, n=n))
    if arm["n_unanswered"]:
        notes.warn(say("unanswered", where=where, n=arm["n_unanswered"]))
    if 5 <= n < FEW_PARTICIPANTS:
        notes.warn(say("few participants", where=where, n=n, few=FEW_PARTICIPANTS))
    _warn_about_shared_guesses(where, arm, notes)
    found = arm.get("recognition")
    if found and found["right"] != found["boards"]:
        notes.warn(say("unbalanced control", where=where, found=found))
    if arm["overall"]["status"] in ("degenerate", "not_applicable"):
        notes.warn(f"{where}{arm['overall']['reason']}")


def _warn_about_shared_guesses(where: str, arm: ArmCore, notes: Notes) -> None:
    """A significant total beside errors that pile up: people may share their guesses, right ones and wrong ones."""
    whole = arm["overall"]["p_value"]
    piled = [pair for pair in arm["pairs"] if pair["p_holm"] is not None and pair["p_holm"] <= summary.LEVEL]
    if whole is None or whole > summary.LEVEL or not piled or arm["n_participants"] < 2:
        return
    first = min(piled, key=lambda pair: pair["p_value"] or 0)
    notes.warn(say("shared guesses", where=where, pair=first, size=shared_guess_size()))
