"""The planner's page: sentences, table and power curve of a planned study."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from analysis import wording
from analysis.documents import plain
from analysis.errors import AnalysisError
from analysis.evalues import HORIZON, Stopping, plan_stopping
from analysis.power import exact

SCHEMA = "paragone-plan/1"

CORRECTIONS = ("none", "holm", "bonferroni")

HOLM = (
    "Holm's strictest step is Bonferroni's: the power given for a single category is that of this step, the true one"
    " at least as high."
)


def make_plan(
    design: exact.Design, *, theta: float | None = None, share: float | None = None, correction: str | None = None
) -> dict[str, Any]:
    """The planner's document: `analysis.power.exact.plan` with sentences, ready for JSON.

    `correction` (none, holm or bonferroni over the k categories) replaces `design.categories_tested`.
    """
    if correction is not None:
        if correction not in CORRECTIONS:
            raise AnalysisError(f"Unknown correction '{correction}': use one of {', '.join(CORRECTIONS)}.")
        design = replace(design, categories_tested=1 if correction == "none" else design.k)
    document: dict[str, Any] = {"schema": SCHEMA, **plain(exact.plan(design, theta=theta, share=share))}
    if theta is not None:
        document["sequential"] = plain(asdict(_stopping(theta, design)))
    if correction is not None:
        document["design"]["correction"] = correction
    if correction == "holm":
        document["notes"].append(HOLM)
    document["sentences"] = sentences(document)
    return document


def _stopping(theta: float, design: exact.Design) -> Stopping:
    """When a study like this stops that is looked at after every participant, and ends with those planned."""
    return plan_stopping(
        theta, k=design.k, images=design.m, trials=design.trials, design=design.design, maximum=design.participants,
        alpha=design.alpha,
    )  # fmt: skip


def sentences(document: Mapping[str, Any]) -> list[str]:
    """The plan in words, most important first."""
    design, total, category = (document[key] for key in ("design", "total", "category"))
    people = wording.plural(design["participants"], "participant")
    boards = wording.plural(design["trials"], "board")
    task = "one to one" if design["design"] == "one_to_one" else "freely"
    found = [
        f"{people}, {boards} each, {design['k']} clips matched {task} with {design['images']} images: "
        f"{total['answers']} answers, {wording.number(total['expected_by_chance'])} right by chance."
    ]
    if total["critical_total"] is None:
        found.append(f"No total is significant at {_level(design['alpha'])}: collect more answers.")
    else:
        found.append(
            f"{total['critical_total']} correct matches or more are significant at "
            f"{_level(design['alpha'])}, one-sided; random matching reaches that in "
            f"{wording.percent(total['true_size'], digits=2)} of studies."
        )
    target = wording.percent(design["target_power"], digits=0)
    if total["smallest_theta"] is not None:
        found.append(
            f"With {target} power this sees participants who truly know "
            f"{wording.percent(total['smallest_theta'])} of the clips (theta) or more."
        )
    if "theta" in total:
        found.append(
            f"For theta = {wording.unit(total['theta'])} the power is {wording.percent(total['power'])}; "
            f"{_numbers(total['first_participants'], total['safe_participants'], 'participant', target)}"
        )
    level = _level(category["alpha"])
    if category["critical_count"] is None:
        found.append(f"No count of a single category is significant at {level}.")
    else:
        seen = (
            f"{target} power needs a true share of {wording.percent(category['smallest_share'])}"
            if category["smallest_share"] is not None
            else f"{target} power is out of reach"
        )
        found.append(
            f"A single category with {wording.plural(category['answers'], 'answer')} is significant at {level} from "
            f"{category['critical_count']} on; {seen}."
        )
    if "share" in category:
        found.append(
            f"For a category matched in {wording.percent(category['share'])} of cases the power is "
            f"{wording.percent(category['power'])}; "
            f"{_numbers(category['first_participants'], category['safe_participants'], 'participant', target)}"
        )
    if "sequential" in document:
        found.append(_sequential_words(document["sequential"]))
    return found


def _sequential_words(found: Mapping[str, Any]) -> str:
    """When studies stop that may be looked at at any time."""
    median = f"more than {HORIZON:,}" if found["median"] is None else f"{found['median']}"
    return (
        f"Looked at after every participant and stopped at an e-value of {wording.number(found['threshold'])}, half of "
        f"the studies stop by {median} participants; with {found['maximum']} at most, "
        f"{wording.percent(found['power'])} get there, after {wording.number(found['expected'])} participants on "
        f"average, those that do not counted in full ({found['draws']:,} simulated studies)."
    )


def _level(alpha: float) -> str:
    return wording.unit(alpha, digits=4).rstrip("0")


def _numbers(first: int | None, safe: int | None, what: str, target: str) -> str:
    if first is None:
        return f"no number of {what}s up to 2,000 gives {target}."
    if safe is None:
        return f"{first} {what}s give {target} for the first time."
    if safe == first:
        return f"{target} needs {wording.plural(first, what)}."
    return f"{target} is reached first with {first} and safely from {wording.plural(safe, what)} on."
