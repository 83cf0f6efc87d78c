"""Names: one way to write each of them, and what must not stand in one.

Names of categories, sets, arms, titles and labels pass through here wherever they enter, those that are stored
(`clean_name`, which refuses) and those in tables and archives from elsewhere (`read_name`, which reads whatever is
there, so that what is stored already can always be read again). Standard library alone: web pages use it too.
"""

import re
import unicodedata
from collections.abc import Iterable

# Blanks that str.strip() knows, without the separators among the control characters, and those that nobody sees.
BLANKS = (
    " \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f"
    "\u3000\u00ad\u115f\u1160\u180e\u200b\u200c\u200d\u2060\u2800\u3164\ufeff\uffa0"
)
BREAKS = "\t\n\v\f\r\u2028\u2029"
AS_BLANKS = dict.fromkeys(map(ord, BREAKS), " ")
# What spreadsheets take for the beginning of a formula; the wide forms where people write Chinese or Japanese.
FORMULA = "=+-@＝＋－＠"
# How R, pandas and spreadsheets write that there is no value: what pandas.read_csv takes for one.
MISSING = frozenset(
    {
        *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
        *("NULL", "NaN", "None", "n/a", "nan", "null"),
    }
)
# Small letters of other alphabets, or their capitals, that look like Latin ones (after Unicode TS 39, confusables).
LOOK_ALIKE = str.maketrans(
    "авеѕіјкмнорстухԁԛԝһӏαβεζηικμνορτυχ01i‐‑‒–—−’‘ʼ", "abesijkmhopctyxdqwhlabezhlkmnoptyxoll------'''"
)
NUMBER = re.compile(r"\(?[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)?\s?%?\)?", re.IGNORECASE)
KEPT_NUMBER = re.compile(r"0|[1-9]\d{0,10}")
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
DATE = re.compile(
    rf"\d{{1,4}}[-/.]\d{{1,2}}([-/.]\d{{1,4}})?|\d{{1,2}}:\d{{2}}(:\d{{2}})?|({MONTHS})[a-z]*[- /.]?\d{{1,4}}|"
    rf"\d{{1,4}}[- /.]?({MONTHS})[a-z]*([- /.]?\d{{1,4}})?",
    re.IGNORECASE,
)


class NameProblem(ValueError):
    """Why a text cannot be a name: words that follow what it is the name of."""


def tidy(text: str) -> str:
    """Composed characters (NFC), no blanks around, also none that nobody sees."""
    return unicodedata.normalize("NFC", text).strip(BLANKS)


def clean_name(text: str) -> str:
    """A name as it is stored: tidy; empty where there is none.

    Raises
    ------
    NameProblem
        A character that is none of a text, nothing that can be seen, what spreadsheets run or what stands for no value.
    """
    name = check_text(tidy(text), lines=False)
    if reason := find_formula(name):
        raise NameProblem(reason)
    if name and name in MISSING:
        raise NameProblem(f'is "{name}", which R and pandas read as no value; rename it')
    if name and all(unicodedata.category(c)[0] in "CZ" for c in name):
        raise NameProblem("holds nothing that can be seen; rename it")
    return name


def check_text(text: str, *, lines: bool = True) -> str:
    """The text itself, where all its characters may be stored and shown; NameProblem names the first that may not.

    lines: whether line breaks and tabs may stand in it.
    """
    wrong = next((c for c in text if is_no_text(c) and not (lines and c in BREAKS)), None)
    if wrong is None:
        return text
    kind = "half of a character" if "\ud800" <= wrong <= "\udfff" else "the control character"
    raise NameProblem(f"holds {kind} U+{ord(wrong):04X}; take it out")


def is_no_text(character: str) -> bool:
    """Whether it is a control character, a line break, half of a surrogate pair, or never a character at all."""
    code = ord(character)
    return (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
    )


def read_name(text: str) -> str:
    """A name as it is read from elsewhere: tidy, line breaks as blanks; what is no text is shown as `[U+0007]`."""
    return show_text(tidy(text).translate(AS_BLANKS))


def show_text(text: str) -> str:
    """A text that every format can show: what is no text is named, as `[U+0007]`; line breaks and tabs stay."""
    if text.isprintable():
        return text
    return "".join(f"[U+{ord(c):04X}]" if is_no_text(c) and c not in BREAKS else c for c in text)


def find_formula(text: str) -> str:
    """Why a text must not stand in a table that spreadsheet programs open: they run what looks like a formula.

    Empty where it may. Names are refused rather than changed in an export, so that all tables name the same thing.
    """
    if text[:1] and text[0] in FORMULA:
        return f'begins with "{text[0]}", which spreadsheets take for a formula; rename it'
    return ""


def find_change(name: str) -> str:
    """What a spreadsheet makes of a name that it opens, "a number" or "a date"; empty where it stays what it is."""
    if name.lower() in ("true", "false"):
        return "" if name.isupper() else "a truth value"
    if DATE.fullmatch(name) and not KEPT_NUMBER.fullmatch(name):
        return "a date or time"
    return "a number" if NUMBER.fullmatch(name) and not KEPT_NUMBER.fullmatch(name) else ""


def group_alike(names: Iterable[str]) -> list[list[str]]:
    """Different names that people read as the same: by case, look-alike letters, blanks or what nobody sees."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        groups.setdefault(_skeleton(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _skeleton(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).translate(LOOK_ALIKE)
    return "".join(c for c in folded if c not in BLANKS and unicodedata.category(c) != "Cf").translate(LOOK_ALIKE)
