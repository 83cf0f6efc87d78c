"""What goes with every answer: pages, static files, stored media, errors."""

import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from generation.media import store
from generation.models import Clip
from studyserver.studies.models import Study

pytestmark = pytest.mark.django_db


def test_every_answer_says_what_other_sites_and_the_page_may_not_do(client: Client, study: Study) -> None:
    clip = Clip.objects.all()[0]
    places = [f"/s/{study.slug}/", "/nowhere/", "/admin/login/", f"/media/{clip.sha256}.wav"]
    for place in [*places, "/static/studies/board.js"]:
        response = client.get(place)
        assert response["Cross-Origin-Resource-Policy"] == "same-origin", place
        assert "microphone=()" in response["Permissions-Policy"], place
        assert "Access-Control-Allow-Origin" not in response, place
        response.close()


def test_nobody_else_on_the_machine_reads_the_data() -> None:
    _, name = store(b"words of a participant", ".txt")
    kept = Path(default_storage.path(name))
    other = Path(default_storage.path(default_storage.save("odd.txt", ContentFile(b"x"))))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (settings.DATA_DIR, kept.parent)}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (kept, other)} == {0o600}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL is told otherwise: docs/operator.md")
def test_what_is_erased_is_overwritten_in_the_database_file() -> None:
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)
