"""constraints.txt holds for whoever installs from the public index: every Python, every platform, CPU and CUDA.

`make resolve` asks the index; this reads the file, so it needs no network.
"""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(settings.BASE_DIR)
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
PLATFORMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]


def pins() -> list[Requirement]:
    return [Requirement(line) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()]


def locked() -> list[tuple[Requirement, list[str]]]:
    """Every pin of requirements.lock with the hashes of its files."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    return [(Requirement(line.split("--hash")[0]), re.findall(r"--hash=(\S+)", line)) for line in text.splitlines()]


def asked() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for group in groups for text in group]


def test_each_line_pins_a_release_that_an_index_has() -> None:
    for pin in pins():
        (specifier,) = pin.specifier
        assert specifier.operator == "==", pin
        # A local version (2.13.0+cpu) is the build of one folder of wheels or one index; ==2.13.0 admits it too.
        assert Version(specifier.version).local is None, pin


def test_the_lock_holds_the_same_releases_with_the_hash_of_each_file() -> None:
    held = {str(pin) for pin in pins()}
    for pin, hashes in locked():
        assert hashes, pin
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", found) for found in hashes), pin
        assert str(pin) in held, pin
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    groups = [project["dependencies"], *(extras[name] for name in ("postgres", "analysis", "generation", "otp"))]
    names = {pin.name for pin, _ in locked()}
    assert {Requirement(text).name.lower() for group in groups for text in group} <= names


def test_makefile_asks_the_index_for_the_same_pythons() -> None:
    assert f"PYTHONS = {' '.join(PYTHONS)}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("system", "machine"), PLATFORMS)
def test_what_the_project_asks_for_is_pinned_once_and_admitted(python: str, system: str, machine: str) -> None:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": system,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
    }
    held = [pin for pin in pins() if pin.marker is None or pin.marker.evaluate(environment)]
    names = [pin.name for pin in held]
    assert len(names) == len(set(names)) > 50
    versions = {pin.name: next(iter(pin.specifier)).version for pin in held}
    for requirement in asked():
        assert versions[requirement.name.lower()] in requirement.specifier, requirement
