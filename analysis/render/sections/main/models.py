"""Section: models compared in one table: people, metrics and pictures."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval, p_cell
from analysis.render.parts import Parts, Table, Terms
from analysis.render.sections.main import numbers
from analysis.render.sections.main.glossary import terms
from analysis.render.sections.metrics import measure, measures
from analysis.render.sections.section import Scope, Section, has_any_answers
from analysis.results import Arm, Result

say = Texts("sections/main")
Values = Sequence[str]


def _parts(scope: Scope) -> Parts:
    result = scope.result
    arms = result["arms"]
    rows = [*_people(result), *_metrics(result), *_pictures(list(arms.values()))]
    pair = numbers.comparison_of(result)
    if pair:
        caption = say("models", a=pair["a"], b=pair["b"])
        head = ["Measure", *arms, "Difference", "95% interval", "p"]
    else:
        caption, head = say("model alone" if len(arms) == 1 else "models several"), ["Measure", *arms]
        rows = [row[: len(head)] for row in rows]
    yield Table(caption, head, rows, label="Models in one table")
    yield Terms(terms("theta", "GIILS", "Fréchet distance", "Vendi score", "control"))


def _people(result: Result) -> list[list[str]]:
    arms, pair = list(result["arms"].values()), numbers.comparison_of(result)
    wholes = [arm["overall"] for arm in arms]
    difference = _difference(pair, _share_points, _shares_interval) if pair else _NOTHING
    rows = [
        ["Participants", *(f"{arm['n_participants']:,}" for arm in arms), *_NOTHING],
        [
            "Correct, with these pictures",
            *(numbers.right(whole["correct"], whole["total"], whole["rate"]) for whole in wholes),
            *difference,
        ],
    ]
    if pair and (second := numbers.anew(pair)):
        answered = second.get("p_value") is not None
        cells = _difference(second, wording.unit, wording.interval) if answered else _NOTHING
        scale = f", {second['scale']}" if isinstance(second.get("scale"), str) else ""
        rows.append([f"Correct, pictures drawn anew{scale}", *[""] * len(arms), *cells])
    shown = [
        f"{wording.unit(whole['theta']['theta'])} {interval(whole['theta'], wording.interval)}"
        if whole["theta"]["theta"] is not None
        else wording.NONE
        for whole in wholes
    ]
    return [*rows, ["Known clips, theta", *shown, *_NOTHING]]


def _metrics(result: Result) -> list[list[str]]:
    arms = list(result["arms"].values())
    rows: list[list[str]] = []
    space, distance = numbers.space_of(arms), numbers.distance_name(arms)
    if space:
        each = [numbers.scores(arm["metrics"]) for arm in arms]
        for name in each[0]:
            cells = [_with_error(own[name]) for own in each]
            values = [found["score"] if found else None for found in (own[name] for own in each)]
            rows.append([f"{name}, “{space}”", *cells, *_tested(result, name, values)])
    if distance:
        for key, title in (("frechet", distance), ("kernel", "")):
            blocks = [numbers.distances(arm) for arm in arms]
            found = [block[key] if block else None for block in blocks]
            if all(one is None or one["value"] is None for one in found):
                continue
            names = [block["names"][key] for block in blocks if block]
            cells = [_measured(one) for one in found]
            values = [one["value"] if one else None for one in found]
            tested = _tested(result, names[0] if names else "", values, measure, measures)
            rows.append([title or names[0], *cells, *tested])
    return rows


def _pictures(arms: Sequence[Arm]) -> list[list[str]]:
    rows = [["Pictures chosen from", *(str(len(arm["pictures"]) or wording.NONE) for arm in arms), *_NOTHING]]
    rows.append(["Clips heard", *(_count(arm["n_clips"]) for arm in arms), *_NOTHING])
    counted = [arm["metrics"].get("recordings") if arm["metrics"] else None for arm in arms]
    recordings: list[Any] = [known["n"] if known else None for known in counted]
    if any(recordings):
        rows.append(["Recordings of the metrics", *map(_count, recordings), *_NOTHING])
    blocks = [numbers.distances(arm) for arm in arms]
    if numbers.distance_name(arms):
        cells = [_measured(block["vendi"] if block else None) for block in blocks]
        rows.append(["Different pictures (Vendi score)", *cells, *_NOTHING])
    return rows


_NOTHING = ("", "", "")


def _count(n: int | None) -> str:
    return wording.NONE if n is None else f"{n:,}"


def _with_error(found: Mapping[str, Any] | None) -> str:
    if not found:
        return wording.NONE
    error = found["se_score"]
    return wording.points(found["score"]) + (f" ± {wording.points(error)}" if error is not None else "")


def _measured(found: Mapping[str, Any] | None) -> str:
    if not found or found["value"] is None:
        return wording.NONE
    error = found["se"]
    return measure(found["value"]) + (f" ± {measure(error)}" if error is not None else "")


def _difference(found: Mapping[str, Any], show: Any, between: Any) -> Values:
    if found.get("difference") is None:
        return _NOTHING
    return (
        show(found["difference"]), between(found.get("ci_low"), found.get("ci_high")), p_cell(found.get("p_value"))
    )  # fmt: skip


def _share_points(difference: float) -> str:
    return f"{wording.number(100 * difference, digits=1)} points"


def _shares_interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return wording.NONE
    return f"[{wording.number(100 * low, digits=1)}, {wording.number(100 * high, digits=1)}]"


def _tested(
    result: Result, measured: str, values: Sequence[float | None], show: Any = wording.points,
    between: Any = wording.points_interval,
) -> Values:  # fmt: skip
    """The tested difference of a measure of two arms, where the document has one of the very values in the row."""
    if len(result["arms"]) != 2:
        return _NOTHING
    groups: list[Mapping[str, Any]] = [*(result.get("distances_side_by_side") or []), *result["side_by_side"]]
    for test in (test for group in groups for pair in group["pairs"] for test in pair.get("tests") or []):
        own = (test["value_a"], test["value_b"])
        if test["measure"] == measured and _are_close(own, values):
            return _difference(test, show, between)
    return _NOTHING


def _are_close(some: Sequence[float | None], others: Sequence[float | None]) -> bool:
    pairs = list(zip(some, others, strict=True))
    return all(x is not None and y is not None and math.isclose(x, y, rel_tol=1e-9) for x, y in pairs)


SECTION = Section(_parts, chapter="2", shown=has_any_answers)
