"""Section: times, places and learning."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval
from analysis.render.drawings import BLUE, DASHED, GREY, INK, ORANGE, WIDTH, fit, picture, share_axis, wrap
from analysis.render.parts import Paragraph, Parts, Table
from analysis.render.sections.section import Scope, section_answers
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Arm, Places, Record, Result, Times, Trend

say = Texts("sections/times")

Curve = Sequence[tuple[float, float]]
# Colour and dashes differ both, so that lines are told apart in grey too; more lines than these are not.
LINES = (
    (BLUE, "-"), (ORANGE, (0, (4, 2))), (INK, (0, (1, 1.4))), (GREY, "-"), (BLUE, (0, (6, 2, 1, 2))),
    (ORANGE, (0, (1, 2.5))),
)  # fmt: skip
STEP = 0.16  # between two labels, of the height of the axes
LABEL_WIDTH = 1.2  # inches


def _parts(scope: Scope) -> Parts:
    arm = scope.arm
    if arm["times"] is None:
        yield Paragraph("No response times: the answers carry none.", "small")
    else:
        yield _times_table(arm["times"], scope.categories)
        yield from _curves(scope, arm["times"])
    yield from _positions(scope)
    if arm["clip_places"]["status"] == "ok":
        yield _places_table(arm["clip_places"], scope.categories)
    yield Paragraph(_places_words(arm["clip_places"]), "small")
    trials = _trend_words("Learning (trend over trials)", arm["trials"])
    places = _trend_words("Place of the clip on the board", arm["clip_positions"])
    yield Paragraph(f"{trials} {places} {_image_words(arm)}", "small")
    if arm["confidence"]:
        yield _confidence_table(arm["confidence"])
        yield Paragraph(_confidence_words(arm["confidence"]), "small")
    for flag in arm["flags"]:
        if flag["n"]:
            some = wording.listing(flag["participants"][:12]) + (", ..." if flag["n"] > 12 else "")
            yield Paragraph(say("flag", some=some, **flag), "small")


def _times_table(times: Times, categories: Sequence[str]) -> Table:
    """Summaries of response times in all, right and wrong, and per category."""
    groups = {"All": times["all"], "Correct": times["correct"], "Wrong": times["wrong"]}
    rows = []
    for label, found in [*groups.items(), *((name, times["categories"].get(name)) for name in categories)]:
        if not found:
            rows.append([label, "0", "no times"])
            continue
        between = f"{wording.points(found['q25'])}–{wording.points(found['q75'])}"
        others = (wording.points(found[key]) for key in ("mad_normal", "geometric_mean", "trimmed_mean"))
        rows.append([label, f"{found['n']:,}", wording.points(found["median"]), between, *others])
    forced, missing = times["n_forced_left_out"], times["n_without_time"]
    caption = "Seconds from all media ready to the last assignment of a clip, over answers."
    if forced:
        caption += f" {wording.plural(forced, 'last choice')} of a board without an alternative left out."
    if missing:
        caption += f" {wording.plural(missing, 'answer')} without a time."
    head = ["Choices", "n", "Median", "Quartiles", "MAD (scaled)", "Geometric mean", "20% trimmed mean"]
    return Table(caption, head, rows, label="Response times")


def _curves(scope: Scope, times: Times) -> Parts:
    """Distributions of times, where some choice took any: a logarithm has no place for none."""
    groups = {key: times["ecdf"][key] for key in ("correct", "wrong")}
    if _took_time(groups.values()):
        alt = say("curves alt", medians=_medians(times, ("correct", "wrong"), " choices"))
        table = _curve_table(times["ecdf"], "Distribution of times")
        yield picture(
            _steps, list(groups.items()), 0.7, name=scope.key("times"), alt=alt, caption=say("curves"), data=table
        )
    curves = [times["category_ecdf"].get(category, []) for category in scope.categories]
    if 2 <= len(curves) <= len(LINES) and _took_time(curves):
        texts = [_two_lines(wrap(label, LABEL_WIDTH)) for label in scope.labels.texts]
        yield picture(
            _steps, list(zip(texts, curves, strict=True)), 0.62, name=scope.key("category-times"),
            alt=say("category curves alt", medians=_medians(times["categories"], scope.categories, "")),
            caption=say("category curves") + scope.name_key,
            data=_curve_table(times["category_ecdf"], "Distribution of times by category"),
        )  # fmt: skip


def _took_time(curves: Iterable[Curve]) -> bool:
    return any(points and points[-1][0] > 0 for points in curves)


def _curve_table(curves: Mapping[str, Curve], label: str) -> Table:
    """Shares of choices made by then, for every kind of choices."""
    rows = [
        [wording.number(seconds, digits=3), key, wording.percent(share)]
        for key, points in curves.items()
        for seconds, share in points
    ]
    head = ["Seconds", "Choices", "Share"]
    return Table("Share of choices made by then.", head, rows, words=(1,), label=label, bulky=True)


def _medians(groups: Mapping[str, Any], keys: Sequence[str], what: str) -> str:
    return "; ".join(say("median", key=key, what=what, **groups[key]) for key in keys if groups.get(key))


def _two_lines(text: str) -> str:
    lines = text.split("\n")
    return "\n".join([lines[0], fit(" ".join(lines[1:]), LABEL_WIDTH)] if len(lines) > 2 else lines)


def _steps(curves: Sequence[tuple[str, Curve]], share: float) -> Figure:
    """Steps of every (label, [(seconds, share at or below)]); the labels take what `share` leaves of the width."""
    figure = Figure(figsize=(WIDTH, 2.7))
    axes = figure.add_axes((0.1, 0.2, share, 0.74))
    for place, ((label, curve), (color, line)) in enumerate(zip(curves, LINES, strict=False)):
        points = [(seconds, reached) for seconds, reached in curve if seconds > 0]
        if not points:
            continue
        x, y = np.array(points).T
        axes.step(x, y, where="post", color=color, linestyle=line, linewidth=1.8)
        height = 0.92 - STEP * place
        beside: dict[str, Any] = {"color": color, "transform": axes.transAxes}
        axes.plot([1.03, 1.1], [height, height], linestyle=line, linewidth=1.8, clip_on=False, **beside)
        axes.text(1.12, height, label, va="center", linespacing=1.0, **beside)
    _scale(axes)
    return figure


def _scale(axes: Axes) -> None:
    """Seconds on a logarithmic scale with plain numbers, shares from none to all."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    low, high = low / 1.2, high * 1.2
    ticks = [step * 10.0**power for power in range(-3, 6) for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(ticks, [wording.number(tick, digits=3) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1.03)
    share_axis(axes.yaxis)
    axes.set_xlabel("seconds from ready to choice (log scale)")


def _positions(scope: Scope) -> Parts:
    """Share correct by trial and by place of the clip, where there is more than one of them."""
    arm = scope.arm
    places = {"by trial": ("trial", arm["trials"]), "by place of the clip on the board": (
        "position of the clip on the page", arm["clip_positions"])}  # fmt: skip
    shown = {words: panel for words, panel in places.items() if len(panel[1]["position"]) > 1}
    if not shown:
        return
    whole, trials = arm["overall"], arm["trials"]
    counts = ", ".join(
        f"{place}: {c}/{n}" for place, c, n in zip(trials["position"], trials["correct"], trials["n"], strict=True)
    )
    yield picture(
        _position_panels, list(shown.values()), (whole["expected"] or 0) / whole["total"], name=scope.key("positions"),
        alt=say("positions alt", counts=counts), caption=say("positions", shown=" and ".join(shown)),
        data=_position_table(arm),
    )  # fmt: skip


def _position_panels(panels: Sequence[tuple[str, Trend]], chance: float) -> Figure:
    figure = Figure(figsize=(WIDTH, 2.3))
    figure.subplots_adjust(left=0.09, right=0.98, top=0.92, bottom=0.24, wspace=0.28)
    for column, (title, found) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), column + 1)
        shares = [c / n for c, n in zip(found["correct"], found["n"], strict=True)]
        axes.axhline(chance, color=ORANGE, linestyle=DASHED, linewidth=1.4)
        axes.plot(found["position"], shares, color=BLUE, marker="o", markersize=5, linewidth=1.4)
        axes.set_ylim(0, 1.03)
        share_axis(axes.yaxis)
        axes.set_xlim(found["position"][0] - 0.5, found["position"][-1] + 0.5)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True, nbins=8))
        axes.set_xlabel(title)
    return figure


