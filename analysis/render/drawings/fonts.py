"""Fonts of the figures, and what to do with names that no font can draw.

Figures carry their letters as outlines, so that a report looks the same everywhere. DejaVu Sans comes with
matplotlib; Noto Sans CJK JP 2.004 lies in `analysis/data/fonts` with its licence. A set of names in which a letter is
missing from both is numbered, and the page prints the key: a figure never shows empty boxes.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matplotlib import font_manager, ft2font

import analysis

CJK_FONT = Path(analysis.__file__).parent / "data" / "fonts" / "NotoSansCJKjp-Regular.otf"
CJK_FAMILY = "Noto Sans CJK JP"
BASE_FAMILY = "DejaVu Sans"


@dataclass(frozen=True)
class Labels:
    """What figures write for each name: the names themselves, or numbers with a key to be printed beside them."""

    texts: tuple[str, ...]
    numbered: bool
    warning: str


@cache
def families() -> list[str]:
    """Font families in the order in which a letter is looked up."""
    font_manager.fontManager.addfont(str(CJK_FONT))
    return [BASE_FAMILY, CJK_FAMILY]


@cache
def _faces() -> list[ft2font.FT2Font]:
    """The font files behind `families`, in the same order."""
    base = font_manager.findfont(BASE_FAMILY, fallback_to_default=False)
    return [ft2font.FT2Font(str(path)) for path in (base, CJK_FONT)]


@cache
def _letters() -> frozenset[int]:
    """Code points that one of the families can draw."""
    return frozenset().union(*(face.get_charmap() for face in _faces()))


@cache
def advance(letter: str) -> float:
    """Width of a letter in units of the font size; a letter that no font has counts as one wide one."""
    for face in _faces():
        if ord(letter) in face.get_charmap():
            glyph = face.load_char(ord(letter), flags=ft2font.LoadFlags.NO_SCALE)
            return float(glyph.horiAdvance) / face.units_per_EM
    return 1.0


def missing_letters(text: str) -> list[str]:
    """Letters of `text` that no family can draw, each once; marks that only shape others do not count."""
    return sorted({c for c in text if ord(c) not in _letters() and not _invisible(c)})


def figure_labels(names: Sequence[str]) -> Labels:
    """The names as they can be drawn, or numbers 1..n with a warning that says why."""
    missing = sorted({c for name in names for c in missing_letters(name)})
    if not missing:
        return Labels(tuple(" ".join(name.split()) for name in names), numbered=False, warning="")
    some = ", ".join(f"U+{ord(c):04X}" for c in missing[:3]) + (" ..." if len(missing) > 3 else "")
    return Labels(
        tuple(str(i + 1) for i in range(len(names))),
        numbered=True,
        warning=f"Figures show numbers in place of category names, because no font here can draw {some}.",
    )


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cf", "Cc", "Zs") or letter == "\ufe0f"
