"""Section: words of the trade, one line each; pages unfold them where they stand."""

from analysis.prose import Texts
from analysis.render.parts import Facts, Parts
from analysis.render.sections.section import Scope, Section

say = Texts("sections/glossary")


def terms(*names: str) -> tuple[tuple[str, str], ...]:
    """Words with their lines, as `Terms` takes them."""
    return tuple((name, say(name)) for name in names)


def _parts(scope: Scope) -> Parts:
    yield Facts("Words of the trade.", [(name, words) for name, words in terms(*sorted(say.passages, key=str.lower))])


SECTION = Section(_parts, "Glossary", chapter="D")
