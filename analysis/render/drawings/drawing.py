"""Drawing to SVG: style, letters as outlines, labels that fit. Same data, same bytes: no dates, no random ids."""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from analysis.render.drawings import fonts
from analysis.render.parts import Picture, Table

INK = "#1d1d1b"
GREY = "#6b6b66"
PALE = "#d9d8d2"
BLUE = "#1f5f99"
ORANGE = "#b3540f"
BLUES = LinearSegmentedColormap.from_list("paragone", ["#f4f3ee", "#9cc0de", BLUE, "#0d2f52"])
WIDTH = 6.2

DASHED = (0, (4, 3))

STYLE: dict[str, Any] = {
    "font.size": 10, "text.color": INK, "axes.edgecolor": GREY, "axes.labelcolor": INK, "axes.linewidth": 0.8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "xtick.color": GREY,
    "ytick.color": GREY, "xtick.labelcolor": INK, "ytick.labelcolor": INK, "axes.unicode_minus": False,
    "svg.fonttype": "path", "svg.hashsalt": "paragone", "text.parse_math": False, "hatch.linewidth": 0.8,
}  # fmt: skip
_DRAWN: ContextVar[dict[tuple[str, str], str] | None] = ContextVar("drawn", default=None)


@contextmanager
def shared_drawings() -> Iterator[None]:
    """Inside, every figure of one result document is drawn once for all formats; the document must stay as it is."""
    token = _DRAWN.set({})
    try:
        yield
    finally:
        _DRAWN.reset(token)


def picture(
    draw: Callable[..., Figure], *values: Any, name: str, alt: str, caption: str, data: Table | None = None
) -> Picture:
    """The figure that `draw` makes of the values, as a part; inside `shared_drawings` it is drawn once.

    Args:
        name: what the ids inside the figure begin with; one figure's alone within a document.
        alt: what it shows, in words.
        data: the table behind it, where no table of the same numbers stands beside it.
    """
    return Picture(partial(_drawn, draw, values, name, alt), name, alt, caption, data)


def _drawn(draw: Callable[..., Figure], values: Sequence[Any], name: str, alt: str) -> str:
    memory = _DRAWN.get()
    drawn = memory.get((name, alt)) if memory is not None else None
    if drawn is None:
        with mpl.rc_context({**STYLE, "font.family": fonts.families()}):
            drawn = svg(draw(*values), name=name, alt=alt)
        if memory is not None:
            memory[name, alt] = drawn
    return drawn


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


def lines_of(texts: Iterable[str]) -> int:
    """Lines of the longest of the texts."""
    return max(text.count("\n") + 1 for text in texts)


def shorten(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def share_axis(axis: Axis) -> None:
    """Shares from none to all, in percent."""
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])


def drawable(text: str) -> str:
    """The text, with letters that no font has replaced by a question mark."""
    missing = set(fonts.missing_letters(text))
    return "".join("?" if letter in missing else letter for letter in text)


def _attributes(match: re.Match[str]) -> str:
    """CSS declarations as SVG presentation attributes, which a strict content security policy allows."""
    pairs = (item.split(":", 1) for item in match[1].split(";") if ":" in item)
    return "".join(f' {key.strip()}="{value.strip()}"' for key, value in pairs)
