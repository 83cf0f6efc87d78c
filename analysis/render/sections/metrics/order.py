"""Metrics, distances and pictures of one arm of a study, and of arms side by side, for the report's formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.render.parts import Gallery, Heading, Paragraph, Parts, Thumbnail
from analysis.render.sections.metrics.images import feature_parts
from analysis.render.sections.metrics.side_by_side import side_by_side_parts
from analysis.render.sections.metrics.similarity import metric_parts
from analysis.render.sections.metrics.words import Place, short_id

Pictures = Mapping[str, bytes]


def arm_metric_parts(result: Mapping[str, Any], name: str, texts: tuple[str, ...], pictures: Pictures | None) -> Parts:
    """Everything about the images of an arm.

    Args:
        texts: what figures write for each category; pictures: thumbnails by sha256, None where they are not at hand.
    """
    arm, key = result["arms"][name], f"arm-{list(result['arms']).index(name) + 1}"
    owner = name if len(result["arms"]) > 1 else ""
    drawn = dict(zip(result["categories"], texts, strict=True))
    if arm["images"]:
        yield from gallery_parts(arm["images"], pictures, Place(owner, key, drawn))
    if not arm["metrics"]:
        yield Paragraph(
            "No model metrics (AIS, IIS, GIILS) stand here: this stimulus set has no embeddings among the files of "
            "this report."
        )
    for number, block in enumerate(metric_blocks(arm)):
        place = Place(owner, f"{key}-m{number}", drawn)
        yield from metric_parts(block, place, human=arm, ranked=not _joined(result, name, block))
    for number, block in enumerate(arm["distances"]):
        yield from distances(block, Place(owner, f"{key}-d{number}", drawn))


def metric_comparison_parts(result: Mapping[str, Any], texts: tuple[str, ...]) -> Parts:
    """Arms side by side, where their metrics may share a column."""
    drawn = dict(zip(result["categories"], texts, strict=True))
    blocks = {name: metric_blocks(arm) for name, arm in result["arms"].items()}
    yield from side_by_side_parts(result["side_by_side"], blocks, drawn)


def metric_blocks(arm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The metrics of an arm in every space, the first one's first."""
    return [*([arm["metrics"]] if arm["metrics"] else []), *arm["other_metrics"]]


def _joined(result: Mapping[str, Any], name: str, block: Mapping[str, Any]) -> bool:
    """Whether a ranking of several arms shows this block already."""
    return any(
        group["space"] == block["space"]["name"] and group["sha256"].get(name) == block["sha256"]
        for group in result["side_by_side"]
        if len(group["owners"]) <= 4
    )


def distances(block: Mapping[str, Any], place: Place) -> Parts:
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
    yield Paragraph(
        f"{images['rule']} Below each picture: the first digits of its file's hash and of its clip's.", "small"
    )
    for name, row in images["categories"].items():
        shown = [entry for entry in row["shown"] if entry["sha256"] in pictures]
        if not shown:
            yield Paragraph(f"{name}: no pictures.")
            continue
        yield Gallery(
            name,
            f"{len(shown)} of {wording.plural(row['available'], 'image')}.",
            tuple(_thumbnail(name, number, entry, pictures) for number, entry in enumerate(shown, start=1)),
        )


def _thumbnail(category: str, number: int, entry: Mapping[str, Any], pictures: Pictures) -> Thumbnail:
    image, clip = short_id(entry["image"]), short_id(entry["clip"])
    return Thumbnail(
        jpeg=pictures[entry["sha256"]],
        width=entry["width"],
        height=entry["height"],
        alt=f"Image {number} of {category}, {image}, made for clip {clip}",
        text=f"{image[:8]} · clip\u00a0{clip[:8]}",
    )
