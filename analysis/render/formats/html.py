"""report.html: one file that loads nothing, works without script, prints, and can be read aloud."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis import wording
from analysis.render.cells import INTERVAL_WORDS
from analysis.render.drawings import fonts
from analysis.render.formats.web_fonts import font_face
from analysis.render.limits import limits_html
from analysis.render.parts import Paragraph
from analysis.render.sections.answers.order import arm_parts, sections_of
from analysis.render.sections.metrics.order import Pictures, arm_metric_parts, metric_comparison_parts
from analysis.render.sections.study.summary import (
    DESIGN_WORDS,
    comparison_parts,
    participant_parts,
    reading_parts,
    summary_parts,
)

SOURCE_WORDS = {
    "musipainter": "made by a Musipainter model",
    "label-prompt": "made from the label's text alone, without music",
    "retrieval": "artworks retrieved, not generated",
    "shuffled": "a control: another set's images with shuffled categories",
    "imported": "made elsewhere and imported",
}


def html(result: Mapping[str, Any], pictures: Pictures | None = None) -> str:
    """The report as one self-contained page."""
    labels = fonts.figure_labels(result["categories"])
    style, script = font_face(text_of(result)) + template_text("report.css"), template_text("report.js")
    names = list(result["arms"])
    page = (
        make_environment()
        .get_template("report.html.j2")
        .render(
            result=_with_words(result),
            summary=[p for p in summary_parts(result) if isinstance(p, Paragraph) and p.kind != "warning"],
            warnings=[*result["warnings"], *([labels.warning] if labels.warning else [])],
            several=len(names) > 1,
            arm_parts={name: list(arm_parts(result, name, labels, f"arm-{i}")) for i, name in enumerate(names, 1)},
            sections={name: sections_of(result["arms"][name], f"arm-{i}") for i, name in enumerate(names, 1)},
            comparisons=list(comparison_parts(result)),
            metric_parts={name: list(arm_metric_parts(result, name, labels.texts, pictures)) for name in names},
            side_by_side=list(metric_comparison_parts(result, labels.texts)),
            participants=list(participant_parts(result)),
            reading=list(reading_parts(result)),
            design_words=DESIGN_WORDS[result["design"]],
            interval_words=INTERVAL_WORDS,
            arm_title=lambda name: f"Arm “{name}”" if len(names) > 1 else "Results",
            provenance=provenance_rows(result),
            limits=limits_html(result),
            policy=page_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            **{name: getattr(wording, name) for name in WORDS},
        )
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


WORDS = (
    "plural", "percent", "percent_interval", "percent_range", "number", "unit", "interval", "p_exact", "points",
    "points_interval", "moment", "listing",
)  # fmt: skip


def make_environment() -> Environment:
    """Templates with autoescape; a name that does not exist is an error, never an empty place."""
    return Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _with_words(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result with the few phrases that the page adds per arm."""
    return {**result, "arms": {name: {**arm, **arm_words(arm)} for name, arm in result["arms"].items()}}


def arm_words(arm: Mapping[str, Any]) -> dict[str, Any]:
    """What the formats say of an arm beyond its numbers."""
    source = []
    if arm["stimulus_set"]:
        made = SOURCE_WORDS.get(arm["source"] or "", arm["source"] or "")
        source.append(f"Stimulus set “{arm['stimulus_set']}”" + (f", {made}" if made else ""))
    if arm["checkpoint"]:
        source.append(f"checkpoint “{arm['checkpoint']['name']}” (preset {arm['checkpoint']['preset']})")
    if arm["dataset"]:
        source.append(f"dataset “{arm['dataset']['name']}”")
    return {
        "source_words": ", ".join(source) + ("." if source else ""),
    }


def provenance_rows(result: Mapping[str, Any]) -> list[tuple[str, str | list[str]]]:
    """Label and value, or lines of hashes, of everything that the numbers come from."""
    source, study = result["provenance"], result["study"]
    rows: list[tuple[str, str | list[str]]] = []
    if study["slug"]:
        rows.append(("Study", study["slug"]))
    if source["design_hash"]:
        rows.append(("Design hash", [source["design_hash"]]))
    if source["plan"]:
        rows.append(("Planned before opening", " ".join(source["plan"])))
    if study["opened_at"]:
        rows.append(("Opened", wording.moment(study["opened_at"])))
    if study["closed_at"]:
        rows.append(("Closed", wording.moment(study["closed_at"])))
    rows.append(("Data (sha256)", [f"{name}  {digest}" for name, digest in source["sources"].items()]))
    for name, facts in source["stimulus_sets"].items():
        lines = [f"stimulus set {facts['stimulus_set']}, {wording.plural(facts['n_stimuli'], 'stimulus', 'stimuli')}"]
        if facts["checkpoint"]:
            checkpoint = facts["checkpoint"]
            lines.append(
                f"checkpoint {checkpoint['name']}, epoch {checkpoint['epoch']}, weights {checkpoint['weights_sha256']}"
            )
        if facts["dataset"]:
            lines.append(f"dataset {facts['dataset']['name']}, manifest {facts['dataset']['manifest_sha256']}")
        rows.append((f"Arm “{name}”", lines))
    if source["collected_with"]:
        rows.append(("Collected with", ", ".join(f"{k} {v}" for k, v in source["collected_with"].items())))
    rows.append(("Analysed with", ", ".join(f"{k} {v}" for k, v in source["analysed_with"].items())))
    rows.append(("Options", ", ".join(f"{k} = {v}" for k, v in result["options"].items())))
    return rows


def text_of(value: Any) -> str:
    """Every letter that the page may print."""
    if isinstance(value, Mapping):
        return "".join(map(text_of, value.keys())) + "".join(map(text_of, value.values()))
    if isinstance(value, list | tuple):
        return "".join(map(text_of, value))
    return value if isinstance(value, str) else ""


def template_text(name: str) -> str:
    """A file of the templates folder as it stands."""
    return (files("analysis") / "templates" / name).read_text(encoding="utf-8")


def page_policy(style: str, script: str = "") -> str:
    """A policy that lets in this page's own style and script and nothing from anywhere else."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}'; "
        f"img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
