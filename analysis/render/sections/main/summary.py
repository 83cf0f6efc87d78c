"""Section: the answer on page one: question, answer, how sure, its matrices, what to take care of."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval, p_cell
from analysis.render.drawings import (
    BLUE,
    DASHED,
    ORANGE,
    WIDTH,
    drawable,
    lines_of,
    picture,
    share_axis,
    text_width,
    wrap,
)  # fmt: skip
from analysis.render.parts import Beside, Heading, Paragraph, Parts, Picture, Points, Table, Terms, Warnings
from analysis.render.sections.main import numbers
from analysis.render.sections.main.glossary import terms
from analysis.render.sections.metrics import measure
from analysis.render.sections.section import Scope, Section
from analysis.results import Arm, Result

say = Texts("sections/main")
# Warnings that page one shows; the others stand in Appendix A.
MOST_WARNINGS = 4
# Categories up to which two matrices stand beside each other, in the paper's form.
MOST_BESIDE = 6


def _parts(scope: Scope) -> Parts:
    result = scope.result
    question, declared = question_of(result)
    yield Paragraph(say("asked", question=question), "question")
    yield Paragraph(say("declared" if declared else "not declared"), "small")
    yield from _answer(scope)
    answered = [arm for arm in result["arms"].values() if arm["overall"]["rate"] is not None]
    if answered:
        yield _figure(result)
        yield _table(scope)
        yield from _matrices(scope)
    yield Terms(terms("chance", "95% interval", "p", "AIS", "IIS", "GIILS", "confusion matrix"))
    yield from _warnings(scope)
    yield Heading(2, "What this does not show")
    yield Points(tuple(_not_shown(result)))


def question_of(result: Result) -> tuple[str, bool]:
    """The primary question in words, and whether it was declared before the study opened."""
    study: Mapping[str, Any] = result["study"]
    declared = study.get("primary_question")
    if isinstance(declared, Mapping):
        words = declared.get("sentence") or declared.get("question") or declared.get("text")
        if words:
            return str(words), bool(declared.get("declared", True))
    elif isinstance(declared, str) and " " in declared:
        return declared, True
    arms = list(result["arms"])
    if len(arms) == 1 or declared == "fit":
        return say("question fit"), declared is not None
    if len(arms) == 2:
        return say("question compare", a=arms[0], b=arms[1]), declared is not None
    return say("question several"), declared is not None


def _answer(scope: Scope) -> Parts:
    """The comparison first where there are two arms, then what each arm says by itself."""
    result = scope.result
    for number, comparison in enumerate(result["comparisons"]):
        yield Paragraph(comparison["sentence"], "plain" if number else "lead")
        second = numbers.anew(comparison)
        if second and second.get("sentence"):
            yield Paragraph(second["sentence"])
    for name, arm in result["arms"].items():
        first = arm["answer"]["sentences"][0]
        yield Paragraph(f"{name}: {first}" if scope.several else first, "plain" if result["comparisons"] else "lead")
    if not scope.several:
        (arm,) = result["arms"].values()
        yield from map(Paragraph, arm["answer"]["sentences"][1:])


def _figure(result: Result) -> Picture:
    arms = {name: arm["overall"] for name, arm in result["arms"].items() if arm["overall"]["rate"] is not None}
    words = "; ".join(f"{name} {wording.percent(whole['rate'])} {interval(whole)}" for name, whole in arms.items())
    n = "; ".join(f"{name}: {wording.plural(result['arms'][name]['n_participants'], 'participant')}" for name in arms)
    return picture(
        _shares, arms, name="shares", alt=say("shares alt", arms=words), caption=say("shares", n=f"{n}.")
    )  # fmt: skip


def _shares(arms: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Share correct with its interval, one row for each arm, each against its own chance."""
    texts = [wrap(drawable(name), 1.9) for name in arms]
    left = max(text_width(text) for text in texts) + 0.25
    step = max(0.34, 0.19 * lines_of(texts) + 0.12)
    height = step * len(texts) + 0.72
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, 0.32 / height, (WIDTH - left - 0.75) / WIDTH, step * len(texts) / height))
    for y, whole in enumerate(arms.values()):
        chance = whole["expected"] / whole["total"] if whole["expected"] is not None else None
        if chance is not None:
            axes.vlines(chance, y - 0.5, y + 0.5, color=ORANGE, linestyle=DASHED, linewidth=1.4, zorder=1)
            if not y:
                words = f"chance {wording.number(100 * chance, digits=1)}%"
                axes.text(chance, -0.55, words, color=ORANGE, ha="center", va="bottom")
        if whole["ci_low"] is not None:
            axes.hlines(y, whole["ci_low"], whole["ci_high"], color=BLUE, linewidth=2.2)
        axes.plot(whole["rate"], y, "o", markersize=8, color=BLUE, markeredgecolor="white", zorder=3)
        words = wording.percent(whole["rate"])
        axes.text(1.03, y, words, va="center", transform=axes.get_yaxis_transform(), clip_on=False)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(len(texts) - 0.5, -0.5)
    share_axis(axes.xaxis)
    axes.set_yticks(range(len(texts)), texts)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def _table(scope: Scope) -> Table:
    """People's share beside the metrics, one row for each arm."""
    arms = scope.result["arms"]
    space, name = numbers.space_of(list(arms.values())), numbers.distance_name(list(arms.values()))
    rows = [_row(label, arm, space=bool(space), distance=bool(name)) for label, arm in arms.items()]
    metrics = ([*numbers.SCORES, "GIILS"] if space else []) + (["Distance"] if name else [])
    beside = " ".join([say("arms space", space=space)] * bool(space) + [say("arms distance", name=name)] * bool(name))
    caption = say("arms table") + (f" {beside}" if beside else "")
    head = ["Arm", "Correct", "95% interval", "p", *metrics]
    return Table(caption, head, rows, label="Arms at a glance")


