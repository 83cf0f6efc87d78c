"""Section: against random matching."""

from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval
from analysis.render.drawings import BLUE, GREY, ORANGE, WIDTH, picture
from analysis.render.parts import Paragraph, Parts, Table
from analysis.render.sections.section import Scope, section_answers
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Arm, Record, Result

say = Texts("sections/chance")

INTERVAL_WORDS = {
    "t_participants": "Student's t over participants",
    "participant_bootstrap_exact": "participants resampled, exact percentiles",
    "participant_bootstrap": "participants resampled, percentiles of seeded draws",
    "clopper_pearson_participants": "Clopper-Pearson over participants",
    "none": "no answers",
}


def _parts(scope: Scope) -> Parts:
    arm, whole = scope.arm, scope.arm["overall"]
    yield Paragraph(arm["sentence"])
    yield _overall_table(arm)
    if whole["reason"]:
        yield Paragraph(whole["reason"], "small")
    if whole["p_value"] is not None:
        yield Paragraph(_renaming_words(arm), "small")
    if whole["null"]:
        name = scope.key("null")
        yield picture(_law, arm, name=name, alt=_law_alt(arm), caption=say("law"), data=_law_table(arm))


def _overall_table(arm: Arm) -> Table:
    """Every number on all matches with its interval or method."""
    whole, law, found = arm["overall"], arm["overall"]["null"], arm["sensitivity"]
    rows = [
        ["Participants", f"{arm['n_participants']:,}", _boards(arm)],
        [
            "Correct matches",
            f"{whole['correct']:,} of {whole['total']:,}",
            f"{wording.percent(whole['rate'])} of clips",
        ],
        ["95% interval of the share", interval(whole), INTERVAL_WORDS[whole["ci_method"]]],
    ]
    if whole["p_value"] is not None:
        spread = f"sd {wording.number(whole['null_sd'])}"
        if law:
            least = law["critical"]["0.05"]
            level = f"significant at .05 from {least} on" if least <= law["max"] else "no total is significant at .05"
            spread += f", exact law; {level}"
        rows += [
            ["Expected at random", wording.number(whole["expected"]), spread],
            ["p, one-sided", wording.p_exact(whole["p_value"]), f"{whole['method']}: so many or more; the main test"],
        ]
    if law:
        rows += [
            ["p, two-sided", wording.p_exact(whole["p_two_sided"]), "totals no likelier than this one"],
            ["mid-p", wording.p_exact(whole["mid_p"]), "one-sided, this total counted half; less cautious"],
        ]
    if whole["p_random"] is not None and whole["p_random"] != whole["p_value"]:
        rows.append(["p, random answers", wording.p_exact(whole["p_random"]), say("random")])
    if whole["guess_corrected"] is not None:
        guess = "(share − chance) / (1 − chance): 0% = guessing, 100% = all known"
        rows.append(["Above guessing", wording.percent(whole["guess_corrected"]), guess])
    theta = whole["theta"]
    note = "the level at which everybody alike would score this, the rest guessed; interval read off that of the share"
    if theta["theta"] is None:
        rows.append(["Known clips, theta", wording.NONE, theta["reason"]])
    else:
        value = f"{wording.unit(theta['theta'])} {interval(theta, wording.interval)}"
        rows.append(["Known clips, theta", value, f"{note}. {theta['reason']}" if theta["reason"] else note])
    words, value = found["reason"], wording.number(found["d_prime"])
    if found["status"] == "ok":
        task = "one-to-one boards" if found["task"] == "one_to_one" else "single choices"
        words = f"of an ideal observer of {task} with this share"
        if found["ci_low"] is None or found["ci_high"] is None:
            words += "; the interval of the share ends where d′ does not exist"
        else:
            value += f" [{wording.number(found['ci_low'])}, {wording.number(found['ci_high'])}]"
    rows.append(["d′", value, words])
    return Table("All matches.", ["What", "Value", "How"], rows, words=(2,), label="All matches")


def _renaming_words(arm: Arm) -> str:
    """What the test asks, and what it asks of these boards."""
    whole, several = arm["overall"], (arm["blocks_per_participant"]["max"] or 0) > 1
    same = "" if several or whole["p_random"] != whole["p_value"] else say("one board")
    words = say("renaming", same=same).rstrip()
    if whole["null"] is None:
        words += " " + say("drawn", floor=whole["floor"])
    return f"{words} {say('partly')}" if whole["partly"] else words


def _boards(arm: Arm) -> str:
    low, high = arm["blocks_per_participant"]["min"], arm["blocks_per_participant"]["max"]
    each = "" if low is None else f", {low} each" if low == high else f", {low} to {high} each"
    words = f"{wording.plural(arm['n_blocks'], 'board')}{each}, {wording.plural(arm['n_answers'], 'answer')}"
    return words + (f", {wording.plural(arm['n_clips'], 'different clip')}" if arm["n_clips"] else "")


