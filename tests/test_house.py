"""The house stands as it is drawn: small rooms with one face each, floors that hold, names in one place."""

import ast
import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import grimp
import pytest
from django.conf import settings

from tests.tested_through import THROUGH

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("analysis", "generation", "studyserver")
# Not rooms: what Django finds by folder, and one file per member.
UNCOUNTED = {"migrations", "commands"}
# Their modules may be imported one by one: a project's root is no room.
ROOTS = {"analysis", "generation", "studyserver", "studyserver.studies"}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path.relative_to(ROOT) for path in sorted((ROOT / package).rglob("*.py")))


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in sources()}
ROOMS = sorted(name for name, path in MODULES.items() if path.name == "__init__.py")


def is_inside(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def face_of(room: str) -> ModuleType:
    return importlib.import_module(room)


def test_modules_were_found() -> None:
    assert len(MODULES) > 300
    assert len(ROOMS) > 40


def test_no_folder_holds_more_than_twelve_modules() -> None:
    count: dict[Path, int] = {}
    for path in [*MODULES.values(), *(path.relative_to(ROOT) for path in (ROOT / "static").rglob("*.js"))]:
        if path.name != "__init__.py" and path.parent.name not in UNCOUNTED:
            count[path.parent] = count.get(path.parent, 0) + 1
    assert {str(folder): n for folder, n in count.items() if n > 12} == {}


def test_other_rooms_are_imported_by_their_faces() -> None:
    wrong = []
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or node.level or node.module not in MODULES:
                continue
            room = node.module.rpartition(".")[0]
            is_file = node.module not in ROOMS
            if is_file and room not in ROOTS and not is_inside(module, room):
                wrong.append(f"{path}:{node.lineno} imports {node.module}, not the face of {room}")
            if not is_file and node.module not in ROOTS and not is_inside(module, node.module):
                face = face_of(node.module)
                wrong += [
                    f"{path}:{node.lineno} imports {alias.name}, which {node.module} does not hand on"
                    for alias in node.names
                    if f"{node.module}.{alias.name}" not in ROOMS and alias.name not in getattr(face, "__all__", ())
                ]
    assert wrong == []


def homes_of_tests(path: Path) -> set[Path]:
    """Where the test file of a module may stand: the tests mirror the tree, commands beside their room or in it."""
    parts = path.parts[1:] if path.is_relative_to("studyserver/studies") else path.parts
    folder = Path("tests", *parts[:-1])
    places = {folder, Path("tests")} if len(parts) == 2 and parts[0] == "studyserver" else {folder}
    places |= {folder.parent} if folder.name == "commands" else set()
    return {place / f"test_{path.name}" for place in places}


def test_each_module_above_forty_lines_has_its_tests_where_a_reader_looks() -> None:
    stated = sorted(module for modules in THROUGH.values() for module in modules)
    lacking = [
        str(path)
        for path in MODULES.values()
        if path.name != "__init__.py"
        and "migrations" not in path.parts
        and len((ROOT / path).read_text(encoding="utf-8").splitlines()) > 40
        and not any((ROOT / test).is_file() for test in homes_of_tests(path))
    ]
    assert sorted(lacking) == stated
    assert [test for test in THROUGH if not (ROOT / test).is_file()] == []


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in ROOTS])
def test_a_face_hands_on_what_it_names_and_no_name_is_a_file_too(room: str) -> None:
    face = face_of(room)
    for name in getattr(face, "__all__", ()):
        found = getattr(face, name)
        if f"{room}.{name}" in MODULES:
            assert isinstance(found, ModuleType), f"{name} is a file of {room} and something else that it hands on"


def test_no_import_goes_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    # Raises CycleError with the modules of the circle.
    TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}).prepare()
    rooms: dict[str, set[str]] = {}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            first, second = (room_of(name) for name in (module, imported))
            if first != second:
                rooms.setdefault(first, set()).add(second)
    TopologicalSorter(rooms).prepare()


def room_of(module: str) -> str:
    """The room below a root that a module stands in."""
    depth = 3 if is_inside(module, "studyserver.studies") else 2
    return ".".join(module.split(".")[:depth])


def contracts() -> list[dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


# An import upward, or across, for every contract: what must be found.
BREAKS = {
    "studies sit on generation, never the other way": ("generation/seeds.py", "studyserver.studies.errors"),
    "floors of studies": ("studyserver/studies/rules/matching.py", "studyserver.studies.models"),
    "floors of a sitting": ("studyserver/studies/sitting/where.py", "studyserver.studies.sitting.start"),
    "floors of kinds of trials": (
        "studyserver/studies/sitting/kinds/answers.py",
        "studyserver.studies.sitting.kinds.main",
    ),
    "floors of a design": ("studyserver/studies/design/texts.py", "studyserver.studies.design.create"),
    "floors of generation": ("generation/files/durable.py", "generation.jobs"),
    "floors of the bridge to torch": ("generation/run/opening.py", "generation.run.worker"),
    "floors of musipainter": ("generation/musipainter/config.py", "generation.musipainter.training"),
    "floors of encoders": ("generation/encoders/weight_files.py", "generation.encoders.spaces"),
    "floors of analysis": ("analysis/similarity/score.py", "analysis.results"),
    "floors of rendering": ("analysis/render/parts.py", "analysis.render.report"),
    "floors of the report's sections": ("analysis/render/sections/section.py", "analysis.render.sections.registry"),
    "floors of the result document": ("analysis/results/shape.py", "analysis.results.build"),
    "analysis is pure": ("analysis/wording.py", "django"),
    "model code and files know no Django": ("generation/networks/audio.py", "django"),
    "files and rows know no torch": ("generation/stimuli/plan.py", "torch"),
    "musipainter and encoders know nothing of each other": (
        "generation/encoders/spaces/head.py",
        "generation.musipainter",
    ),
    "the web process never reaches torch": ("studyserver/studies/pages/forms.py", "scipy"),
}


def lint(folder: Path) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout


def test_every_contract_is_one_that_can_be_broken(tmp_path: Path) -> None:
    assert sorted(contract["name"] for contract in contracts()) == sorted(BREAKS)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("pack", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, target in BREAKS.values():
        with (tmp_path / file).open("a", encoding="utf-8") as text:
            text.write(f"\nimport {target}\n")
    printed = lint(tmp_path)
    for name in BREAKS:
        assert f"{name} BROKEN" in printed, printed
