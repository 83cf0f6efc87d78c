"""Static files under hashed names once they are collected, under plain ones before or when they are out of date."""

import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

from studyserver.static_files import HashedStaticFiles, find_changed

NAME = "studies/board.js"


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    root = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=root):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


def storage(root):
    return HashedStaticFiles(location=root, base_url="/static/")


def test_a_fresh_clone_serves_plain_names(tmp_path):
    assert storage(tmp_path).url(NAME) == f"/static/{NAME}"


def test_collected_files_are_named_by_their_content_and_scripts_import_them_so(collected):
    found = storage(collected)
    assert re.fullmatch(r"/static/studies/board\.[0-9a-f]{12}\.js", found.url(NAME))
    folder = settings.BASE_DIR / "static"
    for source in folder.rglob("*.js"):
        script = (collected / found.stored_name(source.relative_to(folder).as_posix())).read_text()
        imported = re.findall(r'^\s*(?:import|export)\b[^;]*?"(\.{1,2}/[^"]+)"', script, flags=re.MULTILINE)
        assert [name for name in imported if not re.search(r"\.[0-9a-f]{12}\.js$", name)] == [], source


def test_hashed_files_are_compressed_and_kept_for_good(collected, db):
    address = storage(collected).url(NAME)
    with override_settings(STATIC_ROOT=collected, WHITENOISE_USE_FINDERS=False):
        response = Client().get(address, headers={"Accept-Encoding": "gzip"})
        response.close()
    assert (response.status_code, response["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in response["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in response


def test_an_update_without_a_new_collection_is_served_by_plain_names(collected, tmp_path, caplog):
    stale = Path(shutil.copytree(collected, tmp_path / "stale"))
    assert find_changed(stale) is None
    (stale / NAME).write_text("// yesterday")
    assert find_changed(stale) == settings.BASE_DIR / "static" / NAME
    assert storage(stale).url(NAME) == f"/static/{NAME}"
    assert "run it again" in caplog.text
