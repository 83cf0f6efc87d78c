"""Text of a PDF as a reader's software finds it: every font's ToUnicode map over the strings that pages show."""

import re
import zlib
from collections.abc import Iterator

ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of_pdf(content: bytes) -> str:
    """The text of all pages in the order of their content; lines are run together by a space."""
    return " ".join(pages_of_pdf(content))


def pages_of_pdf(content: bytes) -> list[str]:
    """The text of every page."""
    objects = {int(m[1]): m[2] for m in re.finditer(rb"(\d+) 0 obj(.*?)endobj", content, re.S)}
    pages = re.search(rb"/Type/Pages/Count \d+/Kids\[([\d R]+)\]", content)
    assert pages is not None
    return [_page(objects, int(number)) for number in re.findall(rb"(\d+) 0 R", pages[1])]


def _page(objects: dict[int, bytes], number: int) -> str:
    page = objects[number]
    resources, contents = (int(re.search(rb"/%s (\d+) 0 R" % key, page)[1]) for key in (b"Resources", b"Contents"))
    fonts = re.search(rb"/Font<<(.*?)>>", objects[resources], re.S)
    maps = {
        name: _to_unicode(objects, int(ref))
        for name, ref in re.findall(rb"/(\w+) (\d+) 0 R", fonts[1] if fonts else b"")
    }
    words, letters, line, name = [], {}, b"", b""
    for kind, token in _tokens(_stream(objects[contents])):
        if kind == "string":
            line += token
        elif token.startswith(b"/"):
            name = token[1:]
        elif token == b"Tf":
            letters = maps[name]
        elif token == b"BDC":  # the strings before it name a language, not letters
            line = b""
        elif token in (b"TJ", b"Tj"):
            words.append("".join(letters[line[i] * 256 + line[i + 1]] for i in range(0, len(line), 2)))
            line = b""
    return " ".join(words)


def _tokens(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Strings, decoded, and everything else of a content stream; strings may hold parentheses in pairs."""
    at = 0
    while at < len(content):
        if content[at : at + 1] == b"(":
            end, depth = at + 1, 1
            while depth:
                letter = content[end : end + 1]
                end += 2 if letter == b"\\" else 1
                depth += {b"(": 1, b")": -1}.get(letter, 0)
            yield "string", _unescape(content[at + 1 : end - 1])
        elif (hexadecimal := re.match(rb"<([0-9A-Fa-f]*)>", content[at:])) is not None:
            end = at + hexadecimal.end()
            yield "string", bytes.fromhex(hexadecimal[1].decode())
        else:
            other = re.match(rb"\s+|/?[^\s()<>\[\]/]+|.", content[at : at + 200], re.S)
            assert other is not None
            end = at + other.end()
            yield "other", other[0]
        at = end


def _to_unicode(objects: dict[int, bytes], font: int) -> dict[int, str]:
    reference = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert reference is not None, "a font without ToUnicode cannot be read"
    cmap = _stream(objects[int(reference[1])])
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, letter in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    assert b"beginbfrange" not in cmap
    return found


def _stream(body: bytes) -> bytes:
    raw = body[body.index(b"stream") + 6 : body.rindex(b"endstream")].lstrip(b"\r\n")
    return zlib.decompressobj().decompress(raw) if b"FlateDecode" in body[: body.index(b"stream")] else raw


def _unescape(literal: bytes) -> bytes:
    return re.sub(
        rb"\\([0-7]{1,3}|.)",
        lambda m: bytes([int(m[1], 8)]) if m[1][:1].isdigit() else ESCAPED.get(m[1], m[1]),
        literal,
        flags=re.S,
    )
