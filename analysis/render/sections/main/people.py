"""Section: people and metrics: one joint table, one scatter, one tested number."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import cell
from analysis.render.drawings import picture
from analysis.render.parts import Paragraph, Parts, Table, Terms
from analysis.render.sections.main import numbers
from analysis.render.sections.main.glossary import terms
from analysis.render.sections.main.scatter import joint_scatter
from analysis.render.sections.metrics import measure, measures
from analysis.render.sections.section import Scope, Section
from analysis.results import Arm

say = Texts("sections/main")
METRICS = ("ais", "iis", "giils", "vendi")
HEADS = ("AIS", "IIS", "GIILS", "Vendi")


def _parts(scope: Scope) -> Parts:
    arms = {name: arm for name, arm in scope.result["arms"].items() if _join(arm)}
    yield from (Paragraph(words) for name, arm in arms.items() if (words := _tested(scope, name, arm)))
    yield _table(scope, arms)
    yield from _scatter(scope, arms)
    yield Terms(terms("AIS", "IIS", "GIILS", "Vendi score", "temperature"))


def _join(arm: Arm) -> Mapping[str, Any] | None:
    return arm["metrics"]["join"] if arm["metrics"] and arm["metrics"]["status"] == "ok" else None


def _table(scope: Scope, arms: Mapping[str, Arm]) -> Table:
    rows: list[list[str]] = []
    for name, arm in arms.items():
        for row in (_join(arm) or {})["per_category"]:
            values = [cell(row[key]["value"], wording.points) for key in METRICS]
            right = numbers.right(row["correct"] or 0, row["n"] or 0, row["rate"])
            rows.append([f"{name}: {row['category']}" if scope.several else row["category"], right, *values])
    space = numbers.space_of(list(arms.values()))
    caption = say("joint") + (f" Space “{space}”." if space else "")
    return Table(caption, ["Category", "Correct", *HEADS], rows, sortable=True, label="People and metrics in short")


def _scatter(scope: Scope, arms: Mapping[str, Arm]) -> Parts:
    """Share correct against AIS, or GIILS where too few categories have an AIS."""
    for key, short in (("ais", "AIS"), ("giils", "GIILS")):
        points = {
            name: [row for row in (_join(arm) or {})["per_category"] if row["rate"] is not None and _value(row, key)]
            for name, arm in arms.items()
        }
        if any(len(rows) < 2 for rows in points.values()):
            continue
        chances = {row["chance"] for arm in arms.values() for row in arm["categories"].values()} - {None}
        chance = chances.pop() if len(chances) == 1 else None
        texts = dict(zip(scope.categories, scope.labels.texts, strict=True))
        words = "; ".join(
            f"{f'{name}, ' if scope.several else ''}{row['category']} {wording.percent(row['rate'], digits=0)} at "
            f"{wording.points(row[key]['value'])}"
            for name, rows in points.items()
            for row in rows
        )
        yield picture(
            joint_scatter, points, key, short, chance, texts, name="joint",
            alt=say("joint scatter alt", name=short, points=words), caption=say("joint scatter", name=short),
        )  # fmt: skip
        return


def _value(row: Mapping[str, Any], key: str) -> bool:
    return row[key]["value"] is not None


def _tested(scope: Scope, name: str, arm: Arm) -> str:
    """The arm's one tested number: whether choices follow the space, beyond both being right where that is known."""
    found = _join(arm) or {}
    fit, space = found["temperature"], found["space"]
    beyond = fit.get("beyond")
    owner = f"{name}: " if scope.several else ""
    if isinstance(beyond, Mapping):
        if beyond.get("sentence"):
            return owner + str(beyond["sentence"])
        if beyond.get("p_value") is None:
            return owner + say("temperature none", reason=_small(str(beyond.get("reason", ""))))
        return owner + say("temperature both", p=beyond["p_value"], space=space)
    if fit["beta"] is None:
        return owner + say("temperature none", reason=_small(fit["reason"]))
    ends = measures(fit["ci_low"], fit["ci_high"])
    between = f", 95% interval {ends}" if ends != wording.NONE else ""
    return owner + say("temperature", space=space, beta=measure(fit["beta"]), interval=between)


def _small(reason: str) -> str:
    return reason[:1].lower() + reason[1:].removesuffix(".")


SECTION = Section(
    _parts, chapter="5", shown=lambda scope: any(_join(arm) for arm in scope.result["arms"].values())
)  # fmt: skip
