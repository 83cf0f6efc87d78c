"""Section: how to read the numbers."""

from analysis.prose import Texts
from analysis.render.parts import Paragraph, Parts
from analysis.render.sections.section import Scope, Section, task

say = Texts("sections/reading")


def _parts(scope: Scope) -> Parts:
    metrics = any(arm["metrics"] for arm in scope.result["arms"].values())
    for passage in (task(scope.result), "all", *(["metrics"] if metrics else [])):
        yield from map(Paragraph, say.paragraphs(passage))


SECTION = Section(_parts, "How to read this", chapter="D")
