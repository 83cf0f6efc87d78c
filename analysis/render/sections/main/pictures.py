"""Section: the pictures, each with its hit rate and what it was taken for, best and worst."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.parts import Beside, Gallery, Paragraph, Parts, Terms, Thumbnail
from analysis.render.sections.main.glossary import terms
from analysis.render.sections.section import Scope, Section
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Record, Result

say = Texts("sections/main")
# Pictures in the rows of best and worst.
MOST = 8
# Pictures that all plates of the main report show together; every category of an arm gets as many.
MOST_ON_PLATES = 48
Hits = Mapping[str, Any]
Entry = Mapping[str, Any]


def _parts(scope: Scope) -> Parts:
    if scope.pictures is None:
        yield Paragraph(say("no pictures"))
        return
    arms = {name: arm for name, arm in scope.result["arms"].items() if arm["images"]}
    each = max(1, MOST_ON_PLATES // max(1, len(arms) * len(scope.categories)))
    yield Paragraph(say("plates"), "intro")
    rated: list[tuple[Hits, Thumbnail]] = []
    for category in scope.categories:
        plates = [plate for name in arms if (plate := _plate(scope, name, category, each))]
        if len(plates) == 2:
            yield Beside(tuple(plates))
        else:
            yield from plates
    for name in arms:
        rated += _rated(scope, name)
    yield from _best_and_worst(rated)
    yield Terms(terms("hit rate"))


def _plate(scope: Scope, name: str, category: str, most: int) -> Gallery | None:
    """The first pictures of a category of one arm."""
    found = _entries(scope, name, category)
    small = tuple(_thumbnail(scope, entry, own) for own, entry in found[:most])
    if not small:
        return None
    images = scope.result["arms"][name]["images"]
    assert images is not None
    title = f"{category}, {name}" if scope.several else category
    caption = say("plate", shown=len(small), available=images["categories"][category]["available"])
    columns = min(4, max(3, len(small))) if len(scope.result["arms"]) == 2 else 6
    return Gallery(title, caption if len(found) > len(small) else "", small, columns=columns)


def _entries(scope: Scope, name: str, category: str) -> list[tuple[Hits | None, Entry]]:
    """The pictures of a category that are at hand, each with what became of it."""
    arm = scope.result["arms"][name]
    if not arm["images"] or category not in arm["images"]["categories"]:
        return []
    hits = {(row["image"], row["category"]): row for row in arm["pictures"]}
    shown = arm["images"]["categories"][category]["shown"]
    return [(_hits_of(hits, entry), entry) for entry in shown if entry["sha256"] in (scope.pictures or {})]


def _rated(scope: Scope, name: str) -> list[tuple[Hits, Thumbnail]]:
    owner = name if scope.several else ""
    return [
        (own, _thumbnail(scope, entry, own, owner=owner, named=True))
        for category in scope.categories
        for own, entry in _entries(scope, name, category)
        if own
    ]


def _hits_of(hits: Mapping[tuple[str, str], Hits], entry: Entry) -> Hits | None:
    """What became of a picture; equal files are told apart by a suffix, which rows do not know."""
    return hits.get((str(entry["image"]).split(":")[0], entry["category"]))


def _thumbnail(scope: Scope, entry: Entry, hits: Hits | None, *, owner: str = "", named: bool = False) -> Thumbnail:
    assert scope.pictures is not None
    words = hit_words(hits)
    image = str(entry["image"])[:8]
    where = f" ({owner})" if owner else ""
    return Thumbnail(
        jpeg=scope.pictures[entry["sha256"]],
        width=entry["width"],
        height=entry["height"],
        alt=f"Picture {image} of {entry['category']}{where}: {words}",
        text=f"{entry['category']}{f', {owner}' if owner else ''}: {words}" if named else words,
    )


def hit_words(hits: Hits | None) -> str:
    """(5/6) right; taken for Heavy metal (1)."""
    if not hits:
        return "never chosen"
    taken = [f"{one['category']} ({one['n']})" for one in hits["taken_for"][:2]]
    return f"({hits['correct']}/{hits['n']}) right" + (f"; taken for {wording.listing(taken)}" if taken else "")


def _best_and_worst(rated: Sequence[tuple[Hits, Thumbnail]]) -> Parts:
    """The pictures at both ends, where there are more than fit into one row."""
    if len(rated) < 2:
        return
    order = sorted(rated, key=lambda one: (-one[0]["rate"], -one[0]["n"], one[0]["image"]))
    size = min(MOST, len(order) // 2)
    yield Gallery("Best", say("best", n=size), tuple(small for _, small in order[:size]), columns=MOST)
    yield Gallery("Worst", say("worst", n=size), tuple(small for _, small in order[::-1][:size]), columns=MOST)


def _records(result: Result) -> Iterable[Record]:
    for name, arm in result["arms"].items():
        for row in arm["pictures"]:
            taken = "; ".join(f"{one['category']} {one['n']}" for one in row["taken_for"])
            yield {**row, "arm": name, "share": row["rate"], "taken_for": taken}


PICTURE_HITS = TidyTable(
    "picture_hits",
    "one picture of an arm that was chosen",
    columns(
        "arm category image n correct share taken_for",
        {
            "image": Column("text", "SHA-256 of the picture, or the name that the rows give it."),
            "share": Column("number", "correct / n."),
            "taken_for": Column("text", "Other categories whose clips it was chosen for, with how often."),
        },
    ),
    _records,
)
SECTION = Section(
    _parts,
    chapter="4",
    shown=lambda scope: any(arm["images"] for arm in scope.result["arms"].values()),
    tables=(PICTURE_HITS,),
)
