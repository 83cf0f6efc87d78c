"""Letters that a reader's computer may lack, carried inside the page as a small font cut to the letters used."""

import base64
import io
from functools import lru_cache

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from analysis.render.drawings import CJK_FONT

FAMILY = "Paragone CJK"
# First code point of the East Asian scripts; everything below is in the fonts of every system.
FIRST = 0x2E80


def font_face(text: str) -> str:
    """A CSS @font-face rule for the East Asian letters in `text`; empty where there are none."""
    letters = "".join(sorted({c for c in text if ord(c) >= FIRST}))
    if not letters:
        return ""
    data = base64.b64encode(_cut(letters)).decode()
    # Listed first in the page's families and limited to these letters: a fallback listed last is picked too late by
    # browsers that have already shaped the line with their box of last resort.
    letters_css = ", ".join(f"U+{ord(c):X}" for c in letters)
    source = f'url(data:font/woff;base64,{data}) format("woff")'
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-display: block; unicode-range: {letters_css}; src: {source}; }}\n'
    )


@lru_cache(maxsize=8)
def _cut(letters: str) -> bytes:
    options = subset.Options(layout_features=[], name_IDs=[1, 2], notdef_outline=True, hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text=letters)
    buffer = io.BytesIO()
    with TTFont(str(CJK_FONT), recalcTimestamp=False, lazy=True) as font:
        cutter.subset(font)
        font.flavor = "woff"
        font.save(buffer)
    return buffer.getvalue()
