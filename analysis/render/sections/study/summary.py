"""Comparisons of arms, flow of participants and exclusions as parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import study
from analysis.render.parts import Heading, Paragraph, Part, Picture, Sortable, Table

FLOW = {
    "started": "Started", "completed": "Completed", "withdrawn": "Withdrawn", "working": "Still working",
    "excluded": "Excluded", "excluded_by_rules": "Left out by rule", "analysed": "Analysed",
}  # fmt: skip
DESIGN_WORDS = {
    "one_to_one": "One-to-one matching: every image is used exactly once.",
    "free": "Free matching: an image may be chosen for several clips.",
}
READING = {
    "one_to_one": (
        "Every image had to be used exactly once, so one participant's matches hang together: with four clips nobody "
        "can have exactly three right. The chance law used here is that of random permutations, exact for the boards "
        "that were answered, not a binomial one, which would make p-values too small."
    ),
    "free": (
        "An image could be chosen for several clips, so every clip is a choice of its own. The chance law is binomial, "
        "exact for the numbers of images shown."
    ),
}
READING_ALL = (
    "The overall p-value is one-sided: the chance that random matching gives as many correct matches or more. It "
    "assumes that the places of images carry no hint, which the study's random orders provide. The overall interval "
    "resamples participants, because the answers of one person are not independent; if all participants have the same "
    "score it is a Clopper-Pearson interval over participants instead. Intervals of categories are Wilson's.",
    "A p-value is not the chance that the images fit, and a large one does not show that they do not: intervals say "
    "which shares the answers allow. Exact tests hold their level for any number of participants; approximate ones "
    "carry the size that was measured for them.",
    "Theta is the share of clips that participants truly know if all others are guessed; its interval is a "
    "profile-likelihood interval.",
    "A category stands here for the clips that were used. With one clip per category the results speak of those clips; "
    "they support no claim about a whole genre of music.",
)
READING_METRICS = (
    "AIS, IIS and GIILS are 100 · (1 − arccos(x) / π) of a difference x of mean cosine similarities: 50 means no "
    "difference. Their values hold within the embedding space that stands beside them and are not comparable between "
    "spaces."
)


def summary_parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """The answer in plain words, before any table: every arm, every comparison, what exclusions change, warnings."""
    several = len(result["arms"]) > 1
    yield Heading(2, "In short: do the images fit the music?", anchor="short")
    for name, arm in result["arms"].items():
        first, *others = arm["answer"]["sentences"]
        yield Paragraph((f"{name}: " if several else "") + first, "lead")
        for text in others:
            yield Paragraph(text)
    for c in result["comparisons"]:
        yield Paragraph(c["sentence"])
    for sentence in result["excluded"]["sentences"]:
        yield Paragraph(sentence)
    for text in result["warnings"]:
        yield Paragraph(text, "warning")


def reading_parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """How to read the numbers."""
    yield Heading(2, "How to read this", anchor="reading")
    yield Paragraph(READING[result["design"]])
    for text in READING_ALL:
        yield Paragraph(text)
    if any(arm["metrics"] for arm in result["arms"].values()):
        yield Paragraph(READING_METRICS)


def comparison_parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """Every two arms in a sentence each, then all numbers."""
    found = result["comparisons"]
    if not found:
        return
    yield Heading(2, "Comparisons", anchor="comparisons")
    for c in found:
        yield Paragraph(c["sentence"])
    drawn = study.differences(result, name="differences")
    table = comparison_table(result)
    yield table
    if drawn:
        caption = "Differences in the share correct with 95% intervals; at the dashed line the arms are alike."
        yield Picture(drawn, study.differences_alt(result), caption)
    for c in found:
        yield from _details(c)


def comparison_table(result: Mapping[str, Any]) -> Table:
    """Differences of every two arms with tests and effect sizes."""
    several = len(result["comparisons"]) > 1
    rows: list[list[str]] = []
    for c in result["comparisons"]:
        who = f"{c['n_a']} (the same)" if c["same_participants"] else f"{c['n_a']} and {c['n_b']}"
        rows.append(
            [
                f"{c['a']} – {c['b']}", who, wording.unit(c["difference"], digits=3),
                wording.interval(c["ci_low"], c["ci_high"], digits=3), wording.p_exact(c["p_value"]),
                *([wording.p_exact(c["p_holm"])] if several else []), wording.unit(c["cliffs_delta"]),
                wording.number(c["hedges_g"]), wording.unit(c["cohen_h"]), wording.p_exact(c["matrix"]["p_value"]),
            ]
        )  # fmt: skip
    head = [
        "Arms", "Participants", "Difference", "95% interval", "p", *(["p (Holm)"] if several else []), "Cliff's delta",
        "Hedges' g", "Cohen's h", "p, whole matrix",
    ]  # fmt: skip
    caption = (
        "Mean share correct of participants in the first arm minus the second. p: participants permuted, two-sided"
    )
    caption += "; Holm over the comparisons" if several else ""
    caption += ". Whole matrix: do the confusions differ in any way? G² with participants permuted, seeded draws."
    return Table(caption, head, rows, label="Comparisons of arms")


def _details(c: Mapping[str, Any]) -> Iterator[Part]:
    pair = f"{c['a']} – {c['b']}"
    method = c["ci_method"].replace("_", " ")
    yield Paragraph(f"{pair}: p by {c['method']}; interval: {method}. {c['reason']}".rstrip(), "small")
    if c["matrix"]["status"] != "ok":
        yield Paragraph(f"{pair}, whole matrix: {c['matrix']['reason']}", "small")
    order = c["order_adjusted"]
    if order:
        yield Paragraph(
            f"{pair}, number of the trial held constant: log odds ratio {wording.number(order['log_odds_ratio'])} (SE "
            f"{wording.number(order['se'])}), p = {wording.p_exact(order['p_value'])} (GEE over participants, "
            f"{order['covariance'].replace('_', ' ')} errors; {order['size']}).",
            "small",
        )
    elif c["same_participants"]:
        yield Paragraph(
            f"{pair}: the order in which participants met the arms cannot be held constant (no trial numbers, or they "
            f"do not vary within arms, or a fit does not exist), so practice or fatigue may be part of the difference.",
            "small",
        )
    if c["categories"]:
        yield _category_comparison(c)


def _category_comparison(c: Mapping[str, Any]) -> Table:
    rows: list[list[str]] = [
        [
            row["category"], f"({row['correct_a']}/{row['n_a']})", f"({row['correct_b']}/{row['n_b']})",
            Sortable(wording.unit(row["difference"]), row["difference"]),
            wording.interval(row["ci_low"], row["ci_high"]), Sortable(wording.p_exact(row["p_value"]), row["p_value"]),
            Sortable(wording.p_exact(row["p_holm"]), row["p_holm"]),
        ]
        for row in c["categories"]
    ]  # fmt: skip
    tests = wording.listing(sorted({row["method"] for row in c["categories"]}))
    intervals = wording.listing(sorted({row["ci_method"].replace("_", " ") for row in c["categories"]} - {"none"}))
    caption = f"{c['a']} and {c['b']}, category by category: {tests}, two-sided, Holm over them; interval: {intervals}."
    head = ["Category", c["a"], c["b"], "Difference", "95% interval", "p", "p (Holm)"]
    return Table(caption, head, rows, sortable=True, label=f"Categories of {c['a']} and {c['b']}")


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
