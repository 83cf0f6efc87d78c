"""report.html: one file that loads nothing, works without script, prints, and can be read aloud."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def make_environment() -> Environment:
    """Templates with autoescape; a name that does not exist is an error, never an empty place."""
    return Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


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
