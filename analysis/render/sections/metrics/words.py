"""How the metric sections of every report write their numbers, and where a section stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.drawings import ranking_intervals
from analysis.render.parts import Sortable
from analysis.results import Arm

say = Texts("sections/metrics")
Block = Mapping[str, Any]
SHORT_HASH = 12
# Sets whose ranking of categories is drawn in one figure.
MOST_JOINED = 4


@dataclass(frozen=True)
class Place:
    """Where a section stands in its report.

    owner    arm or set that it speaks of, empty where there is only one
    key      begin of the ids of its figures
    texts    what figures write for a category
    level    level of the section's heading
    """

    owner: str
    key: str
    texts: Mapping[str, str]
    level: int = 3

    def label(self, what: str, space: str) -> str:
        """Name of a region, unique within the page."""
        return f"{what}{f' of {self.owner}' if self.owner else ''}, {space}"


def metric_blocks(arm: Arm) -> list[Block]:
    """The metrics of an arm in every space, the first one's first."""
    return [*([arm["metrics"]] if arm["metrics"] else []), *arm["other_metrics"]]


def ranking_caption(blocks: Mapping[str, Block]) -> str:
    """What the ranking by GIILS shows: intervals only where it draws any."""
    single, joint = ranking_intervals(blocks)
    order = say("joint ranking" if len(blocks) > 1 else "ranking")
    drawn = [*([say("ranking single")] if single else []), *([say("ranking together")] if joint else [])]
    return f"{order} {' '.join(drawn) if drawn else say('ranking bare')} {say('ranking line')}"


def is_ranked_jointly(groups: Sequence[Mapping[str, Any]], owner: str, block: Block) -> bool:
    """Whether a ranking of several owners shows this block already."""
    return any(
        group["space"] == block["space"]["name"] and group["sha256"].get(owner) == block["sha256"]
        for group in groups
        if len(group["owners"]) <= MOST_JOINED
    )


def measure(value: float | None) -> str:
    """A distance or another quantity without a fixed scale: about four digits; small ones with their first figures."""
    if value is None:
        return wording.NONE
    if value == 0:
        return "0"
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 4
    return wording.significant(value) if size < 0.001 else f"{value:.{digits}f}"


def measures(low: float | None, high: float | None) -> str:
    """The interval of such a quantity."""
    return wording.NONE if low is None or high is None else f"[{measure(low)}, {measure(high)}]"


def with_error(value: float | None, error: float | None, text: Any = wording.points) -> Sortable:
    """57.79 ± 7.95; without an error the value alone."""
    return Sortable(wording.with_error(value, error, text), value)


def missing_intervals(found: Mapping[str, Mapping[str, Any]], *, value: str, all_of: str) -> str:
    """Which values have no interval, and why; empty where all have one.

    Args:
        found: scores or estimates by name; value: key of their value; all_of: what all of them together are called.
    """
    names: dict[str, list[str]] = {}
    known = {name: one for name, one in found.items() if one[value] is not None}
    for name, one in known.items():
        if one["ci_low"] is None and one["reason"]:
            names.setdefault(one["reason"], []).append(name)
    parts = [
        f"{all_of if len(own) == len(known) else wording.listing(own)} ({reason})" for reason, own in names.items()
    ]
    return f"No interval for {'; '.join(parts)}." if parts else ""


def short_id(name: str) -> str:
    """The first digits of a file's hash; other names as they are."""
    return name[:SHORT_HASH] if len(name) >= 64 else name


def weights_lines(space: Mapping[str, Any]) -> list[list[str]]:
    """Rows of what makes up a space or a set of features: files of weights, options, versions."""
    rows = [[f"Weights: {name}", str(digest)] for name, digest in (space.get("weights") or {}).items()]
    options = "; ".join(f"{name}: {value}" for name, value in _flat(space.get("options") or {}))
    versions = ", ".join(f"{name} {version}" for name, version in (space.get("versions") or {}).items())
    rows += [["Options", options]] if options else []
    return rows + ([["Versions", versions]] if versions else [])


def _flat(options: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Nested options as single ones; lists of records are left to the JSON document."""
    found: list[tuple[str, str]] = []
    for key, value in options.items():
        name = before + key.replace("_", " ")
        if isinstance(value, Mapping):
            found += _flat(value, f"{name} ")
        elif isinstance(value, list):
            if not any(isinstance(item, Mapping | list) for item in value):
                found.append((name, ", ".join(map(str, value))))
        else:
            found.append((name, str(value)))
    return found