def _position_table(arm: Arm) -> Table:
    """Correct of all answers by trial and by place of the clip, one row per position that occurs in either."""
    trials, places = (
        {p: f"{c}/{n}" for p, c, n in zip(found["position"], found["correct"], found["n"], strict=True)}
        for found in (arm["trials"], arm["clip_positions"])
    )
    both = sorted(trials.keys() | places.keys())
    rows = [[str(place), trials.get(place, wording.NONE), places.get(place, wording.NONE)] for place in both]
    caption = "Correct of all answers by number of the trial and by place of the clip on the board."
    return Table(caption, ["Position", "By trial", "By place"], rows, label="Accuracy by position")


def _places_table(found: Places, categories: Sequence[str]) -> Table:
    """How often each category's clip stood at each place of the board, and how often random orders put it there."""
    rows = [
        [name, *(f"{n} ({wording.number(mean)})" for n, mean in zip(counts, expected, strict=True))]
        for name, counts, expected in zip(categories, found["counts"], found["expected"], strict=True)
    ]
    head = ["Clips of", *(str(place) for place in range(1, len(found["counts"][0]) + 1))]
    return Table(say("places"), head, rows, label="Places of the clips", dense=len(head) > 7, bulky=True)


def _places_words(found: Places) -> str:
    """Counterbalancing: what was shown where, against the plan."""
    what = "Counterbalancing (places of the clips on the board)"
    if found["status"] != "ok":
        return f"{what}: {found['reason']}"
    counts = [n for row in found["counts"] for n in row]
    uneven = (found["p_value"] or 0) <= 0.05
    left_out = found["n_left_out"]
    return say(
        "counterbalancing", what=what, least=min(counts), most=max(counts), found=found,
        seen="more uneven than random orders usually are" if uneven else "no unevenness shown",
        without=f"; {wording.plural(left_out, 'board')} without known places left out" if left_out else "",
    )  # fmt: skip


