"""Files of reports in the admin: those of the study, no others."""

from pathlib import Path

import pytest
from django.test import Client

from studyserver.studies.models import Study

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["../secret-key", "..%2fsecret-key", "report-9/report.html", "", "report-1"])
def test_no_file_outside_the_studys_folder_is_served(
    client: Client, reported: Study, name: str, tmp_path: Path
) -> None:
    (tmp_path / "reports" / reported.slug / "report-1").mkdir(parents=True)
    (tmp_path / "reports" / "secret-key").write_text("secret")
    response = client.get(f"/admin/studies/study/{reported.pk}/files/{name}")
    assert response.status_code in (301, 302, 404)
    assert b"secret" not in response.content.replace(b"secret-key", b"")
