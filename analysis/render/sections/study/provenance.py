"""Section: where every number comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from analysis import wording


def limits_html(result: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    """(dataset, HTML), once for each dataset that states any; tags, links and images stay plain text."""
    return [(name, Markup(_markdown().render(text))) for name, text in _notes(result).items()]


def limits_lines(result: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """(dataset, its points without markup)."""
    found = []
    for name, text in _notes(result).items():
        blocks = [token.children or [] for token in _markdown().parse(text) if token.type == "inline"]
        found.append((name, ["".join(_plain(part) for part in block) for block in blocks]))
    return found


def _plain(token: Any) -> str:
    return " " if token.type in {"softbreak", "hardbreak"} else token.content


def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink"])


def _notes(result: Mapping[str, Any]) -> dict[str, str]:
    datasets = [facts["dataset"] for facts in result["provenance"]["stimulus_sets"].values() if facts["dataset"]]
    return {dataset["name"]: dataset["notes"] for dataset in datasets if dataset.get("notes")}


SOURCE_WORDS = {
    "musipainter": "made by a Musipainter model",
    "label-prompt": "made from the label's text alone, without music",
    "retrieval": "artworks retrieved, not generated",
    "shuffled": "a control: another set's images with shuffled categories",
    "imported": "made elsewhere and imported",
}


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
