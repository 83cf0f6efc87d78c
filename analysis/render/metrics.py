"""metrics.html and its relatives: the metrics of stimulus sets without a study, in the look of the report."""

import re
from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.drawings import figure_labels
from analysis.render.formats import latex_head, latex_of, markdown_of, page
from analysis.render.parts import Heading, Only, Paragraph, Parts, Table, figure_files
from analysis.render.sections import Pictures, metrics
from analysis.render.tables import Grid, csv_text, parquet_bytes
from analysis.results import MetricsDocument

NOBODY = "What joint spaces and image networks say of these images. Nobody was asked."


def html(document: MetricsDocument, pictures: Pictures | None = None) -> str:
    """The metrics as one self-contained page."""
    return page(document["title"], metrics_parts(document, pictures), letters=document)


def markdown(document: MetricsDocument, pictures: Pictures | None = None) -> str:
    """The metrics in Markdown."""
    return markdown_of(metrics_parts(document, pictures))


def latex(document: MetricsDocument) -> str:
    """Tables of every set, ready for \\input."""
    return "\n".join([latex_head(document["title"]), *latex_of(metrics_parts(document, None), key="metrics")])


def csv_tables(document: MetricsDocument) -> dict[str, str]:
    """Text of every table by file name; one file per space, weights and definition."""
    return {f"{name}.csv": csv_text(grid) for name, grid in _grids(document).items()}


def parquet_tables(document: MetricsDocument) -> dict[str, bytes]:
    """The same tables as Parquet by file name, every column of the type that describes it."""
    return {f"{name}.parquet": parquet_bytes(grid) for name, grid in _grids(document).items()}


def _grids(document: MetricsDocument) -> dict[str, Grid]:
    sets = document["sets"]
    grids = metrics.metric_grids("set", {name: found["metrics"] for name, found in sets.items()})
    return grids | metrics.distance_grids("set", {name: found["distances"] for name, found in sets.items()})


def figures(document: MetricsDocument) -> dict[str, str]:
    """Every figure as an SVG file, by file name."""
    return figure_files(metrics_parts(document, None))


def metrics_parts(document: MetricsDocument, pictures: Pictures | None) -> Parts:
    """The whole document as parts, title first."""
    yield Heading(1, document["title"])
    yield Only(Paragraph(NOBODY, "quiet"), page=True)
    names = list(dict.fromkeys(name for found in document["sets"].values() for name in _categories(found)))
    labels = figure_labels(names)
    texts = dict(zip(names, labels.texts, strict=True))
    yield Heading(2, "In short", "short")
    yield _in_short(document)
    for number, name in enumerate(document["sets"], start=1):
        yield Heading(2, f"Stimulus set “{name}”", f"set-{number}")
        if labels.warning:
            yield Paragraph(labels.warning, "warning")
        yield from _set_parts(document, name, texts, pictures)
    apart = document.get("distances_side_by_side") or []
    if document["side_by_side"] or apart:
        yield Heading(2, "Model metrics side by side", "side-by-side")
        blocks = {name: found["metrics"] for name, found in document["sets"].items()}
        yield from metrics.side_by_side_parts(document["side_by_side"], blocks, texts)
        yield from metrics.distance_difference_parts(apart)
    yield Heading(2, "How to read this", "reading")
    yield from map(Paragraph, Texts("sections/reading").paragraphs("sets"))
    yield Heading(2, "Provenance", "provenance")
    yield _provenance(document)


def _in_short(document: MetricsDocument) -> Table:
    """Every set in every space on one line: the scores with their intervals, before any detail."""
    rows = []
    for name, found in document["sets"].items():
        for block in found["metrics"]:
            own: Mapping[str, Any] = block
            start = [name, own["space"]["name"]]
            if own["status"] != "ok":
                rows.append([*start, own["reason"]])
                continue
            whole = own["giils_summary"]
            mean = {"score": whole["macro_mean"], "ci_low": whole["macro_low"], "ci_high": whole["macro_high"]}
            rows.append([*start, *(_score_words(one) for one in (own["ais"], own["iis"], mean)), str(own["n_images"])])
    caption = "Every set in short, with 95% intervals; 50 is no advantage. Rows of other spaces do not compare."
    head = ["Set", "Space", "AIS", "IIS", "GIILS, mean", "Images"]
    return Table(caption, head, rows, words=(1,), label="Every set in short")


def _score_words(found: Mapping[str, Any]) -> str:
    between = wording.points_interval(found["ci_low"], found["ci_high"])
    return wording.points(found["score"]) + (f" {between}" if between != wording.NONE else "")


def _set_parts(document: MetricsDocument, name: str, texts: Mapping[str, str], pictures: Pictures | None) -> Parts:
    found, key = document["sets"][name], _key(document, name)
    owner = name if len(document["sets"]) > 1 else ""
    if found["images"]:
        yield from metrics.gallery_parts(found["images"], pictures, metrics.Place(owner, key, texts))
    for block in found["metrics"]:
        place = metrics.Place(owner, f"{key}-{re.sub('[^A-Za-z0-9]+', '-', block['space']['name'])}", texts)
        jointly = metrics.is_ranked_jointly(document["side_by_side"], name, block)
        yield from metrics.metric_parts(block, place, ranked=not jointly)
    for features in found["distances"]:
        yield from metrics.distance_parts(features, metrics.Place(owner, key, texts))


def _key(document: MetricsDocument, name: str) -> str:
    """What the names of a set's figures begin with: letters, digits, and a number where two sets share them."""
    plain = {other: re.sub(r"[^A-Za-z0-9]+", "-", other).strip("-") for other in document["sets"]}
    same = [other for other, key in plain.items() if key == plain[name]]
    return (plain[name] or "set") + (f"-{same.index(name) + 1}" if len(same) > 1 else "")


def _categories(found: Mapping[str, Any]) -> list[str]:
    return [name for block in [*found["metrics"], *found["distances"]] for name in block["categories"]]


def _provenance(document: MetricsDocument) -> Table:
    source = document["provenance"]
    rows = [[f"{name} (sha256)", digest] for name, digest in source["sources"].items()]
    rows.append(["Analysed with", ", ".join(f"{k} {v}" for k, v in source["analysed_with"].items())])
    rows.append(["Options", ", ".join(f"{k} = {v}" for k, v in document["options"].items())])
    return Table("Where the numbers come from.", ["What", "Value"], rows, words=(1,), label="Files and versions")
