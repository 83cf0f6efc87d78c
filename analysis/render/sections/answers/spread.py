"""Section: how much participants differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import wording
from analysis.render.parts import Paragraph, Part, Table
from analysis.render.sections.answers.chance import INTERVAL_WORDS


def spread_parts(arm: Mapping[str, Any], sizes: Mapping[str, str]) -> Iterator[Part]:
    table = dependence_table(arm)
    if table:
        yield table
    found = (arm["dependence"] or {}).get("categories")
    if found is None:
        return
    if found["status"] != "ok":
        yield Paragraph(f"Do categories differ? {found['reason']}", "small")
        return
    exact = f"exact p = {wording.p_exact(found['p_exact'])}, " if found["p_exact"] is not None else ""
    yield Paragraph(
        f"Do categories differ? Cochran's Q = {wording.number(found['q'])}, df = {found['df']}, {exact}asymptotic p = "
        f"{wording.p_exact(found['p_asymptotic'])} ({sizes['cochran']}).",
        "small",
    )


def dependence_table(arm: Mapping[str, Any]) -> Table | None:
    """Shares with the participant as the unit; a model that cannot be fitted says why."""
    found, whole, crossed = arm["dependence"], arm["overall"], arm["crossed"]
    if found is None:
        return None
    rows = [
        [
            "Participants resampled", wording.percent(whole["rate"]), wording.percent(whole["ci_se"]),
            wording.percent_interval(whole["ci_low"], whole["ci_high"]), INTERVAL_WORDS[whole["ci_method"]],
        ],
        _means_row(found["participants"]), _gee_row(found), _mixed_row(found["random_intercept"], "Random intercept"),
    ]  # fmt: skip
    if found["random_intercept_guessing"]:
        rows.append(_mixed_row(found["random_intercept_guessing"], "Random intercept above guessing"))
    if crossed is None:
        why = "needs named clips, and several in some category: nothing can be said beyond the clips used"
        rows.append(["Participants and clips resampled", why])
    elif crossed["low"] is None:
        rows.append(["Participants and clips resampled", crossed["reason"]])
    else:
        note = f"speaks of other clips too; {wording.plural(crossed['n_clips'], 'clip')}"
        rows.append(
            [
                "Participants and clips resampled", wording.percent(whole["rate"]), wording.percent(crossed["se"]),
                wording.percent_interval(crossed["low"], crossed["high"]),
                f"{note}. {crossed['reason']}" if crossed["reason"] else note,
            ]
        )  # fmt: skip
    caption = (
        f"Share correct with the participant as the unit (N = {arm['n_participants']:,}). They describe how people "
        f"differ; the exact test does not depend on any of them."
    )
    head = ["Estimate", "Share", "SE", "95% interval", "Note"]
    return Table(caption, head, rows, words=(4,), label="Estimates over participants")


def _means_row(found: Mapping[str, Any]) -> list[str]:
    name = "Mean of participants"
    if found["se"] is None:
        return [name, wording.percent(found["mean"]), wording.NONE, wording.NONE, found["reason"]]
    parts = ["t interval"]
    if found["design_effect"] is not None:
        parts.append(f"design effect {wording.number(found['design_effect'])}")
    if found["icc"] is not None:
        parts.append(f"intraclass correlation {wording.unit(found['icc'])}")
    if found["t"] is not None:
        t = f"against chance t = {wording.number(found['t'])}, two-sided {wording.p_value(found['t_p_two_sided'])}"
        parts.append(f"{t} ({found['t_size']})")
    if found["wilcoxon_p"] is not None:
        ranks = f"signed ranks, one-sided {wording.p_value(found['wilcoxon_p'])}"
        parts.append(f"{ranks} ({found['wilcoxon_size']})")
    return [
        name, wording.percent(found["mean"]), wording.percent(found["se"]),
        wording.percent_interval(found["ci_low"], found["ci_high"]), "; ".join(parts),
    ]  # fmt: skip


def _gee_row(found: Mapping[str, Any]) -> list[str]:
    gee, name = found["gee"], "Marginal logit (GEE)"
    if gee is None:
        return [name, "left out: too many participants to fit in reasonable time"]
    if gee["status"] != "ok":
        return [name, gee["reason"]]
    note = (
        f"exchangeable correlation {_correlation(gee['correlation'])}, {gee['covariance'].replace('_', ' ')} errors; "
        f"SE of the logit {wording.number(gee['se'][0])}"
    )
    interval = wording.percent_interval(gee["share_low"], gee["share_high"])
    return [name, wording.percent(found["gee_share"]), wording.NONE, interval, note]


def _correlation(value: float) -> str:
    """The moment estimate, which few participants can push beyond 1."""
    return (
        wording.unit(value) if abs(value) <= 1 else f"{wording.unit(value)} (estimated beyond 1: too few participants)"
    )


def _mixed_row(found: Mapping[str, Any] | None, name: str) -> list[str]:
    if found is None:
        return [name, "left out: too many participants to fit in reasonable time"]
    if found["share"] is None:
        return [name, found["reason"]]
    spread = wording.number(found["sigma"])
    note = f"logit intercept {wording.number(found['intercept'])}, sd between participants {spread}"
    if found["guess"]:
        note += f", guess rate {wording.percent(found['guess'])}"
    if found["reason"]:
        note += f". {found['reason']}"
    return [name, wording.percent(found["share"]), wording.NONE, wording.NONE, note]
