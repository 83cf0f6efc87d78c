"""The docs keep up: every command, environment setting and exported column is described, and examples work."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from studyserver.studies.columns import Column
from studyserver.studies.exports.clips import CLIP_COLUMNS
from studyserver.studies.exports.dictionary import COLUMNS, SESSION_COLUMNS
from studyserver.studies.exports.evidence import EVENT_COLUMNS, SHOWN_COLUMNS
from studyserver.studies.simulation.answers import read_answers, read_matrix

ROOT = Path(settings.BASE_DIR)
DOCS = {
    path.name: path.read_text(encoding="utf-8") for path in [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
}
OUR_ROOMS = ("studyserver", "generation", "analysis", "templates")
OUR_APPS = ("generation", "studyserver.studies")
CATEGORIES = ["Renaissance symbolism", "Asian traditional folklore", "Heavy metal", "Electronic music"]


def our_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in OUR_APPS)


def environment_settings() -> list[str]:
    """Names that settings.py reads from the environment."""
    text = (ROOT / "studyserver" / "settings.py").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"""(?:environ\.get|environ|envbool|envint|envlist)[\[(]"(\w+)\"""", text)))


def test_nobody_is_told_to_install_a_name_that_is_not_ours() -> None:
    """`paragone` on the public index is somebody else's: whoever installs it by name runs a stranger's code."""
    sources = [
        path for room in OUR_ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".md", ".html")
    ]
    texts = [*DOCS.values(), *(path.read_text(encoding="utf-8") for path in sources)]
    assert not [found for text in texts for found in re.findall(r"install.{0,80}[ '\"]paragone\b.{0,20}", text)]


def test_docs_and_commands_were_found() -> None:
    assert {"researcher.md", "data-dictionary.md", "operator.md"} <= set(DOCS)
    assert {"create_study", "build_report", "import_dataset"} <= set(our_commands())
    assert {"PARAGONE_DATA", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "REDIS_URL"} <= set(environment_settings())


@pytest.mark.parametrize("name", our_commands())
def test_every_command_is_described(name: str) -> None:
    assert any(re.search(rf"\b{name}\b", text) for text in DOCS.values()), name
    assert load_command_class(get_commands()[name], name).help


@pytest.mark.parametrize("name", environment_settings())
def test_every_environment_setting_is_described(name: str) -> None:
    assert f"`{name}`" in DOCS["operator.md"]


def test_names_of_code_in_the_docs_exist() -> None:
    named = {
        name
        for text in DOCS.values()
        for name in re.findall(r"(?<![\w./-])(?:analysis|generation|studyserver)(?:\.[A-Za-z_]\w*)+", text)
        if not name.endswith(".md")
    }
    assert {"analysis.results", "generation.encoders.spaces"} <= named
    assert [name for name in sorted(named) if not resolves(name)] == []


def resolves(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def dictionary_markdown(columns: list[Column]) -> str:
    """The dictionary as a Markdown table, as docs/data-dictionary.md prints it."""
    lines = ["| column | type | unit | range | empty when | meaning |", "|---|---|---|---|---|---|"]
    for c in columns:
        lines.append(f"| `{c.name}` | {c.type} | {c.unit or '–'} | {c.range} | {c.empty} | {c.meaning} |")
    return "\n".join(lines)


TABLES = (COLUMNS, SESSION_COLUMNS, SHOWN_COLUMNS, EVENT_COLUMNS, CLIP_COLUMNS)


def test_the_data_dictionary_is_the_one_in_code() -> None:
    exports, _, _ = DOCS["data-dictionary.md"].partition("## Tables of a report")
    lines = [line for line in exports.splitlines() if line.startswith("|")]
    tables = [dictionary_markdown(columns) for columns in TABLES]
    assert lines == "\n".join(tables).splitlines()


def test_every_option_of_the_researchers_commands_exists() -> None:
    """Options that the guide names are options of some command of ours."""
    known = set()
    for name in our_commands():
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        known |= {option for action in parser._actions for option in action.option_strings}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOCS["researcher.md"]))
    assert named
    assert named <= known


def test_examples_of_simulated_answers_are_accepted(tmp_path: Path) -> None:
    matrix, answers = re.findall(r"```csv\n(.*?)```", DOCS["researcher.md"], re.S)
    path = tmp_path / "example.csv"
    path.write_text(matrix, encoding="utf-8")
    counts = read_matrix(path, categories=CATEGORIES)
    assert {sum(row.values()) for row in counts.values()} == {12}
    path.write_text(answers, encoding="utf-8")
    wishes = read_answers(path, categories=CATEGORIES, blocks=3, one_to_one=True)
    assert [sum(heard == chosen for heard, chosen in wish.items()) for wish in wishes] == [4, 4, 2]
