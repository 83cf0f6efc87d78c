"""A page as a reader of its markup finds it."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """Checks that tags nest, and collects ids, references, headings and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.targets, self.headings, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.targets += [v.removeprefix("#") for k, v in attrs if k == "href" and v.startswith("#")]
        self.targets += (values.get("aria-labelledby") or "").split()
        assert "style" not in values, f"{tag} has an inline style"
        assert not any(name.startswith("on") for name in values), f"{tag} has an inline handler"
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)
