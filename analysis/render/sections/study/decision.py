"""Section: evidence that may be looked at at any time, and the verdicts on the smallest effect of interest."""

from collections.abc import Iterable

from analysis.render.parts import Paragraph, Parts
from analysis.render.sections.section import Scope, Section
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Record, Result, Verdict


def _parts(scope: Scope) -> Parts:
    """One sentence for each arm's e-value, one for each verdict."""
    result = scope.result
    for name, arm in result["arms"].items():
        owner = f"{name}: " if scope.several else ""
        yield Paragraph(owner + arm["e_value"]["sentence"])
        if verdict := arm["smallest_effect"]:
            yield Paragraph(owner + verdict["sentence"])
    for found in result["comparisons"]:
        if verdict := found["smallest_effect"]:
            yield Paragraph(f"{found['a']} – {found['b']}: {verdict['sentence']}")


def _looks(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        for n, look in enumerate(arm["e_value"]["trajectory"], start=1):
            yield {"arm": name, "participants": n, "log10_e_value": look}


def _verdicts(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        if arm["smallest_effect"]:
            yield _row(name, arm["smallest_effect"])
    for found in result["comparisons"]:
        if found["smallest_effect"]:
            yield _row(f"{found['a']} - {found['b']}", found["smallest_effect"])


def _row(name: str, verdict: Verdict) -> Record:
    return {"of": name, "smallest": verdict["value"], **verdict}


LOOKS = TidyTable(
    "e_values",
    "the e-value of one arm after so many participants, in order of arrival",
    columns(
        "arm participants log10_e_value",
        {
            "participants": Column("integer", "Participants who had come by then."),
            "log10_e_value": Column("number", "Decimal logarithm of the e-value; 0: no evidence either way."),
        },
    ),
    _looks,
)
VERDICTS = TidyTable(
    "smallest_effect",
    "one arm, or two arms compared: the effect against the smallest of interest",
    columns(
        "of scale smallest effect ci_low ci_high verdict status reason",
        {
            "of": Column("text", "Arm, or two arms."),
            "scale": Column("text", "share: of clips, above chance or between arms; theta: share truly known."),
            "smallest": Column("number", "Smallest effect of interest, declared before the study opened."),
            "effect": Column("number", "Effect observed on that scale."),
            "verdict": Column("text", "larger, no_larger or undecided, by where the interval lies."),
        },
    ),
    _verdicts,
)
SECTION = Section(_parts, "Evidence and the smallest effect", contents="Evidence", tables=(LOOKS, VERDICTS))
