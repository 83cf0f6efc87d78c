"""Sentences stand in templates: they are written with values as tables are, and none is left in code."""

import ast
import re
from pathlib import Path

import pytest

from analysis.prose import Texts

ROOT = Path(__file__).parents[2]
MOST_WORDS = 25
# What makes an error of its words, at once or where a row is wrong.
ERROR = re.compile(r"Error$|^_?refuse")
# Rooms whose sentences have not moved to templates yet.
# Files whose passages are chosen by design, by terms and by verdicts.
CHOSEN = {"sections/reading", "sections/glossary", "sections/decision"}
ELSEWHERE = {"compare", "confusion", "distribution", "join", "metrics", "paper", "participants", "power", "similarity"}


@pytest.fixture
def texts(monkeypatch):
    passages = {
        "values": ["{rate:percent} of {n:plural clip}, p = {p:p_exact}, {row:interval}, {row[ci_low]:unit.3}."],
        "plurals": ["{n:plural category categories}, {n:plural different~board}"],
        "two": ["First {a}.", "Second."],
    }
    monkeypatch.setattr("analysis.prose._read", lambda name: passages)
    return Texts("anything")


def test_values_are_written_as_tables_write_them(texts):
    row = {"ci_low": 0.25, "ci_high": 0.5}
    words = texts("values", rate=0.791, n=1, p=0.0004, row=row)
    assert words == "79.1% of 1 clip, p = 4.00 × 10⁻⁴, [.25, .50], .250."
    assert texts("plurals", n=2) == "2 categories, 2 different boards"
    assert texts("values", rate=None, n=2, p=None, row={"ci_low": 0.1, "ci_high": None}).startswith("– of 2 clips")


def test_paragraphs_come_one_by_one_or_on_one_line(texts):
    assert texts.paragraphs("two", a=1) == ["First 1.", "Second."]
    assert texts("two", a=1) == "First 1. Second."


def test_a_passage_or_value_that_does_not_exist_is_an_error(texts):
    with pytest.raises(KeyError):
        texts("three")
    with pytest.raises(KeyError):
        texts("two")


@pytest.mark.parametrize("path", sorted((ROOT / "analysis" / "templates").rglob("*.md")), ids=lambda path: path.stem)
def test_every_passage_of_a_file_is_used_once_and_named_once(path):
    name = path.relative_to(ROOT / "analysis" / "templates").with_suffix("").as_posix()
    headings = [line[3:].strip() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert headings
    assert len(headings) == len(set(headings))
    users = [text for file in (ROOT / "analysis").rglob("*.py") if f'Texts("{name}")' in (text := file.read_text())]
    assert users, f"nobody reads {name}.md"
    if name not in CHOSEN:
        code = "\n".join([*users, *(f.read_text() for f in (ROOT / "analysis" / "results").glob("*.py"))])
        assert [heading for heading in headings if not re.search(rf"""['"]{heading}['"]""", code)] == []


def long_texts(tree):
    """Line and number of words of every long text that is neither documentation nor an error."""
    skipped = set()
    for node in ast.walk(tree):
        is_error = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and ERROR.search(node.func.id)
        if is_error or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            skipped |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(inner) for inner in ast.walk(node) if inner is not node}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "value" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        # Without any punctuation it is a list of names.
        if len(text.split()) >= MOST_WORDS and not re.fullmatch(r"[\w\s]*", text):
            yield node.lineno, len(text.split())


def test_long_texts_are_found_and_errors_and_docstrings_are_not():
    words = ", ".join(["word"] * MOST_WORDS)
    code = f'"""{words}"""\nx = "{words}"\ny = f"{words} {{x}}"\nraise ValueError("{words}")\n'
    assert [line for line, _ in long_texts(ast.parse(code))] == [2, 3]


def test_no_sentence_of_the_report_stands_in_code():
    found = {}
    for path in sorted((ROOT / "analysis").rglob("*.py")):
        long = list(long_texts(ast.parse(path.read_text(encoding="utf-8"))))
        if long and path.relative_to(ROOT / "analysis").parts[0] not in ELSEWHERE:
            found[str(path.relative_to(ROOT))] = long
    assert found == {}
