"""Section: variety and creativity: the paper's Tables 5 and 6 in order."""

from analysis import wording
from analysis.prose import Texts
from analysis.render.parts import Paragraph, Parts, Sortable, Table, Terms
from analysis.render.sections.main import numbers
from analysis.render.sections.main.glossary import terms
from analysis.render.sections.section import Scope, Section
from analysis.results import Arm

say = Texts("sections/main")


def _parts(scope: Scope) -> Parts:
    yield Paragraph(say("variety"), "intro")
    for name, arm in scope.result["arms"].items():
        if numbers.giils_rows(arm):
            yield _table(scope, name, arm)
    yield Terms(terms("GIILS", "creative tendency", "Vendi score"))


def _table(scope: Scope, name: str, arm: Arm) -> Table:
    """Categories by GIILS, highest first; creative tendency is the same order from below."""
    block = arm["metrics"]
    assert block is not None
    order = sorted(numbers.giils_rows(arm).items(), key=lambda item: (-item[1]["score"], item[0]))
    rows: list[list[str]] = []
    for place, (category, row) in enumerate(order, start=1):
        vendi = block["by_category"][category]["vendi"]["value"]
        error = f" ± {wording.points(row['se_score'])}" if row["se_score"] is not None else ""
        rows.append(
            [
                category, str(place), Sortable(wording.points(row["score"]) + error, row["score"]),
                wording.points(100 - row["score"]), Sortable(wording.points(vendi), vendi),
                f"{row['n']}/{row['n_available']}",
            ]
        )  # fmt: skip
    head = ["Category", "Rank", "GIILS ± SE", "Creative tendency", "Vendi", "Pictures"]
    owner = f"{name}, space" if scope.several else "Space"
    caption, label = f"{owner} “{block['space']['name']}”.", f"Variety in order{f' of {name}' if scope.several else ''}"
    return Table(caption, head, rows, sortable=True, label=label)


SECTION = Section(
    _parts, chapter="6", shown=lambda scope: any(numbers.giils_rows(arm) for arm in scope.result["arms"].values())
)  # fmt: skip
