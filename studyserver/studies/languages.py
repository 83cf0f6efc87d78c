"""Languages of studies' texts, by the tags that pages name them with (BCP 47): those that Django knows."""

from django.conf.locale import LANG_INFO

ENGLISH = "en"
"""What the pages' own words are in."""


def list_languages() -> list[tuple[str, str]]:
    """(tag, name in English and in the language itself), English first, then by name."""
    known = [(tag, info) for tag, info in LANG_INFO.items() if "name" in info]
    known.sort(key=lambda pair: (pair[0] != ENGLISH, pair[1]["name"]))
    return [(tag, " · ".join(dict.fromkeys((info["name"], info["name_local"])))) for tag, info in known]


def direction_of(tag: str) -> str:
    """The direction in which the language is written: "ltr" or "rtl"."""
    return "rtl" if LANG_INFO.get(tag, {}).get("bidi") else "ltr"
