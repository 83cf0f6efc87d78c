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
# Drawn before they are built: each must go from here on the day it stands.
PLANNED = {
    "analysis/exclusion/",
    "analysis/exclusion/registry.py",
    "analysis/kinds/",
    "analysis/kinds/registry.py",
    "analysis/metrics/members/",
    "analysis/metrics/registry.py",
    "analysis/render/sections/registry.py",
    "generation/encoders/spaces/registry.py",
    "generation/jobs/registry.py",
    "studyserver/studies/sitting/kinds/registry.py",
}
# Ways that no test has gone yet: each goes from here when its "Tried by" line names one.
UNTRIED = {
    "audio encoder",
    "backbone",
    "exclusion rule",
    "feature extractor",
    "image source",
    "job",
    "joint space",
    "kind of trial",
    "metric",
    "section of the report",
}


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
    """What a file defines: functions, classes, methods as Class.method; of a script functions and methods."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        return set(re.findall(r"^ *(?:export )?(?:async )?(?:function )?(\w+)\(.*\) \{$", text, re.M))
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{item.name}" for item in node.body if isinstance(item, ast.FunctionDef)}
    return found


def test_every_step_of_a_walk_is_in_the_code() -> None:
    steps = re.findall(r"`([\w/]+\.(?:py|js)):([\w.]+)`", TEXT)
    assert len(steps) > 30
    assert [f"{file}:{name}" for file, name in steps if name not in names_of(ROOT / file)] == []


@pytest.mark.parametrize("walk", list(WALKS))
def test_a_walk_names_each_room_once(walk: str) -> None:
    rooms = [cells[0].strip("`") for cells in rows_of(WALKS[walk])]
    assert len(rooms) > 10
    assert sorted(rooms) == sorted(set(rooms))
    for room in rooms:
        place = ROOT / room.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").is_file(), room


def test_every_place_named_is_there() -> None:
    named = set(re.findall(r"`((?:analysis|generation|studyserver|static|templates|tests|docs)/[\w/.]*)", TEXT))
    assert {name for name in named if not (ROOT / name).exists()} == PLANNED


def registries() -> set[str]:
    packages = ("analysis", "generation", "studyserver")
    files = (path for package in packages for path in (ROOT / package).rglob("registry.py"))
    return {path.relative_to(ROOT).as_posix() for path in files}


def test_every_registry_has_its_way_in() -> None:
    told = set(re.findall(r"`([\w/]+/registry\.py)`", SECTIONS["To add a ..."]))
    assert told - PLANNED == registries()
    assert list(TO_ADD) == [
        "kind of trial", "image source", "backbone", "audio encoder", "joint space", "feature extractor", "metric",
        "section of the report", "exclusion rule", "job",
    ]  # fmt: skip
    assert [thing for thing, text in TO_ADD.items() if "registry.py`" not in text] == []


def dictionaries(registry: str) -> set[str]:
    """Names of a registry's dictionaries."""
    found = ast.parse((ROOT / registry).read_text(encoding="utf-8")).body
    targets = [
        node.targets[0] if isinstance(node, ast.Assign) else node.target
        for node in found
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict)
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def touched_by(file: str, test: str) -> set[str]:
    """Last names of what a test sets items of, with the fixtures and helpers of its file that it uses."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    used, waiting = {test}, [test]
    while waiting:
        node = functions[waiting.pop()]
        names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)} | {a.arg for a in node.args.args}
        waiting += sorted((names & set(functions)) - used)
        used |= names & set(functions)
    source = "\n".join(ast.unparse(functions[name]) for name in used)
    return {name.rpartition(".")[2] for name in re.findall(r"setitem\(([\w.]+)", source)}


def test_a_test_has_gone_each_way_and_touched_no_other_registry() -> None:
    """What the docs name and what the test touches are equal."""
    tried = {thing: re.findall(r"^Tried by `([\w/]+\.py)::(\w+)`", text, re.M) for thing, text in TO_ADD.items()}
    assert {thing for thing, tests in tried.items() if not tests} == UNTRIED
    every = set().union(*(dictionaries(path) for path in registries()))
    for thing, file, test in [(thing, *found) for thing, tests in tried.items() for found in tests]:
        told = [dictionaries(path) for path in re.findall(r"`([\w/]+/registry\.py)`", TO_ADD[thing])]
        touched = touched_by(file, test) & every
        assert all(names & touched for names in told), f"{test} leaves out a registry of: {thing}"
        assert touched <= set().union(*told), f"{test} touches a registry that the way to add a {thing} does not name"
