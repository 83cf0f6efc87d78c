"""Known limits of the material: what a dataset states about itself, in Markdown, as HTML and as plain lines."""

from collections.abc import Mapping
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup


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
