"""A page's form, read as a browser would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from studyserver.studies.errors import SimulationError


@dataclass
class Form:
    """A form as the page has it: fields with their preset value, choices by field, buttons."""

    attributes: dict[str, str]
    hidden: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, list[str]] = field(default_factory=dict)


class PageReader(HTMLParser):
    """Reads the forms, sounds and pictures of a page, and what it says in spans that have a class, by class."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.sounds: list[str] = []
        self.pictures: list[str] = []
        self.title = ""
        self.texts: dict[str, str] = {}
        self._open: dict[str, str] = {}  # elements that are not closed yet, with their class
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self._open[tag] = named.get("class", "")
        if tag == "form":
            self.forms.append(Form(named))
        elif tag == "audio" and "src" in named:
            self.sounds.append(named["src"])
        elif tag == "img" and named.get("src", "").startswith("/"):
            self.pictures.append(named["src"])
        elif tag in ("input", "button") and "form" in self._open and "name" in named:
            form, name, value = self.forms[-1], named["name"], named.get("value", "")
            kind = named.get("type", "submit" if tag == "button" else "text")
            if kind == "submit":
                form.buttons.setdefault(name, []).append(value)
            elif kind == "radio":
                form.choices.setdefault(name, []).append(value)
            elif kind == "hidden":
                form.hidden[name] = value

    def handle_endtag(self, tag: str) -> None:
        self._open.pop(tag, None)

    def handle_data(self, data: str) -> None:
        if "h1" in self._open:
            self.title += data
        if span := self._open.get("span"):
            self.texts[span] = self.texts.get(span, "") + data

    @property
    def form(self) -> Form:
        """The page's one form."""
        if not self.forms:
            raise SimulationError(f"The page “{self.title.strip()}” has no form.")
        return self.forms[0]

    @property
    def choices(self) -> dict[str, list[str]]:
        """Values of the radio buttons of the page's form, by field."""
        return self.form.choices
