"""Section: known limits of the material, as its datasets state them."""

from analysis.render.parts import Heading, Markdown, Only, Parts
from analysis.render.sections.section import Scope, Section


def _notes(scope: Scope) -> dict[str, str]:
    """Text of every dataset that states any, once."""
    datasets = [facts["dataset"] for facts in scope.result["provenance"]["stimulus_sets"].values() if facts["dataset"]]
    return {dataset["name"]: dataset["notes"] for dataset in datasets if dataset.get("notes")}


def _parts(scope: Scope) -> Parts:
    title = Heading(2, "Known limits of the material", anchor="limits", contents="Known limits")
    yield Only(title, page=True)
    for name, text in _notes(scope).items():
        yield Only(Heading(3, f"Dataset “{name}”"), page=True)
        yield Only(Heading(2, f"Known limits of the dataset “{name}”"), page=False)
        yield Markdown(text)


SECTION = Section(_parts, chapter="D", shown=lambda scope: bool(_notes(scope)))
