"""Numbers of arms and comparisons as the main report writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.parts import Sortable
from analysis.results import Arm, Result

Found = Mapping[str, Any]
SCORES = {"AIS": "ais", "IIS": "iis"}


def comparison_of(result: Result) -> Found | None:
    """The comparison of a study with two arms; None where there is none, or there are several."""
    found = result["comparisons"]
    return found[0] if len(found) == 1 else None


def anew(comparison: Found) -> Found | None:
    """Its second answer, for pictures drawn anew from the same models, where the document has one."""
    found = comparison.get("drawn_anew")
    return found if isinstance(found, Mapping) else None


def right(correct: int, total: int, rate: float | None) -> Sortable:
    """(9/12) 75.0%."""
    return Sortable(f"({correct:,}/{total:,})" + (f" {wording.percent(rate)}" if total else ""), rate)


def score(block: Found | None, name: str) -> Found | None:
    """AIS or IIS of a block, where it has a value."""
    found = (block or {}).get(SCORES[name])
    return found if found and found["score"] is not None else None


def giils(block: Found | None) -> Found | None:
    """The mean GIILS of a block's categories under the keys of a score."""
    found = (block or {}).get("giils_summary")
    if not found or found["macro_mean"] is None:
        return None
    return {"score": found["macro_mean"], "se_score": found["macro_se"]}


def giils_rows(arm: Arm) -> dict[str, Found]:
    """GIILS of the categories that have one, in the arm's first space."""
    block: Found = arm["metrics"] or {}
    return {name: row for name, row in (block.get("giils") or {}).items() if row["score"] is not None}


def scores(block: Found | None) -> dict[str, Found | None]:
    """AIS, IIS and GIILS of a block by their names."""
    return {**{name: score(block, name) for name in SCORES}, "GIILS": giils(block)}


def distances(arm: Arm) -> Found | None:
    """The arm's distances from its reference artworks: those of a network, else those in its space."""
    known = [block for block in arm["distances"] if block["status"] == "ok"]
    if known:
        return known[0]
    block = arm["metrics"]
    return block["distribution"] if block and block["status"] == "ok" else None


def distance_name(arms: Sequence[Arm]) -> str:
    """What the distance is called where all arms have it from the same features; else empty."""
    names = {found["names"]["frechet"] for arm in arms if (found := distances(arm))}
    return names.pop() if len(names) == 1 else ""


def space_of(arms: Sequence[Arm]) -> str:
    """The space that all arms' first metrics are of; empty where there is none, or not the same."""
    names = {arm["metrics"]["space"]["name"] if arm["metrics"] else "" for arm in arms}
    return names.pop() if len(names) == 1 else ""
