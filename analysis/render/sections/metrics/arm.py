"""Section: the pictures of an arm, its metrics in every space, its distances on every kind of features."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.parts import Gallery, Heading, Paragraph, Parts, Thumbnail
from analysis.render.sections.metrics.images import feature_parts
from analysis.render.sections.metrics.similarity import metric_parts
from analysis.render.sections.metrics.tables import METRIC_TABLES, distance_grids, metric_grids
from analysis.render.sections.metrics.words import Place, is_ranked_jointly, metric_blocks, short_id
from analysis.render.sections.section import Pictures, Scope, Section
from analysis.render.tables import Grid
from analysis.results import Result

say = Texts("sections/metrics")


def _parts(scope: Scope) -> Parts:
    arm = scope.arm
    drawn = dict(zip(scope.categories, scope.labels.texts, strict=True))
    if arm["images"]:
        key = f"arm-{scope.number}"
        yield from gallery_parts(arm["images"], scope.pictures, Place(scope.owner, key, drawn))
    if not arm["metrics"]:
        yield Paragraph(say("none"))
    for number, block in enumerate(metric_blocks(arm)):
        ranked = not is_ranked_jointly(scope.result["side_by_side"], scope.name, block)
        place = Place(scope.owner, scope.key(f"m{number}"), drawn)
        yield from metric_parts(block, place, human=arm, ranked=ranked)
    for number, block in enumerate(arm["distances"]):
        yield from distance_parts(block, Place(scope.owner, scope.key(f"d{number}"), drawn))


def distance_parts(block: Mapping[str, Any], place: Place) -> Parts:
    """A block of `feature_block`."""
    if block["status"] != "ok":
        yield Heading(place.level, f"Images and reference artworks: {block['space']['distance_name']}")
        yield Paragraph(f"No distances: {block['reason']}.")
        return
    yield from feature_parts(block, place)


def gallery_parts(images: Mapping[str, Any], pictures: Pictures | None, place: Place) -> Parts:
    """A grid of pictures for every category that has any."""
    yield Heading(place.level, "The pictures")
    if pictures is None:
        yield Paragraph("The pictures themselves are no part of this document.")
        return
    yield Paragraph(say("gallery", rule=images["rule"]), "small")
    for name, row in images["categories"].items():
        shown = [entry for entry in row["shown"] if entry["sha256"] in pictures]
        if not shown:
            yield Paragraph(f"{name}: no pictures.")
            continue
        thumbnails = tuple(_thumbnail(name, number, entry, pictures) for number, entry in enumerate(shown, start=1))
        yield Gallery(name, f"{len(shown)} of {wording.plural(row['available'], 'image')}.", thumbnails)


def _thumbnail(category: str, number: int, entry: Mapping[str, Any], pictures: Pictures) -> Thumbnail:
    image, clip = short_id(entry["image"]), short_id(entry["clip"])
    return Thumbnail(
        jpeg=pictures[entry["sha256"]],
        width=entry["width"],
        height=entry["height"],
        alt=f"Image {number} of {category}, {image}, made for clip {clip}",
        text=f"{image[:8]} · clip\u00a0{clip[:8]}",
    )


def _files(result: Result) -> dict[str, Grid]:
    arms = result["arms"]
    found = metric_grids("arm", {name: metric_blocks(arm) for name, arm in arms.items()})
    return found | distance_grids("arm", {name: arm["distances"] for name, arm in arms.items()})


SECTION = Section(_parts, chapter="B", per_arm=True, latex="metrics", tables=METRIC_TABLES, files=_files)
