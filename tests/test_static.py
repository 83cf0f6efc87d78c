"""Scripts of the pages, without a browser: every import leads to something handed on, and nothing lies unused."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
STATIC = ROOT / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
IMPORT = re.compile(r"^import \{ ([\w, ]+) \} from \"(\.[\w./-]+)\";$", re.M)


def imports_of(script: Path) -> list[tuple[Path, list[str]]]:
    found = IMPORT.findall(script.read_text(encoding="utf-8"))
    return [((script.parent / path).resolve(), names.split(", ")) for names, path in found]


def test_every_script_is_loaded_by_a_page_or_another_script() -> None:
    # Pages of kinds of trials stand beside the modules of their kinds.
    folders = (ROOT / "templates", ROOT / "studyserver" / "studies" / "sitting" / "kinds")
    pages = "".join(page.read_text(encoding="utf-8") for folder in folders for page in folder.rglob("*.html"))
    loaded = {STATIC / name for name in re.findall(r"static '([\w/]+\.js)'", pages)}
    loaded |= {target for script in SCRIPTS for target, _ in imports_of(script)}
    assert STATIC / "studies" / "board.js" in loaded
    assert sorted(loaded) == SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.relative_to(STATIC).as_posix())
def test_a_script_says_what_it_is_for_and_imports_what_there_is(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text.startswith("// ")
    assert len(re.findall(r"^import ", text, re.M)) == len(imports_of(script))
    for target, names in imports_of(script):
        handed_on = re.findall(r"^export (?:async )?(?:class|const|function) (\w+)", target.read_text("utf-8"), re.M)
        assert set(names) <= set(handed_on), target.name
        assert all(len(re.findall(rf"\b{name}\b", text)) > 1 for name in names), "imported, not used"
