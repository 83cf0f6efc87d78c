"""Section: what the numbers are limited to."""

from analysis.prose import Texts
from analysis.render.parts import Parts, Points
from analysis.render.sections.main import numbers
from analysis.render.sections.section import Scope, Section
from analysis.results import Result

say = Texts("sections/methods")
# Pictures of a category from which its metrics are less rough: as many as the paper draws.
LEAST = 10


def _parts(scope: Scope) -> Parts:
    yield Points(tuple(_bounds(scope.result)))


def _bounds(result: Result) -> list[str]:
    arms, study = result["arms"], result["study"]
    found = [say("bound simulated")] if study["simulated"] else [say("bound people")]
    if study["interim"]:
        found.append(say("bound interim"))
    found.append(say("bound guesses"))
    found += [say("bound control", arm=name) for name, arm in arms.items() if arm["source"] == "shuffled"]
    if space := numbers.space_of(list(arms.values())):
        found.append(say("bound space", space=space))
    sizes = [row["n_available"] for arm in arms.values() for row in numbers.giils_rows(arm).values()]
    if sizes and min(sizes) < LEAST:
        found.append(say("bound few", least=LEAST, n=min(sizes)))
    found.append(say("bound explore"))
    facts = result["provenance"]["stimulus_sets"].values()
    datasets = [one["dataset"] for one in facts if one["dataset"]]
    names = dict.fromkeys(dataset["name"] for dataset in datasets if dataset.get("notes"))
    if names:
        found.append(say("bound material", names=[f"“{name}”" for name in names]))
    return found


SECTION = Section(_parts, chapter="8")
