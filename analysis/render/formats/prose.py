"""Texts that researchers wrote in Markdown, as HTML and as plain points; tags, links and images stay plain text."""

from markdown_it import MarkdownIt

_READER = MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink"])


def markdown_html(text: str) -> str:
    return str(_READER.render(text))


def markdown_points(text: str) -> list[str]:
    """Paragraphs and list entries without markup."""
    blocks = [token.children or [] for token in _READER.parse(text) if token.type == "inline"]
    return ["".join(" " if t.type in {"softbreak", "hardbreak"} else t.content for t in block) for block in blocks]
