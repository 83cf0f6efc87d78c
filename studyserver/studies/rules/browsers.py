"""Families of browsers: enough to see that one of them shows or plays less, too little to tell people apart. Pure."""

import re

OTHER = "other"

# Browsers call themselves by the names of those that they descend from, so the youngest name comes first.
FAMILIES = (
    (OTHER, r"OPR/|OPT/|Opera|SamsungBrowser|YaBrowser|Vivaldi|UCBrowser|DuckDuckGo|Trident|MSIE"),
    ("Edge", r"Edge?/|EdgA/|EdgiOS/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|Chromium/|CriOS/"),
    ("Safari", r"Version/\S+ .*Safari/"),
)
BROWSERS = (*(name for name, _ in FAMILIES if name != OTHER), OTHER)


def browser_family(user_agent: str) -> str:
    """The family of the browser that calls itself so: Edge, Firefox, Chrome, Safari or other."""
    return next((name for name, signs in FAMILIES if re.search(signs, user_agent)), OTHER)
