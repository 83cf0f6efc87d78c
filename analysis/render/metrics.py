"""metrics.html and its relatives: the metrics of stimulus sets without a study, in the look of the report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from analysis.render.drawings import fonts
from analysis.render.formats import (
    PACKAGES,
    font_face,
    latex_of,
    make_environment,
    markdown_of,
    page_policy,
    template_text,
    text_of,
)
from analysis.render.parts import Heading, Paragraph, Part, Parts, Table, figure_files
from analysis.render.sections.metrics import Pictures, Place, distances, gallery_parts, metric_parts, side_by_side_parts
from analysis.render.tables import MetricTable, csv_text, distance_tables, metric_tables, parquet_files

READING = (
    "AIS, IIS and GIILS are 100 · (1 − arccos(x) / π) of a difference x of mean cosine similarities: 50 means no "
    "difference, not half right. A value holds for the space, the weights and the options beside it and compares with "
    "no other.",
    "No person took part. What a space finds similar is not what people find fitting: a matching study tells.",
    "Intervals tell how much a number would vary with other clips and images of the same kind and number; a null is "
    "the value without any relation. A category stands here for the clips and images that were used.",
)


def html(document: Mapping[str, Any], pictures: Pictures | None = None) -> str:
    """The metrics as one self-contained page."""
    style, script = font_face(text_of(document)) + template_text("report.css"), template_text("report.js")
    sections = [(anchor, list(parts)) for anchor, parts in _sections(document, pictures)]
    page = (
        make_environment()
        .get_template("metrics_page.html.j2")
        .render(
            title=document["title"],
            sections=sections,
            contents=[(anchor, parts[0].text) for anchor, parts in sections if isinstance(parts[0], Heading)],
            policy=page_policy(style, script),
            style=Markup(style),
            script=Markup(script),
        )
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def markdown(document: Mapping[str, Any], pictures: Pictures | None = None) -> str:
    """The metrics in Markdown."""
    return markdown_of(metrics_parts(document, pictures))


def latex(document: Mapping[str, Any]) -> str:
    """Tables of every set, ready for \\input."""
    head = "\n".join([f"% {' '.join(document['title'].split())}", *PACKAGES]) + "\n"
    return "\n".join([head, *latex_of(metrics_parts(document, None), key="metrics")])


def csv_tables(document: Mapping[str, Any]) -> dict[str, str]:
    """Text of every table by file name; one file per space, weights and definition."""
    return {f"{name}.csv": csv_text(table.grid) for name, table in _tables(document).items()}


def parquet_tables(document: Mapping[str, Any]) -> dict[str, bytes]:
    """The same tables as Parquet by file name, typed by `metric_columns`."""
    return parquet_files(_tables(document))


def _tables(document: Mapping[str, Any]) -> dict[str, MetricTable]:
    sets = document["sets"]
    tables = metric_tables("set", {name: found["metrics"] for name, found in sets.items()})
    return tables | distance_tables("set", {name: found["distances"] for name, found in sets.items()})


def figures(document: Mapping[str, Any]) -> dict[str, str]:
    """Every figure as an SVG file, by file name."""
    return figure_files(metrics_parts(document, None))


def metrics_parts(document: Mapping[str, Any], pictures: Pictures | None) -> Iterator[Part]:
    """The whole document as parts, title first."""
    yield Heading(1, document["title"])
    for _, parts in _sections(document, pictures):
        yield from parts


def _sections(document: Mapping[str, Any], pictures: Pictures | None) -> Iterator[tuple[str, Parts]]:
    """(anchor, parts) of every section, each beginning with its heading of level 2."""
    names = [name for found in document["sets"].values() for name in _categories(found)]
    labels = fonts.figure_labels(list(dict.fromkeys(names)))
    texts = dict(zip(dict.fromkeys(names), labels.texts, strict=True))
    several = len(document["sets"]) > 1
    for place, name in enumerate(document["sets"], start=1):
        where = _Where(f"set-{place}", _key(document, name), texts, name if several else "", labels.warning)
        yield where.anchor, _set_parts(document, name, where, pictures)
    blocks = {name: found["metrics"] for name, found in document["sets"].items()}
    if document["side_by_side"]:
        yield "side-by-side", side_by_side_parts(document["side_by_side"], blocks, texts, anchor="side-by-side")
    yield "reading", _reading()
    yield "provenance", _provenance(document)


@dataclass(frozen=True)
class _Where:
    anchor: str
    key: str
    texts: Mapping[str, str]
    owner: str
    warning: str


def _key(document: Mapping[str, Any], name: str) -> str:
    """What the names of a set's figures begin with: letters, digits, and a number where two sets share them."""
    plain = {other: re.sub(r"[^A-Za-z0-9]+", "-", other).strip("-") for other in document["sets"]}
    same = [other for other, key in plain.items() if key == plain[name]]
    return (plain[name] or "set") + (f"-{same.index(name) + 1}" if len(same) > 1 else "")


def _set_parts(document: Mapping[str, Any], name: str, where: _Where, pictures: Pictures | None) -> Parts:
    found = document["sets"][name]
    yield Heading(2, f"Stimulus set “{name}”", where.anchor)
    if where.warning:
        yield Paragraph(where.warning, "warning")
    if found["images"]:
        yield from gallery_parts(found["images"], pictures, Place(where.owner, where.key, where.texts))
    joined = {group["space"]: group for group in document["side_by_side"] if len(group["owners"]) <= 4}
    for block in found["metrics"]:
        space = block["space"]["name"]
        group = joined.get(space)
        ranked = group is None or group["sha256"].get(name) != block["sha256"]
        place = Place(where.owner, f"{where.key}-{re.sub('[^A-Za-z0-9]+', '-', space)}", where.texts)
        yield from metric_parts(block, place, ranked=ranked)
    for block in found["distances"]:
        yield from distances(block, Place(where.owner, where.key, where.texts))


def _categories(found: Mapping[str, Any]) -> list[str]:
    return [name for block in [*found["metrics"], *found["distances"]] for name in block["categories"]]


def _reading() -> Parts:
    yield Heading(2, "How to read this", "reading")
    yield from (Paragraph(text) for text in READING)


def _provenance(document: Mapping[str, Any]) -> Parts:
    yield Heading(2, "Provenance", "provenance")
    source = document["provenance"]
    rows = [[f"{name} (sha256)", digest] for name, digest in source["sources"].items()]
    rows.append(["Analysed with", ", ".join(f"{k} {v}" for k, v in source["analysed_with"].items())])
    rows.append(["Options", ", ".join(f"{k} = {v}" for k, v in document["options"].items())])
    yield Table("Where the numbers come from.", ["What", "Value"], rows, words=(1,), label="Files and versions")
