"""Section: what kinds of trials with a table of their own found, each below its own heading."""

from analysis.kinds import find_kind
from analysis.render.parts import Heading, Parts
from analysis.render.sections.section import Scope, Section


def _parts(scope: Scope) -> Parts:
    for name, summary in scope.result.get("kinds", {}).items():
        kind = find_kind(name)
        yield Heading(2, kind.TITLE, anchor=name)
        yield from kind.parts(summary)


SECTION = Section(_parts, chapter="6", shown=lambda scope: bool(scope.result.get("kinds")), latex="kinds")
