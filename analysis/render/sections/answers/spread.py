"""Section: how much participants differ."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval
from analysis.render.parts import Paragraph, Parts, Table
from analysis.render.sections.answers.chance import INTERVAL_WORDS
from analysis.render.sections.section import Scope, section_answers
from analysis.results import Arm, Record

say = Texts("sections/spread")


def _parts(scope: Scope) -> Parts:
    dependence = scope.arm["dependence"]
    if dependence is None:
        return
    yield _estimates(scope.arm, dependence)
    found = dependence["categories"]
    if found is None:
        return
    if found["status"] != "ok":
        yield Paragraph(f"Do categories differ? {found['reason']}", "small")
        return
    exact = f"exact p = {wording.p_exact(found['p_exact'])}, " if found["p_exact"] is not None else ""
    yield Paragraph(say("cochran", exact=exact, size=scope.result["measured_sizes"]["cochran"], found=found), "small")


def _estimates(arm: Arm, found: Record) -> Table:
    """Shares with the participant as the unit; a model that cannot be fitted says why."""
    whole = arm["overall"]
    share = wording.percent(whole["rate"])
    rows = [
        ["All answers together", share, wording.percent(whole["ci_se"]), interval(whole),
         INTERVAL_WORDS[whole["ci_method"]]],
        _means_row(found["participants"]), _gee_row(found), _mixed_row(found["random_intercept"], "Random intercept"),
    ]  # fmt: skip
    if found["random_intercept_guessing"]:
        rows.append(_mixed_row(found["random_intercept_guessing"], "Random intercept above guessing"))
    rows.append(["Participants and clips resampled", *_crossed_cells(arm["crossed"], share)])
    head = ["Estimate", "Share", "SE", "95% interval", "Note"]
    return Table(say("estimates", n=arm["n_participants"]), head, rows, words=(4,), label="Estimates over participants")


def _crossed_cells(crossed: Mapping[str, Any] | None, share: str) -> list[str]:
    if crossed is None:
        return ["needs named clips, and several in some category: nothing can be said beyond the clips used"]
    if crossed["low"] is None:
        return [crossed["reason"]]
    note = f"speaks of other clips too; {wording.plural(crossed['n_clips'], 'clip')}"
    between = wording.percent_interval(crossed["low"], crossed["high"])
    return [share, wording.percent(crossed["se"]), between, _noted(note, crossed["reason"])]


def _noted(note: str, reason: str) -> str:
    return f"{note}. {reason}" if reason else note


def _means_row(found: Mapping[str, Any]) -> list[str]:
    start = ["Mean of participants", wording.percent(found["mean"])]
    if found["se"] is None:
        return [*start, wording.NONE, wording.NONE, found["reason"]]
    notes = ["t interval"]
    if found["design_effect"] is not None:
        notes.append(f"design effect {wording.number(found['design_effect'])}")
    if found["icc"] is not None:
        notes.append(f"intraclass correlation {wording.unit(found['icc'])}")
    if found["t"] is not None:
        notes.append(say("t", **found))
    if found["wilcoxon_p"] is not None:
        notes.append(say("ranks", **found))
    return [*start, wording.percent(found["se"]), interval(found), "; ".join(notes)]


def _gee_row(found: Mapping[str, Any]) -> list[str]:
    gee, name = found["gee"], "Marginal logit (GEE)"
    if gee is None:
        return [name, "left out: too many participants to fit in reasonable time"]
    if gee["status"] != "ok":
        return [name, gee["reason"]]
    # The moment estimate, which few participants can push beyond 1.
    beyond = "" if abs(gee["correlation"]) <= 1 else " (estimated beyond 1: too few participants)"
    note = say("gee", beyond=beyond, covariance=gee["covariance"].replace("_", " "), gee=gee)
    between = wording.percent_interval(gee["share_low"], gee["share_high"])
    return [name, wording.percent(found["gee_share"]), wording.NONE, between, note]


def _mixed_row(found: Mapping[str, Any] | None, name: str) -> list[str]:
    if found is None:
        return [name, "left out: too many participants to fit in reasonable time"]
    if found["share"] is None:
        return [name, found["reason"]]
    note = say("mixed", **found)
    if found["guess"]:
        note += f", guess rate {wording.percent(found['guess'])}"
    return [name, wording.percent(found["share"]), wording.NONE, wording.NONE, _noted(note, found["reason"])]


SECTION = section_answers(_parts, "How much participants differ", chapter="C")
