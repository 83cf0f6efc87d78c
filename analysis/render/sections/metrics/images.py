"""What a metrics section says of the set as a whole: retrieval, the machine's answers, distances, duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.render.parts import Heading, Paragraph, Parts, Sortable, Table
from analysis.render.sections.metrics.words import (
    Place,
    matrix_heads,
    measure,
    measure_interval,
    missing_intervals,
    short_id,
    weights_lines,
)

DISTANCES = ("frechet", "kernel", "mmd", "precision", "recall", "density", "coverage", "vendi")


def retrieval_parts(block: Mapping[str, Any], place: Place) -> Parts:
    """How well a clip finds its own images among all."""
    found, space = block["retrieval"], block["space"]["name"]
    rates = [(f"R@{k}", rate, "") for k, rate in found["recall"].items()]
    rates += [("Mean reciprocal rank", found["mrr"], wording.p_exact(found["p_value"]))]
    rates += [("Share of images beaten", found["auc"], "")]
    for name, key in (("Mean average precision, category", "label_map"), ("First image of the category", "label_top")):
        rates += [(name, found[key], "")] if found[key] else []
    rows = [
        [
            name, wording.unit(rate["value"], digits=3), wording.interval(rate["ci_low"], rate["ci_high"], digits=3),
            wording.unit(rate["chance"], digits=3), p or wording.NONE, str(rate["n"]),
        ]
        for name, rate, p in rates
    ]  # fmt: skip
    yield Heading(place.level + 1, "Retrieval")
    caption = (
        f"Each of {wording.plural(found['n_clips'], 'clip')} looks for its own images among all "
        f"{wording.plural(found['n_images'], 'image')}, space “{space}”. Median rank "
        f"{wording.number(found['median_rank'])}. 95% intervals over clips; chance: exact expectation in random "
        "order; p: permutation of clips, one-sided."
    )
    head = ["Measure", "Value", "95% interval", "Chance", "p", "Clips"]
    yield Table(caption, head, rows, label=place.label("Retrieval", space))
    if found["n_tied"]:
        yield Paragraph(
            f"{wording.plural(found['n_tied'], 'clip')} would rank lower if ties counted against them.", "small"
        )


def machine_parts(block: Mapping[str, Any], place: Place) -> Parts:
    """The space as a participant of matching tasks drawn from the set."""
    found, space = block["machine"], block["space"]["name"]
    yield Heading(place.level + 1, "The space as a participant")
    if found["status"] not in ("ok", "degenerate"):
        yield Paragraph(f"No boards: {found['reason']}.")
        return
    yield Paragraph(
        f"Boards of {found['board']} clips of different categories and one image of each were drawn "
        f"{found['n_boards']:,} times (seed {found['seed']}) and answered one-to-one by the assignment with the "
        f"largest total similarity in the space “{space}”: {wording.percent(found['value'])} of clips right, "
        + (
            f"95% interval {wording.percent_interval(found['ci_low'], found['ci_high'])} ({found['method']}), "
            if found["ci_low"] is not None
            else f"no interval ({found['reason']}), "
        )
        + f"{wording.percent(found['chance'])} by chance; {found['n_clips']} clips, {found['n_images']} images."
    )
    yield confusion_table(
        found["confusion"],
        block["categories"],
        caption=f"Machine confusion matrix, space “{space}”: rows are the category heard, columns the category chosen; "
        "counts over all boards.",
        label=place.label("Machine confusion matrix", space),
    )


def confusion_table(counts: Any, categories: list[str], *, caption: str, label: str) -> Table:
    """Counts with their row totals; many categories get numbered columns."""
    heads, names, key = matrix_heads(categories)
    rows = [[name, *(f"{n:,}" for n in row), f"{sum(row):,}"] for name, row in zip(names, counts, strict=True)]
    return Table(caption, ["heard", *heads, "total"], rows, dense=bool(key), names=key, diagonal=True, label=label)


def distance_parts(block: Mapping[str, Any], place: Place, *, title: str) -> Parts:
    """Distances from the reference artworks and variety, under the names that these features give them."""
    name = block["space"]["name"]
    yield Heading(place.level + 1, title)
    for note in [*(block["space"].get("notes") or []), *block["notes"]]:
        yield Paragraph(note, "warning")
    rows = [_distance_row(block["names"][key], block[key]) for key in DISTANCES]
    yield Table(
        f"{block['n_images']} images and {block['n_references']} distinct reference artworks, {block['dimensions']} "
        "numbers each. Null: the mean of the same number when images and artworks are dealt out at random (0 where it "
        "is known); intervals: clips left out in groups. Distances of other sizes or features must not be compared.",
        ["Measure", "Value", "SE", "95% interval", "Null"],
        rows,
        label=place.label("Distances", name),
    )
    named = {block["names"][key]: block[key] for key in DISTANCES}
    without = missing_intervals(named, value="value", all_of="any of them")
    if without:
        yield Paragraph(without)
    yield from _class_table(block, place, name)


def _distance_row(name: str, found: Mapping[str, Any]) -> list[str]:
    if found["value"] is None:
        return [name, found["reason"]]
    interval = measure_interval(found["ci_low"], found["ci_high"])
    return [name, measure(found["value"]), measure(found["se"]), interval, measure(found["null"])]


def _class_table(block: Mapping[str, Any], place: Place, name: str) -> Parts:
    found = block["by_class"]
    if not found:
        return
    if found["status"] != "ok":
        yield Paragraph(f"By category: {found['reason']}.", "small")
        return
    spread = found["intervals"]

    def interval(one: Mapping[str, Any]) -> str:
        return measure_interval(one["ci_low"], one["ci_high"])

    rows = [
        [category, measure(value), interval(spread["by_category"][category]), *map(str, found["n"][category])]
        for category, value in found["by_category"].items()
    ]
    for key, words in (("within", "Mean inside categories"), ("between", "Between category means")):
        rows.append([words, measure(found[key]), interval(spread[key]), *[wording.NONE] * 2])
    caption = f"{block['names']['frechet']} by category (Benny et al. 2021). {found['reason']}"
    head = ["Category", "Distance", "95% interval", "Images", "References"]
    yield Table(caption, head, rows, label=place.label("Distances by category", name))


def duplicate_parts(found: Mapping[str, Any], place: Place, *, name: str, space: str, dimensions: int) -> Parts:
    """Pairs of images that are one picture, or nearly one, as far as these `dimensions` numbers can tell."""
    total = wording.plural(found["n_images_total"], "image")
    if not found["n_same"] and not found["n_near"]:
        yield Paragraph(
            f"Duplicates: none among {total} in {name} (no pair with a cosine of {found['threshold']:g} or more).",
            "small",
        )
        return
    yield Paragraph(
        f"Duplicates in {name}: {wording.plural(found['n_same'], 'pair')} of images with one and the same vector, "
        f"{wording.plural(found['n_near'], 'further pair')} with a cosine of at least {found['threshold']:g}; "
        f"{found['n_images']} of {total} take part"
        + (f", {found['across']} pairs lie across categories" if found["across"] else "")
        + ". Pairs of near-equal images raise GIILS and lower variety."
        + (f" With {dimensions} numbers for an image, different pictures easily lie close." if dimensions < 16 else ""),
        "warning",
    )
    rows = [
        [f"{short_id(p['a'])} – {short_id(p['b'])}", Sortable(f"{p['similarity']:.4f}", p["similarity"])]
        for p in found["pairs"]
    ]
    caption = f"The {len(rows)} closest pairs of images in {name}."
    yield Table(caption, ["Images", "Cosine"], rows, label=place.label("Duplicates", space), bulky=True)


def feature_parts(block: Mapping[str, Any], place: Place) -> Parts:
    """Distances on features of single images: FID under its tool's name, or another network under its own."""
    features = block["space"]
    yield from distance_parts(block, place, title=f"Images and reference artworks: {features['distance_name']}")
    name, size = features["name"], block["dimensions"]
    yield from duplicate_parts(block["duplicates"], place, name=f"“{name}”", space=name, dimensions=size)
    rows = [["Features", features["name"]], ["File (sha256)", block["sha256"]]]
    rows += weights_lines(features)
    caption = f"What the numbers on “{features['name']}” depend on."
    label = place.label("Provenance of distances", features["name"])
    yield Table(caption, ["What", "Value"], rows, words=(1,), label=label)
