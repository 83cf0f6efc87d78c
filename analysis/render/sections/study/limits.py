"""Section: known limits of the material: what models had heard of it, and what its datasets state."""

from analysis.render.parts import Heading, Markdown, Only, Paragraph, Parts
from analysis.render.sections.section import Scope, Section


def _notes(scope: Scope) -> dict[str, str]:
    """Text of every dataset that states any, once."""
    datasets = [facts["dataset"] for facts in scope.result["provenance"]["stimulus_sets"].values() if facts["dataset"]]
    return {dataset["name"]: dataset["notes"] for dataset in datasets if dataset.get("notes")}


def _leakage(scope: Scope) -> list[str]:
    """What is known of clips and recordings, once for all arms of which it holds."""
    arms: dict[str, list[str]] = {}
    for name, facts in scope.result["provenance"]["stimulus_sets"].items():
        for sentence in (*facts["leakage"]["learned"], *facts["leakage"]["counted"]) if facts["leakage"] else ():
            arms.setdefault(sentence, []).append(name)
    every = len(scope.result["provenance"]["stimulus_sets"])
    return [
        sentence if len(names) == every else f"Arm {', '.join(f'“{name}”' for name in names)}: {sentence}"
        for sentence, names in arms.items()
    ]


def _parts(scope: Scope) -> Parts:
    title = Heading(2, "Known limits of the material", anchor="limits", contents="Known limits")
    yield Only(title, page=True)
    if said := _leakage(scope):
        yield Only(Heading(2, "Clips and their recordings"), page=False)
        yield Paragraph(" ".join(said))
    for name, text in _notes(scope).items():
        yield Only(Heading(3, f"Dataset “{name}”"), page=True)
        yield Only(Heading(2, f"Known limits of the dataset “{name}”"), page=False)
        yield Markdown(text)


SECTION = Section(_parts, chapter="D", shown=lambda scope: bool(_notes(scope) or _leakage(scope)))
