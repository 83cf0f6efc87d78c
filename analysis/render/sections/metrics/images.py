"""What a metrics section says of the set as a whole: retrieval, the machine's answers, distances, duplicates."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval, matrix_heads
from analysis.render.parts import Heading, Paragraph, Parts, Sortable, Table
from analysis.render.sections.metrics.words import (
    Block,
    Place,
    measure,
    measures,
    missing_intervals,
    short_id,
    weights_lines,
)

say = Texts("sections/metrics")

DISTANCES = ("frechet", "kernel", "mmd", "precision", "recall", "density", "coverage", "vendi")


def retrieval_parts(block: Block, place: Place) -> Parts:
    """How well a clip finds its own images among all."""
    found, space = block["retrieval"], block["space"]["name"]
    rates = [(f"R@{k}", rate, "") for k, rate in found["recall"].items()]
    rates += [("Mean reciprocal rank", found["mrr"], wording.p_exact(found["p_value"]))]
    rates += [("Share of images beaten", found["auc"], "")]
    for name, key in (("Mean average precision, category", "label_map"), ("First image of the category", "label_top")):
        rates += [(name, found[key], "")] if found[key] else []
    rows = [
        [
            name, wording.unit(rate["value"], digits=3), interval(rate, wording.interval, digits=3),
            wording.unit(rate["chance"], digits=3), p or wording.NONE, str(rate["n"]),
        ]
        for name, rate, p in rates
    ]  # fmt: skip
    yield Heading(place.level + 1, "Retrieval")
    head = ["Measure", "Value", "95% interval", "Chance", "p", "Clips"]
    yield Table(say("retrieval", space=space, found=found), head, rows, label=place.label("Retrieval", space))
    if found["n_tied"]:
        yield Paragraph(say("retrieval ties", n=found["n_tied"]), "small")


def machine_parts(block: Block, place: Place) -> Parts:
    """The space as a participant of matching tasks drawn from the set."""
    found, space = block["machine"], block["space"]["name"]
    yield Heading(place.level + 1, "The space as a participant")
    if found["status"] not in ("ok", "degenerate"):
        yield Paragraph(f"No boards: {found['reason']}.")
        return
    known = found["ci_low"] is not None
    between = f"95% interval {interval(found)} ({found['method']})" if known else f"no interval ({found['reason']})"
    yield Paragraph(say("machine", space=space, interval=between, **found))
    caption, label = say("machine matrix", space=space), place.label("Machine confusion matrix", space)
    yield confusion_table(found["confusion"], block["categories"], caption=caption, label=label)


def confusion_table(counts: Any, categories: list[str], *, caption: str, label: str) -> Table:
    """Counts with their row totals; many categories get numbered columns."""
    heads, names, key = matrix_heads(categories)
    rows = [[name, *(f"{n:,}" for n in row), f"{sum(row):,}"] for name, row in zip(names, counts, strict=True)]
    return Table(caption, ["heard", *heads, "total"], rows, dense=bool(key), names=key, diagonal=True, label=label)


def distance_parts(block: Block, place: Place, *, title: str) -> Parts:
    """Distances from the reference artworks and variety, under the names that these features give them."""
    name = block["space"]["name"]
    yield Heading(place.level + 1, title)
    for note in [*(block["space"].get("notes") or []), *block["notes"]]:
        yield Paragraph(note, "warning")
    named = {block["names"][key]: block[key] for key in DISTANCES}
    rows = [_distance_row(*one) for one in named.items()]
    head = ["Measure", "Value", "SE", "95% interval", "Null"]
    yield Table(say("distances", **block), head, rows, label=place.label("Distances", name))
    if without := missing_intervals(named, value="value", all_of="any of them"):
        yield Paragraph(without)
    yield from _class_table(block, place, name)


def _distance_row(name: str, found: Mapping[str, Any]) -> list[str]:
    if found["value"] is None:
        return [name, found["reason"]]
    return [name, measure(found["value"]), measure(found["se"]), interval(found, measures), measure(found["null"])]


def _class_table(block: Block, place: Place, name: str) -> Parts:
    found = block["by_class"]
    if not found:
        return
    if found["status"] != "ok":
        yield Paragraph(f"By category: {found['reason']}.", "small")
        return
    spread = found["intervals"]
    rows = [
        [category, measure(value), interval(spread["by_category"][category], measures), *map(str, found["n"][category])]
        for category, value in found["by_category"].items()
    ]
    for key, words in (("within", "Mean inside categories"), ("between", "Between category means")):
        rows.append([words, measure(found[key]), interval(spread[key], measures), *[wording.NONE] * 2])
    caption = f"{block['names']['frechet']} by category (Benny et al. 2021). {found['reason']}"
    head = ["Category", "Distance", "95% interval", "Images", "References"]
    yield Table(caption, head, rows, label=place.label("Distances by category", name))


def duplicate_parts(found: Mapping[str, Any], place: Place, *, name: str, space: str, dimensions: int) -> Parts:
    """Pairs of images that are one picture, or nearly one, as far as these `dimensions` numbers can tell."""
    if not found["n_same"] and not found["n_near"]:
        yield Paragraph(say("no duplicates", name=name, **found), "small")
        return
    across = f", {found['across']} pairs lie across categories" if found["across"] else ""
    few = f" With {dimensions} numbers for an image, different pictures easily lie close." if dimensions < 16 else ""
    yield Paragraph(say("duplicates", name=name, lie_across=across, **found) + few, "warning")
    rows = [
        [f"{short_id(p['a'])} – {short_id(p['b'])}", Sortable(f"{p['similarity']:.4f}", p["similarity"])]
        for p in found["pairs"]
    ]
    caption = f"The {len(rows)} closest pairs of images in {name}."
    yield Table(caption, ["Images", "Cosine"], rows, label=place.label("Duplicates", space), bulky=True)


def feature_parts(block: Block, place: Place) -> Parts:
    """Distances on features of single images: FID under its tool's name, or another network under its own."""
    features = block["space"]
    yield from distance_parts(block, place, title=f"Images and reference artworks: {features['distance_name']}")
    name, size = features["name"], block["dimensions"]
    yield from duplicate_parts(block["duplicates"], place, name=f"“{name}”", space=name, dimensions=size)
    rows = [["Features", name], ["File (sha256)", block["sha256"]], *weights_lines(features)]
    caption = f"What the numbers on “{name}” depend on."
    yield Table(caption, ["What", "Value"], rows, words=(1,), label=place.label("Provenance of distances", name))
