"""docs/architecture.md is the house that stands: rooms, floors, the ways through it, and where new things go."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S))
WALKS = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", SECTIONS["A walk"], re.M | re.S))
TO_ADD = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", SECTIONS["To add a ..."], re.M | re.S))
# Packages that are no rooms: what Django finds by its place.
NO_ROOMS = {"migrations", "commands"}


def contracts() -> list[dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def rows_of(text: str) -> list[list[str]]:
    """Cells of the rows of every table, without heads."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in cells] for cells in lines if cells[0].startswith(("`", "the project"))]


@pytest.mark.parametrize("package", ["studyserver/studies", "generation", "analysis"])
def test_every_room_is_drawn_once(package: str) -> None:
    (drawn,) = (
        text for title, text in re.findall(r"^### (\S+): .+?\n(.*?)(?=^##|\Z)", TEXT, re.M | re.S) if title == package
    )
    named = [cells[0].strip("`").rstrip("/") for cells in rows_of(drawn)]
    folders = (path.parent.relative_to(ROOT / package) for path in (ROOT / package).rglob("__init__.py"))
    rooms = {folder.as_posix() for folder in folders if not NO_ROOMS & set(folder.parts)}
    assert sorted(named) == sorted(rooms - {"."})


def test_the_floors_are_those_that_are_checked() -> None:
    drawn = [[cell.strip("`") for cell in cells] for cells in rows_of(SECTIONS["Floors"])]
    checked = [
        [
            contract.get("containers", ["the project"])[0],
            " > ".join(floor.replace(" | ", ", ") for floor in contract["layers"]),
        ]
        for contract in contracts()
        if contract["type"] == "layers"
    ]
    assert drawn == checked


def test_every_other_contract_is_told() -> None:
    told = re.findall(r"^- \*(.+?)\*", SECTIONS["Floors"], re.M)
    assert told == [contract["name"] for contract in contracts() if contract["type"] != "layers"]


def names_of(path: Path) -> set[str]:
    """What a file defines: functions, classes, dictionaries, Class.member; of a script functions and methods."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        return set(re.findall(r"^ *(?:export )?(?:async )?(?:function )?(\w+)\(.*\) \{$", text, re.M))
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            members = (item for item in node.body if isinstance(item, ast.FunctionDef | ast.ClassDef))
            found |= {f"{node.name}.{item.name}" for item in members}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def exists(place: str) -> bool:
    """Whether there is this file or folder, and in it what stands after a colon, or two."""
    path, _, name = place.partition(":")
    return (ROOT / path).exists() and (not name or name.lstrip(":") in names_of(ROOT / path))


def test_every_place_named_is_there() -> None:
    named = set(re.findall(r"`((?:analysis|generation|studyserver|static|templates|tests|docs)/[^`<\s]*)`", TEXT))
    assert len([name for name in named if ":" in name]) > 40
    assert [name for name in sorted(named) if not exists(name)] == []


@pytest.mark.parametrize("walk", list(WALKS))
def test_a_walk_names_each_room_once(walk: str) -> None:
    rooms = [cells[0].strip("`") for cells in rows_of(WALKS[walk])]
    assert len(rooms) > 10
    assert sorted(rooms) == sorted(set(rooms))
    for room in rooms:
        place = ROOT / room.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").is_file(), room


def ways_of(text: str) -> set[str]:
    """The dictionaries that a way to add something names."""
    return set(re.findall(r"`[\w/]+\.py:([A-Z_]+)`", text))


def test_every_registry_has_its_way_in() -> None:
    packages = ("analysis", "generation", "studyserver")
    files = {
        path.relative_to(ROOT).as_posix() for package in packages for path in (ROOT / package).rglob("registry.py")
    }
    told = set(re.findall(r"`([\w/]+/registry\.py):", SECTIONS["To add a ..."]))
    assert told == files
    assert list(TO_ADD) == [
        "kind of trial", "image source", "backbone", "audio encoder", "joint space", "feature extractor", "metric",
        "section of the report", "exclusion rule", "job",
    ]  # fmt: skip
    assert [thing for thing, text in TO_ADD.items() if not ways_of(text)] == []


def touched_by(file: str, test: str) -> set[str]:
    """Names in capitals that stand in a test, and in the fixtures and helpers of its file that it uses."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    used, waiting = {test}, [test]
    while waiting:
        node = functions[waiting.pop()]
        names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)} | {a.arg for a in node.args.args}
        marks = (item for mark in node.decorator_list for item in ast.walk(mark))
        names |= {item.value for item in marks if isinstance(item, ast.Constant)}  # usefixtures("...")
        waiting += sorted((names & set(functions)) - used)
        used |= names & set(functions)
    return {name for test in used for name in re.findall(r"\b[A-Z_]+\b", ast.unparse(functions[test]))}


def test_what_the_docs_name_and_what_a_test_touches_are_equal() -> None:
    tried = {thing: re.findall(r"^Tried by `([\w/]+\.py)::(\w+)`", text, re.M) for thing, text in TO_ADD.items()}
    assert [thing for thing, tests in tried.items() if not tests] == []
    every = set().union(*(ways_of(text) for text in TO_ADD.values()))
    for file, test in {found for tests in tried.values() for found in tests}:
        told = set().union(*(ways_of(TO_ADD[thing]) for thing, tests in tried.items() if (file, test) in tests))
        assert touched_by(file, test) & every == told, test
