"""Drawing to SVG: style, letters as outlines, labels that fit. Same data, same bytes: no dates, no random ids."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from html import escape
from typing import Any, Concatenate, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from analysis.render.drawings import fonts

INK = "#1d1d1b"
GREY = "#6b6b66"
PALE = "#d9d8d2"
BLUE = "#1f5f99"
ORANGE = "#b3540f"
BLUES = LinearSegmentedColormap.from_list("paragone", ["#f4f3ee", "#9cc0de", BLUE, "#0d2f52"])
WIDTH = 6.2

STYLE: dict[str, Any] = {
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.unicode_minus": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "paragone",
    "text.parse_math": False,
    "hatch.linewidth": 0.8,
}

_DRAWN: ContextVar[dict[Hashable, Any] | None] = ContextVar("drawn", default=None)
Data = TypeVar("Data")
Drawing = TypeVar("Drawing")
More = ParamSpec("More")


@contextmanager
def shared_drawings() -> Iterator[None]:
    """Inside, every figure of one result document is drawn once for all formats; the document must stay as it is."""
    token = _DRAWN.set({})
    try:
        yield
    finally:
        _DRAWN.reset(token)


def drawn_once(draw: Callable[Concatenate[Data, More], Drawing]) -> Callable[Concatenate[Data, More], Drawing]:
    """A figure's function that remembers what it drew of the same part of a document, inside `shared_drawings`."""

    @wraps(draw)
    def drawn(data: Data, *args: More.args, **kwargs: More.kwargs) -> Drawing:
        # The part is known by its identity; it is kept beside its figure, so that no other can take its place.
        key = (draw.__qualname__, id(data), args, tuple(sorted(kwargs.items())))
        return remembered(key, lambda: (data, draw(data, *args, **kwargs)))[1]

    return drawn


def remembered(key: Hashable, draw: Callable[[], Drawing]) -> Drawing:
    """What `draw` gives; inside `shared_drawings` it is called once for each key."""
    memory = _DRAWN.get()
    if memory is None:
        return draw()
    if key not in memory:
        memory[key] = draw()
    found: Drawing = memory[key]
    return found


def svg(figure: Figure, *, name: str, alt: str) -> str:
    """The figure as an <svg> element for a page without inline styles: own ids, role, title; equal bytes each time."""
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'\s*<style type="text/css">.*?</style>', "", text, flags=re.S)
    text = re.sub(r' style="([^"]*)"', _attributes, text)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r'xlink:href="#([^"]*)"', rf'href="#{name}-\1"', text).replace("xlink:href=", "href=")
    text = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", text)
    view = re.search(r'viewBox="([^"]*)"', text)
    assert view is not None
    width, height = (float(v) for v in view[1].split()[2:])
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view[1]}" width="{width:g}pt" height="{height:g}pt" '
        f'role="img" aria-labelledby="{name}-title" stroke-linejoin="round" stroke-linecap="butt">\n'
        f' <title id="{name}-title">{escape(alt)}</title>'
    )
    return re.sub(r"<svg[^>]*>", lambda _: opening, text, count=1).strip() + "\n"


def column_labels(labels: Sequence[str], cell: float) -> list[str]:
    """Labels over columns `cell` inches wide: wrapped where four lines hold them all, else numbers in order."""
    wrapped = [wrap(text, cell - 0.08) for text in labels]
    broken = any(
        " " not in text and "\n" in lines for text, lines in zip(labels, wrapped, strict=True) if text.isascii()
    )
    if broken or max(text.count("\n") for text in wrapped) > 3:
        return [str(i + 1) for i in range(len(labels))]
    return wrapped


def wrap(text: str, width: float, *, size: float = 10) -> str:
    """Break a label into lines of at most `width` inches; words without a gap are broken by letters."""
    lines, line = [], ""
    for word in re.findall(r"\S+\s*", text) or [text]:
        if text_width((line + word).rstrip(), size=size) <= width or not line:
            line += word
        else:
            lines.append(line.rstrip())
            line = word
        while text_width(line.rstrip(), size=size) > width and len(line) > 1:
            cut = next(
                n for n in range(len(line), 0, -1) if n == 1 or text_width(line[:n].rstrip(), size=size) <= width
            )
            lines.append(line[:cut].rstrip())
            line = line[cut:]
    return "\n".join([*lines, line.rstrip()]) if line.strip() or not lines else "\n".join(lines)


def text_width(text: str, *, size: float = 10) -> float:
    """Width in inches of the widest line."""
    return max(sum(map(fonts.advance, line)) for line in text.split("\n")) * size / 72


def fit(text: str, width: float, *, size: float = 10) -> str:
    """The text on one line of at most `width` inches, cut with an ellipsis where it is longer."""
    if text_width(text, size=size) <= width:
        return text
    while len(text) > 1 and text_width(text + "…", size=size) > width:
        text = text[:-1].rstrip()
    return text + "…"


def shorten(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def drawing_style() -> Any:
    return mpl.rc_context({**STYLE, "font.family": fonts.families()})


def _attributes(match: re.Match[str]) -> str:
    """CSS declarations as SVG presentation attributes, which a strict content security policy allows."""
    pairs = (item.split(":", 1) for item in match[1].split(";") if ":" in item)
    return "".join(f' {key.strip()}="{value.strip()}"' for key, value in pairs)
