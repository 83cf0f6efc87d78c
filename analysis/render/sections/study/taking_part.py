"""Section: who took part, what was checked and who was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import study
from analysis.render.parts import Heading, Paragraph, Part, Picture, Table

FLOW = {
    "started": "Started", "completed": "Completed", "withdrawn": "Withdrawn", "working": "Still working",
    "excluded": "Excluded", "excluded_by_rules": "Left out by rule", "analysed": "Analysed",
}  # fmt: skip


def participant_parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """Who took part, who was left out and why, and what that changes."""
    several = len(result["arms"]) > 1
    yield Heading(2, "Participants", anchor="participants")
    drawn = study.flow(result, name="flow")
    if drawn:
        yield Picture(drawn, study.flow_alt(result), "Sessions from start to analysis.")
    rows = [
        [name if several else "Sessions", *(wording.NONE if flow[key] is None else str(flow[key]) for key in FLOW)]
        for name, flow in result["flow"].items()
    ]
    caption = f"Sessions from start to analysis; {wording.NONE} where this is not recorded in the files at hand."
    yield Table(caption, ["Arm" if several else "Count", *FLOW.values()], rows, label="Flow of participants")
    if result["checks"]:
        yield _checks_table(result["checks"], several)
    if not result["excluded"]["rules"]:
        yield Paragraph("No session with answers was excluded, and no rule for it was declared.")
    else:
        yield from _exclusion_parts(result, several)
    if result["study"]["notes"]:
        yield Paragraph(f"Notes of the researchers: {result['study']['notes']}")


def _checks_table(checks: Mapping[str, Any], several: bool) -> Table:
    rows = [
        [
            name if several else "Sessions", f"{found['attention_passed']}/{found['attention_answered']}",
            str(found["attention_failed_sessions"]), *(str(n) for n in found["headphones"].values()),
        ]
        for name, found in checks.items()
    ]  # fmt: skip
    head = ["Arm" if several else "Count", "Attention checks passed", "Sessions that failed one"]
    head += ["Headphones: passed", "failed", "went on without"]
    caption = "Attention checks and headphone screening, of every session that came to them; never counted as answers."
    return Table(caption, head, rows, label="Attention and headphone checks")


def _exclusion_parts(result: Mapping[str, Any], several: bool) -> Iterator[Part]:
    excluded = result["excluded"]
    rows = [
        [rule["rule"], str(rule["n"]), "declared before the study opened" if rule["declared"] else "stated in the data"]
        for rule in excluded["rules"]
    ]
    caption = "Why sessions were left out; no rule looks at what is right."
    yield Table(caption, ["Rule", "Sessions", "Origin"], rows, words=(2,), label="Exclusions")
    if excluded["with"] is None:
        return
    for sentence in excluded["sentences"]:
        yield Paragraph(sentence)
    rows = []
    for name in result["arms"]:
        for words, arm in (("without", result["arms"][name]), ("with", excluded["with"][name])):
            whole = arm["overall"]
            rows.append(
                [
                    f"{name + ', ' if several else ''}{words} excluded", str(arm["n_participants"]),
                    f"{whole['correct']}/{whole['total']}", wording.percent(whole["rate"]),
                    wording.percent_interval(whole["ci_low"], whole["ci_high"]), wording.p_exact(whole["p_value"]),
                ]
            )  # fmt: skip
    head = ["Arm" if several else "Answers", "Participants", "Correct", "Share", "95% interval", "p, one-sided"]
    yield Table("Results without and with the excluded sessions.", head, rows, label="Results with excluded sessions")
