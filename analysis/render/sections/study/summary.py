"""Section: the answer in plain words, before any table."""

from analysis.render.parts import Paragraph, Parts, Warnings
from analysis.render.sections.section import Scope, Section


def _parts(scope: Scope) -> Parts:
    """Every arm, every comparison, what exclusions change, what to take care of."""
    result = scope.result
    for name, arm in result["arms"].items():
        first, *others = arm["answer"]["sentences"]
        yield Paragraph((f"{name}: " if scope.several else "") + first, "lead")
        yield from map(Paragraph, others)
    yield from (Paragraph(comparison["sentence"]) for comparison in result["comparisons"])
    yield from map(Paragraph, result["excluded"]["sentences"])
    if result["warnings"]:
        yield Warnings(result["warnings"])


SECTION = Section(_parts, "In short: do the images fit the music?", contents="In short")
