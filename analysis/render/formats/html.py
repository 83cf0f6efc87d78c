"""Pages of one file each that load nothing, work without script, print, and can be read aloud."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.render.formats.prose import markdown_html
from analysis.render.formats.web_fonts import font_face
from analysis.render.parts import Beside, Heading, Markdown, Part, parts_for


@dataclass
class _Entry:
    """A heading that the contents name, with those below it."""

    heading: Heading
    entries: list["_Entry"] = field(default_factory=list)

    def place_for(self, level: int) -> "_Entry":
        """The entry that a heading of this level belongs below."""
        last = self.entries[-1] if self.entries else None
        return last.place_for(level) if last and last.heading.level < level else self


@dataclass
class _Section(_Entry):
    """A heading of level two with what follows it."""

    parts: list[Markup] = field(default_factory=list)


def page(title: str, parts: Iterable[Part], *, letters: Any = "", script: bool = True) -> str:
    """Parts as a self-contained page; what stands before the first heading of level two is its head.

    Args:
        letters: whatever holds every text of the page, for letters that a reader's computer may lack.
        script: whether tables can be sorted; a page without it has no contents either.
    """
    intro: list[Markup] = []
    sections: list[_Section] = []
    for part in parts_for(parts, page=True):
        match part:
            case Heading(level=2):
                sections.append(_Section(part))
            case Heading(level=level, anchor=anchor) if anchor and sections and level > 2:
                sections[-1].place_for(level).entries.append(_Entry(part))
        if not (isinstance(part, Heading) and part.folded):
            (sections[-1].parts if sections else intro).append(_write(part))
    # Without sections the title alone is the head.
    intro, alone = (intro, []) if sections else (intro[:1], intro[1:])
    style = font_face(_text_of(letters)) + _template_text("report.css")
    code = _template_text("report.js") if script else ""
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title, intro=intro, alone=alone, sections=sections, style=style, script=code,
            policy=_policy(style, code),
        )
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def _write(part: Part) -> Markup:
    """A part by the macro of its name."""
    if isinstance(part, Markdown):
        return Markup(markdown_html(part.text))
    if isinstance(part, Beside):
        return Markup('<div class="beside">\n%s</div>\n') % Markup("").join(map(_write, part.parts))
    found: Markup = getattr(_environment().get_template("parts.html.j2").module, type(part).__name__.lower())(part)
    return found


@cache
def _environment() -> Environment:
    """Templates with autoescape; a name that does not exist is an error, never an empty place."""
    return Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _text_of(value: Any) -> str:
    """Every letter that the page may print."""
    if isinstance(value, Mapping):
        return "".join(map(_text_of, value.keys())) + "".join(map(_text_of, value.values()))
    if isinstance(value, list | tuple):
        return "".join(map(_text_of, value))
    return value if isinstance(value, str) else ""


def _template_text(name: str) -> str:
    """A file of the templates folder as it stands."""
    return (files("analysis") / "templates" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """A policy that lets in this page's own style and script and nothing from anywhere else."""
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        f"img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
