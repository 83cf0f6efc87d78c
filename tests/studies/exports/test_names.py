"""Any text from a manifest to the reader of reports: refused in one line, or the same name comes back."""

import csv
import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from analysis.reading import read_responses, read_study
from generation.datasets import import_dataset
from generation.errors import DatasetError
from generation.names import read_name
from studyserver.studies.design.finding import find_categories
from studyserver.studies.design.lifecycle import close_study, exclude_session
from studyserver.studies.errors import StudyError
from studyserver.studies.exports.export import export_study
from tests.generation.media_files import write_picture, write_tone
from tests.studies import factories
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db

OTHERS = ["Metal", "Folk", "Pop"]
COUNT = itertools.count()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four clips and four artworks, without a manifest."""
    for n in range(4):
        write_tone(tmp_path / f"{n}.wav", hertz=300 + 100 * n)
        write_picture(tmp_path / f"{n}.png", seed=n)
    return tmp_path


@given(name=st.text(max_size=20), reason=st.text(max_size=20), bom=st.booleans())
@example("Cafe\u0301\u00a0", "left early", True)
@example("Jazz\x07bell", "=1+1", False)
@example("NA", "NA", False)
@example('"Jazz"; \u202eעברית, 001', "two\r\nlines", True)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_name_is_refused_or_comes_back(root: Path, name: str, reason: str, bom: bool) -> None:
    assume(read_name(name) not in OTHERS)
    with (root / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["kind", "category", "path", "split", "title"])
        for kind, suffix in (("audio", "wav"), ("image", "png")):
            for n, (category, title) in enumerate([(name, name), *((other, "") for other in OTHERS)]):
                writer.writerow([kind, category, f"{n}.{suffix}", "test", title])
    number = next(COUNT)
    result = import_dataset(path=root, name=f"art-{number}")
    assert all(str(skip).isprintable() for skip in result.skipped)
    there = [category.name for category in result.dataset.categories.all()]
    if there == OTHERS:
        assert len(result.skipped) == 2
        return
    assert there == [read_name(name), *OTHERS]
    images = factories.make_set(result.dataset, f"set-{number}")
    categories = [category.name for category in find_categories([name, OTHERS[0]], result.dataset)]
    design = {"trials_per_session": 1, "listening_rule": "none", "slug": f"s-{number}"}
    study = factories.make_study(sets=[images], categories=categories, practice=OTHERS[1:], **design)
    session, refusal = complete(study), ""
    try:
        exclude_session(session=session, reason=reason)
    except StudyError as error:
        refusal = str(error)
    assert refusal.isprintable()
    export = export_study(close_study(study=study), root / "export", bom=bom)
    frame = read_responses(export.responses)
    assert set(frame["clip_category"]) == set(frame["chosen_category"]) == {read_name(name), OTHERS[0]}
    assert frame["correct"].all()
    assert set(frame["exclusion_reason"]) == {"" if refusal else read_name(reason)}
    assert read_study(export.study)["categories"] == there[:2]
    assert export.responses.read_bytes().startswith(b"\xef\xbb\xbf") == bom


def test_a_manifest_that_is_no_text_is_refused_in_one_line(root: Path) -> None:
    (root / "manifest.csv").write_bytes(b"kind,category,path\naudio,Jazz,0.wav\n\xff\xfe,\n")
    with pytest.raises(DatasetError, match=r"manifest.csv is not UTF-8 text \(byte 36, line 3\); save it as CSV UTF-8"):
        import_dataset(path=root, name="art")
