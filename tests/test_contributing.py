"""CONTRIBUTING.md keeps up: its commands, files and example stand in the project as it says."""

import re
import tomllib
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings

from generation.errors import GenerationError
from generation.musipainter import choose_device

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
PATHS = re.compile(r"(?<![\w./-])(?:(?:analysis|docs|tests)/[\w./*-]*[\w*/]|(?:pyproject\.toml|\.pre-commit[\w.-]+))")


def test_every_make_command_is_a_target() -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", TEXT))
    assert {"install-dev", "test", "check", "format"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))


def test_every_file_named_is_there() -> None:
    named = set(PATHS.findall(TEXT))
    assert {"docs/architecture.md", "tests/test_house.py", ".pre-commit-config.yaml", "analysis/join/"} <= named
    assert [path for path in sorted(named) if not any(ROOT.glob(path.rstrip("/")))] == []


def test_the_example_of_a_message_is_what_the_code_says() -> None:
    (example,) = re.findall(r"^> (.+)$", TEXT, re.M)
    with pytest.raises(GenerationError) as error:
        choose_device("gpu")
    assert str(error.value) == example


def test_hooks_run_what_the_development_install_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {re.split(r"[><=]", line)[0] for line in project["optional-dependencies"]["dev"]}
    entries = re.findall(r"entry: \.venv/bin/(\w+)", HOOKS)
    assert entries == ["ruff", "ruff", "mypy"]
    assert set(entries) <= installed
    assert HOOKS.count("language: system") == len(entries)


def test_property_tests_take_their_deadline_from_one_place() -> None:
    assert hypothesis.settings().deadline is None
    places = [path for path in (ROOT / "tests").rglob("*.py") if "deadline=None" in path.read_text(encoding="utf-8")]
    assert sorted(path.name for path in places) == ["conftest.py", "test_contributing.py"]
