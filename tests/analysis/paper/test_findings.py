import json

import pytest

from analysis.paper.findings import all_findings, write_findings


@pytest.fixture(scope="module")
def found():
    return {f.number: f for f in all_findings()}


def test_there_are_nine_findings_with_sentences(found):
    assert sorted(found) == list(range(1, 10))
    assert all(f.sentences and "nan" not in " ".join(f.sentences).lower() for f in found.values())


def test_findings_are_written_alike_each_time(tmp_path):
    _, paths = write_findings(tmp_path / "a")
    write_findings(tmp_path / "b")
    for path in paths:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert len(json.loads((tmp_path / "a" / "findings.json").read_text())) == 9
    assert "## 9. Human accuracy" in (tmp_path / "a" / "findings.md").read_text()
