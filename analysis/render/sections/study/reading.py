"""Section: how to read the numbers."""

from analysis.prose import Texts
from analysis.render.parts import Paragraph, Parts
from analysis.render.sections.section import Scope, Section

say = Texts("sections/reading")


def _parts(scope: Scope) -> Parts:
    metrics = any(arm["metrics"] for arm in scope.result["arms"].values())
    arms = scope.result["arms"].values()
    spare = any((arm["board"] or 0) > (arm["board_clips"] or arm["board"] or 0) for arm in arms)
    task = "one_to_one spare" if spare and scope.result["design"] == "one_to_one" else scope.result["design"]
    for passage in (task, "all", *(["metrics"] if metrics else [])):
        yield from map(Paragraph, say.paragraphs(passage))


SECTION = Section(_parts, "How to read this", chapter="D")
