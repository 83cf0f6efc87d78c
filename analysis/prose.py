"""Texts of templates/*.md: what readers of reports see in sentences, kept where sentences are easy to read and change.

A file holds passages, each under a heading of level two that names it. `{name}` stands for a value; a word of `WORDS`
after the colon says how it is written, as in `{rate:percent}` or `{found[q]:number.1}`. Words for an interval take the
record that has `ci_low` and `ci_high`; `{n:plural clip}` counts things, `{n:plural category categories}` too,
with `~` for a space within a name.
"""

import string
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from analysis import wording

WORDS = {
    name: getattr(wording, name)
    for name in (
        "interval", "listing", "moment", "number", "p_exact", "p_value", "percent", "percent_interval", "points",
        "points_interval", "unit",
    )
}  # fmt: skip


class Texts:
    """The passages of one file of templates/."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, passage: str, /, **values: Any) -> str:
        """A passage on one line, its values written in."""
        return " ".join(self.paragraphs(passage, **values))

    @property
    def passages(self) -> list[str]:
        """Names of all passages, in their order."""
        return list(_read(self.name))

    def paragraphs(self, passage: str, /, **values: Any) -> list[str]:
        """The passage's paragraphs, each on one line."""
        return [_FORMATTER.vformat(text, (), values) for text in _read(self.name)[passage]]


class _Formatter(string.Formatter):
    def format_field(self, value: Any, spec: str) -> Any:
        word, _, digits = spec.partition(".")
        if word.startswith("plural "):
            return wording.plural(value, *(name.replace("~", " ") for name in word.split()[1:]))
        if word not in WORDS:
            return super().format_field(value, spec)
        ends = (value["ci_low"], value["ci_high"]) if isinstance(value, Mapping) else (value,)
        return WORDS[word](*ends, **({"digits": int(digits)} if digits else {}))


_FORMATTER = _Formatter()


@cache
def _read(name: str) -> dict[str, list[str]]:
    text = (files("analysis") / "templates" / f"{name}.md").read_text(encoding="utf-8")
    found = {}
    for passage in text.split("\n## ")[1:]:
        heading, _, body = passage.partition("\n")
        found[heading.strip()] = [" ".join(part.split()) for part in body.split("\n\n") if part.strip()]
    return found