def _law_table(arm: Arm) -> Table:
    """The law of the total as it is drawn."""
    law = arm["overall"]["null"]
    assert law is not None
    rows = [
        [f"{total}{' (observed)' if total == arm['overall']['correct'] else ''}", f"{p:.4g}"]
        for total, p in enumerate(law["pmf"], start=law["first"])
    ]
    return Table(say("law table"), ["Correct matches", "Probability"], rows, label="Law of the total", bulky=True)


def _law(arm: Arm) -> Figure:
    """Exact law of the total under random matching, with the observed total."""
    law = arm["overall"]["null"]
    assert law is not None
    observed, pmf = arm["overall"]["correct"], np.array(law["pmf"])
    totals = np.arange(law["first"], law["first"] + len(pmf))
    figure = Figure(figsize=(WIDTH, 2.7))
    axes = figure.add_axes((0.02, 0.2, 0.96, 0.62))
    usual = totals < law["critical"]["0.05"]
    if len(totals) <= 120:
        axes.bar(totals[usual], pmf[usual], width=0.86, color="#9cc0de", linewidth=0)
        axes.bar(totals[~usual], pmf[~usual], width=0.86, color=BLUE, linewidth=0, hatch="////", edgecolor="white")
    else:
        axes.fill_between(totals, pmf, where=usual, step="mid", color="#9cc0de", linewidth=0)
        axes.fill_between(totals, pmf, where=~usual, step="mid", color=BLUE, linewidth=0)
    top = float(pmf.max())
    low, high = min(totals[0], observed) - 0.8, max(totals[-1], observed) + 0.8
    axes.vlines(observed, 0, top * 1.02, color=ORANGE, linewidth=2.2)
    _label_at(axes, observed, top * 1.06, f"observed {observed}", low, high, color=ORANGE)
    if abs(law["mean"] - observed) > 0.22 * (high - low):
        _label_at(axes, law["mean"], top * 1.06, f"expected {wording.number(law['mean'])}", low, high, color=GREY)
    axes.set_xlim(low, high)
    axes.set_ylim(0, top * 1.2)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True, nbins=9))
    axes.set_xlabel("correct matches if the clips had other names")
    return figure


def _law_alt(arm: Arm) -> str:
    law = arm["overall"]["null"]
    assert law is not None
    least = law["critical"]["0.05"]
    reached = f"{least} and more are significant at .05" if least <= law["max"] else "no total is significant at .05"
    return say("law alt", law=law, reached=reached, correct=arm["overall"]["correct"])


def _label_at(axes: Axes, x: float, y: float, text: str, low: float, high: float, *, color: str) -> None:
    """A label above x that stays inside the axes."""
    place = (x - low) / (high - low)
    side = "left" if place < 0.15 else "right" if place > 0.85 else "center"
    axes.text(x, y, text, ha=side, va="bottom", color=color)


def _overall_records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        whole, theta = arm["overall"], arm["overall"]["theta"]
        sizes = {"n_participants": arm["n_participants"], "n_blocks": arm["n_blocks"]}
        known = {"theta": theta["theta"], "theta_low": theta["ci_low"], "theta_high": theta["ci_high"]}
        yield {"arm": name, **sizes, **whole, **known, "d_prime": arm["sensitivity"]["d_prime"]}


def _law_records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        if law := arm["overall"]["null"]:
            yield from (
                {"arm": name, "total": total, "probability": p}
                for total, p in enumerate(law["pmf"], start=law["first"])
            )


OVERALL = TidyTable(
    "overall",
    "one arm: all matches together",
    columns(
        "arm n_participants n_blocks correct total rate expected null_sd p_value mid_p p_two_sided p_random "
        "guess_corrected ci_low ci_high ci_method method status reason theta theta_low theta_high d_prime",
        {
            "null_sd": Column("number", "Standard deviation of the total under renaming."),
            "mid_p": Column("number", "One-sided p that counts the observed total half."),
            "p_random": Column("number", "One-sided p if answers are random; empty where people answered two boards."),
            "theta": Column("number", "Share of clips known at which everybody alike would score this."),
            "theta_low": Column("number", "Lower end of its 95 % interval, read off that of the share."),
            "theta_high": Column("number", "Upper end of its 95 % interval, read off that of the share."),
            "d_prime": Column("number", "d' of an ideal observer with this share."),
        },
    ),
    _overall_records,
)
NULL_LAW = TidyTable(
    "null_law",
    "one total that renaming can give, as drawn in the report",
    columns("arm total probability", {"probability": Column("number", "Its chance under renaming.")}),
    _law_records,
)
SECTION = section_answers(_parts, "Against random matching", OVERALL, NULL_LAW)
