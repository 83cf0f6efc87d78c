"""Section: against random matching."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import answers
from analysis.render.parts import Paragraph, Part, Picture, Table


def chance_parts(arm: Mapping[str, Any], key: str) -> Iterator[Part]:
    whole = arm["overall"]
    yield Paragraph(arm["sentence"])
    yield overall_table(arm)
    if whole["reason"]:
        yield Paragraph(whole["reason"], "small")
    law = answers.null(arm, name=f"{key}-null")
    if law:
        caption = (
            "Exact chances of every total if all participants matched at random; dark: totals significant at .05 "
            "(one-sided); the line marks the total observed."
        )
        yield Picture(law, answers.null_alt(arm), caption, null_table(arm))


INTERVAL_WORDS = {
    "participant_bootstrap_exact": "participants resampled, exact percentiles",
    "participant_bootstrap": "participants resampled, percentiles of seeded draws",
    "clopper_pearson_participants": "Clopper-Pearson over participants",
    "none": "no answers",
}


def overall_table(arm: Mapping[str, Any]) -> Table:
    """Every number on all matches with its interval or method."""
    whole, law, found = arm["overall"], arm["overall"]["null"], arm["sensitivity"]
    rows = [
        ["Participants", f"{arm['n_participants']:,}", _boards(arm)],
        [
            "Correct matches",
            f"{whole['correct']:,} of {whole['total']:,}",
            f"{wording.percent(whole['rate'])} of clips",
        ],
        [
            "95% interval of the share",
            wording.percent_interval(whole["ci_low"], whole["ci_high"]),
            INTERVAL_WORDS[whole["ci_method"]],
        ],
    ]
    if law:
        least = law["critical"]["0.05"]
        level = f"significant at .05 from {least} on" if least <= law["max"] else "no total is significant at .05"
        rows += [
            [
                "Expected at random",
                wording.number(whole["expected"]),
                f"sd {wording.number(law['sd'])}, exact law; {level}",
            ],
            ["p, one-sided", wording.p_exact(whole["p_value"]), f"{whole['method']}: so many or more; the main test"],
            ["p, two-sided", wording.p_exact(whole["p_two_sided"]), "totals no likelier than this one"],
            ["mid-p", wording.p_exact(whole["mid_p"]), "one-sided, this total counted half; less cautious"],
            [
                "Above guessing",
                wording.percent(whole["guess_corrected"]),
                "(share − chance) / (1 − chance): 0% = guessing, 100% = all known",
            ],
        ]
    theta = whole["theta"]
    if theta["theta"] is None:
        rows.append(["Known clips, theta", wording.NONE, theta["reason"]])
    else:
        note = "share truly known if all others are guessed; profile-likelihood interval"
        value = f"{wording.unit(theta['theta'])} {wording.interval(theta['ci_low'], theta['ci_high'])}"
        rows.append(["Known clips, theta", value, f"{note}. {theta['reason']}" if theta["reason"] else note])
    task = "one-to-one boards" if found["task"] == "one_to_one" else "single choices"
    words, value = found["reason"], wording.number(found["d_prime"])
    if found["status"] == "ok":
        words = f"of an ideal observer of {task} with this share"
        if found["ci_low"] is None or found["ci_high"] is None:
            words += "; the interval of the share ends where d′ does not exist"
        else:
            value += f" [{wording.number(found['ci_low'])}, {wording.number(found['ci_high'])}]"
    rows.append(["d′", value, words])
    return Table("All matches.", ["What", "Value", "How"], rows, words=(2,), label="All matches")


def null_table(arm: Mapping[str, Any]) -> Table:
    """The law of the total as it is drawn."""
    whole, law = arm["overall"], arm["overall"]["null"]
    rows = [
        [f"{total}{' (observed)' if total == whole['correct'] else ''}", f"{p:.4g}"]
        for total, p in enumerate(law["pmf"], start=law["first"])
    ]
    caption = "Chance of every total under random matching; totals far from these have next to none."
    return Table(caption, ["Correct matches", "Probability"], rows, label="Law of the total", bulky=True)


def _boards(arm: Mapping[str, Any]) -> str:
    span = arm["blocks_per_participant"]
    each = "" if span["min"] is None else f", {span['min']} each" if span["min"] == span["max"] else (
        f", {span['min']} to {span['max']} each"
    )  # fmt: skip
    words = f"{wording.plural(arm['n_blocks'], 'board')}{each}, {wording.plural(arm['n_answers'], 'answer')}"
    return words + (f", {wording.plural(arm['n_clips'], 'different clip')}" if arm["n_clips"] else "")