def _trend_words(what: str, found: Trend) -> str:
    return f"{what}: {found['reason']}" if found["status"] != "ok" else say("trend", what=what, **found)


def _image_words(arm: Arm) -> str:
    found = arm["image_positions"]
    if found["status"] != "ok":
        return f"Places of the images chosen: {found['reason']}"
    return say("images", times=", ".join(map(str, found["chosen"])), **found)


def _confidence_table(found: Mapping[str, Any]) -> Table:
    """Right of all answers by stated confidence."""
    rows = [
        [str(level), f"({correct}/{n})", wording.percent(rate)]
        for level, correct, n, rate in zip(*(found[key] for key in ("position", "correct", "n", "rate")), strict=True)
    ]
    means = [
        f"{what} {wording.number(found[key])}"
        for what, key in (("right answers", "mean_correct"), ("wrong answers", "mean_wrong"))
        if found[key] is not None
    ]
    caption = f"Right answers by stated confidence, 1 (unsure) to 7 (sure). Mean confidence: {', '.join(means)}."
    return Table(caption, ["Confidence", "Right", "Share"], rows, label="Confidence and being right")


def _confidence_words(found: Mapping[str, Any]) -> str:
    if found["auc"] is None:
        return f"Confidence and being right: {found['reason']}"
    between = "" if found["ci_low"] is None else f", 95% interval over participants {interval(found)}"
    words = say("confidence", between=between, **found)
    if found["p_value"] is None:
        return f"{words} {found['reason']}"
    return f"{words} One-sided p = {wording.p_exact(found['p_value'])} ({found['method']})."


def _time_records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        if times := arm["times"]:
            groups = {"all": times["all"], "correct": times["correct"], "wrong": times["wrong"]}
            groups |= {f"category: {category}": found for category, found in times["categories"].items()}
            for choices, found in groups.items():
                yield {**(found or dict.fromkeys(TIMES.columns)), "arm": name, "choices": choices}


def _position_records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        kinds = {"trial": arm["trials"], "clip": arm["clip_positions"], "confidence": arm["confidence"]}
        for kind, found in kinds.items():
            lists = ([] if found is None else found[key] for key in ("position", "correct", "n"))
            for position, correct, n in zip(*lists, strict=True):
                yield {"arm": name, "kind": kind, "position": position, "correct": correct, "n": n}


def _place_records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        found = arm["clip_places"]
        for category, counts, expected in zip(result["categories"], found["counts"], found["expected"], strict=False):
            for place, (shown, mean) in enumerate(zip(counts, expected, strict=True), start=1):
                yield {"arm": name, "category": category, "place": place, "shown": shown, "expected": mean}


TIMES = TidyTable(
    "times",
    "one group of choices of an arm, in seconds",
    columns(
        "arm choices n median q25 q75 mean sd mad mad_normal geometric_mean trimmed_mean log_mean log_sd",
        {
            "choices": Column("text", "all, correct, wrong, or a category; forced last choices left out."),
            "median": Column("number", "Median."),
            "q25": Column("number", "Lower quartile."),
            "q75": Column("number", "Upper quartile."),
            "mean": Column("number", "Mean."),
            "sd": Column("number", "Standard deviation."),
            "mad": Column("number", "Median absolute deviation."),
            "mad_normal": Column("number", "mad times 1.4826, comparable with a standard deviation."),
            "geometric_mean": Column("number", "Geometric mean."),
            "trimmed_mean": Column("number", "Mean without the lowest and highest 20 %."),
            "log_mean": Column("number", "Mean of the natural logarithms."),
            "log_sd": Column("number", "Standard deviation of the natural logarithms."),
        },
    ),
    _time_records,
)
POSITIONS = TidyTable(
    "positions",
    "one trial number, one place on the board or one level of confidence of an arm",
    columns(
        "arm kind position correct n",
        {
            "kind": Column(
                "text", "trial (its number), clip (place on the board) or confidence (stated with the match)."
            ),
            "position": Column("integer", "Trial or place, from 1; level of confidence, 1 (unsure) to 7 (sure)."),
        },
    ),
    _position_records,
)
PLACES = TidyTable(
    "places",
    "one category at one place of the board of an arm",
    columns(
        "arm category place shown expected",
        {
            "place": Column("integer", "Place on the board, from 1."),
            "shown": Column("integer", "Boards on which a clip of the category stood at the place."),
        },
    ),
    _place_records,
)
SECTION = section_answers(_parts, "Times, places and learning", TIMES, POSITIONS, PLACES, chapter="C")
