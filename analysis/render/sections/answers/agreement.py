"""Section: agreement is not accuracy."""

from collections.abc import Iterable

from analysis import wording
from analysis.prose import Texts
from analysis.render.parts import Parts, Table
from analysis.render.sections.section import Scope, section_answers
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Arm, Record, Result

say = Texts("sections/agreement")

COEFFICIENTS = {
    "cohen_truth": ("Cohen's kappa", "accuracy: choice against category heard"),
    "pairwise": ("Pairwise agreement", "chance that two participants chose alike"),
    "fleiss": ("Fleiss' kappa", "agreement between participants, chance corrected"),
    "krippendorff": ("Krippendorff's alpha", "agreement, nominal, also for unequal numbers of participants"),
    "randolph": ("Randolph's kappa", "agreement against even use of all categories"),
    "gwet": ("Gwet's AC1", "agreement, robust to uneven use of images"),
}


def _parts(scope: Scope) -> Parts:
    yield _agreement_table(scope.arm)
    yield _modal_table(scope)


def _agreement_table(arm: Arm) -> Table:
    """Accuracy and agreement in the same form, side by side."""
    found = arm["agreement"]
    rows = []
    for key, (name, says) in COEFFICIENTS.items():
        shares = key == "pairwise"
        value = (wording.percent if shares else wording.unit)(found[key])  # type: ignore[literal-required]
        own = found["intervals"][key]
        if own["ci_low"] is not None:
            show = wording.percent_interval if shares else wording.interval
            value += f" {show(own['ci_low'], own['ci_high'])}"
        missing = found["reason"] if key != "cohen_truth" else ""
        rows.append([name, value, missing or says + (f"; {own['reason']}" if own["reason"] else "")])
    if told := arm["information"]:
        rows.append(["Information, bits", wording.points(told["bits_above_null"]), say("information", **told)])
    caption = say("agreement", units=found["n_units"], n=arm["n_participants"])
    return Table(caption, ["Coefficient", "Value", "What it says"], rows, words=(2,), label="Agreement")


def _modal_table(scope: Scope) -> Table:
    """Per category: how many were right, and how many chose the same whatever it was."""
    arm, categories = scope.arm, scope.categories
    rows = []
    for i, name in enumerate(categories):
        counts, total = arm["confusion"][i], arm["row_totals"][i]
        if not total:
            rows.append([name, "no answers"])
            continue
        most = max(range(len(categories)), key=lambda j: (counts[j], j == i))
        right, chosen = (f"({counts[j]}/{total}) {wording.percent(arm['row_rates'][i][j])}" for j in (i, most))
        rows.append([name, right, categories[most], chosen])
    head = ["Category heard", "Right", "Chosen most", "By"]
    return Table("Accuracy and agreement side by side.", head, rows, words=(2,), label="Accuracy beside agreement")


def _records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        found = arm["agreement"]
        for key in COEFFICIENTS:
            yield {"arm": name, "coefficient": key, "value": found[key], **found["intervals"][key]}  # type: ignore[literal-required]


AGREEMENT = TidyTable(
    "agreement",
    "one coefficient of an arm",
    columns(
        "arm coefficient value se ci_low ci_high",
        {
            "coefficient": Column("text", "cohen_truth (accuracy), pairwise, fleiss, krippendorff, randolph or gwet."),
            "value": Column("number", "The coefficient."),
            "se": Column("number", "Standard error over participants (jackknife)."),
        },
    ),
    _records,
)
SECTION = section_answers(_parts, "Agreement is not accuracy", AGREEMENT, chapter="C")
