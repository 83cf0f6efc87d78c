"""The benchmarks use the packages as others do: by the faces of their rooms, and by names that exist."""

import ast
import importlib
from pathlib import Path

import pytest

from benchmarks.simulations import PARTS, load_part

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
# Their modules may be imported one by one: a project's root is no room.
ROOTS = {"analysis", "generation", "studyserver", "studyserver.studies"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ROOTS:
            yield node.module, [alias.name for alias in node.names]


def patched(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "patch":
            yield node.args[0].value


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_imports_faces_and_names_that_exist(path):
    for module, names in imports(path):
        is_face = (ROOT / module.replace(".", "/") / "__init__.py").is_file()
        assert is_face or module.rpartition(".")[0] in ROOTS, f"{path.name} imports {module}"
        if module == "generation.models":
            continue  # needs Django, which the benchmark sets up itself
        found = importlib.import_module(module)
        assert [name for name in names if not hasattr(found, name)] == []


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_what_a_benchmark_replaces_is_there(path):
    for target in patched(path):
        module, _, name = target.rpartition(".")
        assert hasattr(importlib.import_module(module), name), target


@pytest.mark.parametrize("name", PARTS)
def test_a_simulation_is_where_its_name_says(name):
    assert callable(load_part(name))
