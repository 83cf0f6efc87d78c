"""Registered metrics that have no section of their own: one table for each space."""

from collections.abc import Mapping
from typing import Any

from analysis.metrics import load_metrics
from analysis.render.parts import Parts, Table
from analysis.render.sections.metrics.words import Place, measure, measures


def further_parts(block: Mapping[str, Any], place: Place, space: str) -> Parts:
    """Value, interval and value at chance of every such metric in one block; nothing where there is none."""
    known = {name: metric for name, metric in load_metrics().items() if not metric.has_section and name in block}
    if not known:
        return
    rows = [_row(metric.title, block[name]) for name, metric in known.items()]
    words = " ".join(f"{metric.title}: {metric.definition}" for metric in known.values())
    head = ["Metric", "Value", "SE", "95% interval", "Null", "n"]
    yield Table(
        f"Further metrics in the space “{space}”. {words}", head, rows, label=place.label("Further metrics", space)
    )


def _row(title: str, found: Mapping[str, Any]) -> list[str]:
    if found["value"] is None:
        return [title, found["reason"]]
    interval = measures(found["ci_low"], found["ci_high"])
    return [title, *map(measure, (found["value"], found["se"])), interval, measure(found["null"]), str(found["n"])]