def _row(name: str, arm: Arm, *, space: bool, distance: bool) -> list[str]:
    whole = arm["overall"]
    cells = [
        name, numbers.right(whole["correct"], whole["total"], whole["rate"]), interval(whole), p_cell(whole["p_value"])
    ]  # fmt: skip
    if space:
        found = numbers.scores(arm["metrics"])
        cells += [wording.points(one["score"]) if one else wording.NONE for one in found.values()]
    if distance:
        block = numbers.distances(arm)
        cells.append(measure(block["frechet"]["value"]) if block else wording.NONE)
    return cells


def _matrices(scope: Scope) -> Parts:
    """The confusion matrix of every arm in the paper's form; two of them beside each other where they fit."""
    tables = tuple(_matrix(scope, name, arm) for name, arm in scope.result["arms"].items() if arm["n_answers"])
    if len(tables) == 2 and len(scope.categories) <= MOST_BESIDE:
        yield Beside(tables)
    else:
        yield from tables


def _matrix(scope: Scope, name: str, arm: Arm) -> Table:
    k = len(scope.categories)
    big = k > MOST_BESIDE
    rows = []
    for place, category in enumerate(scope.categories):
        counts, total = arm["confusion"][place], arm["row_totals"][place]
        cells = [*map(str, counts), str(total)] if big else [f"({n}/{total})" for n in counts]
        rows.append([f"{place + 1} {category}", *cells])
    heads = [str(place) for place in range(1, k + 1)]
    owner = f"{name}: " if scope.several else ""
    return Table(
        owner + say("matrix big" if big else "matrix"), ["heard", *heads, *(["heard"] if big else [])], rows,
        dense=True, diagonal=True, names=tuple(scope.categories), label=f"{owner}matrix in short",
    )  # fmt: skip


def _warnings(scope: Scope) -> Parts:
    result = scope.result
    warnings = [*result["warnings"], *([scope.labels.warning] if scope.labels.warning else [])]
    if len(warnings) > MOST_WARNINGS:
        more = say("more warnings", n=len(warnings) - MOST_WARNINGS)
        warnings = [*warnings[:MOST_WARNINGS], more]
    if warnings:
        yield Warnings(warnings)


def _not_shown(result: Result) -> list[str]:
    """What a reader may not conclude, most general first."""
    arms = list(result["arms"].values())
    found = [say("not people")] if result["study"]["simulated"] else []
    if any(arm["answer"]["verdict"] == "not_shown" for arm in arms):
        found.append(say("not fit"))
    clips = max((arm["n_clips"] or 0 for arm in arms), default=0)
    pictures = len({row["image"] for arm in arms for row in arm["pictures"]})
    if clips and pictures:
        found.append(
            say("not pictures", pictures=wording.plural(pictures, "picture"), clips=wording.plural(clips, "clip"))
        )  # fmt: skip
    if clips and clips <= len(result["categories"]):
        found.append(say("not categories"))
    found.append(say("not liking"))
    if any(arm["metrics"] for arm in arms):
        found.append(say("not metrics"))
    return found


SECTION = Section(_parts, chapter="1")
