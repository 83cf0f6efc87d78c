"""export_study writes each format; an early look is logged."""

from pathlib import Path

import pytest

from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.models import Study
from tests.studies.management.test_create_study import run
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("format", "name"),
    [("csv", "responses.csv"), ("parquet", "responses.parquet"), ("psych-ds", "data/study-dopicturessound_data.csv")],
)
def test_export_study_writes_each_format(study: Study, tmp_path: Path, format: str, name: str) -> None:
    complete(study)
    close_study(study=study)
    printed = run("export_study", study.slug, out=str(tmp_path), format=format)
    assert printed == f"Wrote 8 rows of “Do pictures sound?” to {tmp_path}.\n"
    assert (tmp_path / name).is_file()


def test_an_interim_export_is_logged_and_said(study: Study, tmp_path: Path) -> None:
    complete(study)
    assert "(interim look, logged)" in run("export_study", study.slug, out=str(tmp_path), interim=True)
    assert study.log.get().detail == "export (csv)"
