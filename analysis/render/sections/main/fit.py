"""Section: do the pictures fit, category by category, and what was taken for what."""

from collections.abc import Mapping

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval
from analysis.render.drawings import confusion_map, drawable, picture, two_confusions
from analysis.render.parts import Paragraph, Parts, Picture, Sortable, Table, Terms
from analysis.render.sections.main import numbers
from analysis.render.sections.main.glossary import terms
from analysis.render.sections.section import Scope, Section, has_any_answers
from analysis.results import Arm

say = Texts("sections/main")
say_map = Texts("sections/confusions")
LEVEL = 0.05


def _parts(scope: Scope) -> Parts:
    arms = {name: arm for name, arm in scope.result["arms"].items() if arm["n_answers"]}
    yield _table(scope)
    if len(arms) == 2:
        yield _two_maps(scope, arms)
    else:
        yield from (_map(scope, name, arm) for name, arm in arms.items())
    yield from (Paragraph(words) for name, arm in arms.items() if (words := _pairs(scope, name, arm)))
    yield Terms(terms("95% interval", "Holm", "confusion matrix", "exploratory"))


def _table(scope: Scope) -> Table:
    """Shares with intervals of every category, one pair of columns for each arm; no p, but who lies above chance."""
    arms = scope.result["arms"]
    rows: list[list[str]] = []
    for name in scope.categories:
        cells: list[str] = []
        for arm in arms.values():
            row = arm["categories"][name]
            value = numbers.right(row["correct"], row["n"], row["rate"])
            cells += [Sortable(f"{value}{'*' * _is_above(arm, name)}", row["rate"]), interval(row)]
        rows.append([name, *cells])
    heads = [head for name in arms for head in (name if scope.several else "Correct", "95% interval")]
    chances = {row["chance"] for arm in arms.values() for row in arm["categories"].values()} - {None}
    usual = wording.percent(chances.pop()) if len(chances) == 1 else "of each in Appendix A"
    return Table(say("fit table", chance=usual), ["Category", *heads], rows, sortable=True, label="Categories in short")


def _is_above(arm: Arm, name: str) -> bool:
    p = arm["categories"][name]["p_holm"]
    return p is not None and p <= LEVEL


def _map(scope: Scope, name: str, arm: Arm) -> Picture:
    number = list(scope.result["arms"]).index(name) + 1
    owner = f"{name}: " if scope.several else ""
    return picture(
        confusion_map, arm["confusion"], arm["row_rates"], scope.labels.texts, name=f"map-{number}",
        alt=owner + say_map("map alt", whole=arm["overall"]), caption=owner + say_map("map") + scope.name_key,
    )  # fmt: skip


def _two_maps(scope: Scope, arms: Mapping[str, Arm]) -> Picture:
    (a, first), (b, second) = arms.items()
    hits = "; ".join(f"{name} {arm['overall']['correct']} of {arm['overall']['total']}" for name, arm in arms.items())
    return picture(
        two_confusions, first["confusion"], second["confusion"], scope.labels.texts, (drawable(a), drawable(b)),
        name="maps", alt=say("maps alt", hits=hits), caption=say("maps") + scope.name_key,
    )  # fmt: skip


def _pairs(scope: Scope, name: str, arm: Arm) -> str:
    """The pair that holds most errors, where it stands out after Holm's correction."""
    seen = [pair for pair in arm["pairs"] if pair["p_holm"] is not None and pair["p_holm"] <= LEVEL]
    if not seen:
        return ""
    pair = min(seen, key=lambda one: (one["p_holm"], -one["errors"]))
    wrong = arm["overall"]["total"] - arm["overall"]["correct"]
    words = say("taken", pair=pair, wrong=wrong)
    return f"{name}: {words}" if scope.several else words


SECTION = Section(_parts, chapter="3", shown=has_any_answers)
