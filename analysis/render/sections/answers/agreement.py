"""Section: agreement is not accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.parts import Table

AGREEMENT = (
    ("pairwise", "Pairwise agreement", "chance that two participants chose alike"),
    ("fleiss", "Fleiss' kappa", "agreement between participants, chance corrected"),
    ("krippendorff", "Krippendorff's alpha", "agreement, nominal, also for unequal numbers of participants"),
    ("randolph", "Randolph's kappa", "agreement against even use of all categories"),
    ("gwet", "Gwet's AC1", "agreement, robust to uneven use of images"),
)


def information_row(arm: Mapping[str, Any]) -> list[str] | None:
    found = arm["information"]
    if found is None:
        return None
    return [
        "Information, bits",
        wording.points(found["bits_above_null"]),
        f"mutual information of clip and choice ({wording.points(found['bits'])}) above its mean under random matching "
        f"({wording.points(found['null_mean'])}; 95% of {found['null_draws']:,} random studies stay below "
        f"{wording.points(found['null_q95'])}); the most possible is {wording.number(found['most'])}",
    ]


def agreement_table(arm: Mapping[str, Any]) -> Table:
    """Accuracy and agreement in the same form, side by side."""
    found = arm["agreement"]
    kappa = wording.unit(found["cohen_truth"])
    if found["cohen_truth_low"] is not None:
        kappa += f" {wording.interval(found['cohen_truth_low'], found['cohen_truth_high'])}"
    people = f"{found['n_units']} units, N = {arm['n_participants']:,}"
    rows = [
        ["Cohen's kappa", kappa, "accuracy: choice against category heard; asymptotic interval, answers independent"]
    ]
    for key, name, says in AGREEMENT:
        show = wording.percent_interval if key == "pairwise" else wording.interval
        value = wording.percent(found[key]) if key == "pairwise" else wording.unit(found[key])
        interval = found["intervals"][key]
        if interval["ci_low"] is not None:
            value += f" {show(interval['ci_low'], interval['ci_high'])}"
        rows.append([name, value, found["reason"] or says + (f"; {interval['reason']}" if interval["reason"] else "")])
    rows += [row] if (row := information_row(arm)) else []
    caption = (
        f"Accuracy and agreement, 1 = perfect ({people}). People may agree on the wrong image, so both stand here. 95% "
        f"intervals of agreement: participants left out one by one (jackknife)."
    )
    return Table(caption, ["Coefficient", "Value", "What it says"], rows, words=(2,), label="Agreement")


def modal_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Per category: how many were right, and how many chose the same whatever it was."""
    rows = []
    for i, name in enumerate(categories):
        if not arm["row_totals"][i]:
            rows.append([name, "no answers"])
            continue
        counts, total = arm["confusion"][i], arm["row_totals"][i]
        most = max(range(len(categories)), key=lambda j: (counts[j], j == i))
        right, chosen = (f"({counts[j]}/{total}) {wording.percent(arm['row_rates'][i][j])}" for j in (i, most))
        rows.append([name, right, categories[most], chosen])
    head = ["Category heard", "Right", "Chosen most", "By"]
    return Table("Accuracy and agreement side by side.", head, rows, words=(2,), label="Accuracy beside agreement")
