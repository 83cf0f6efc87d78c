import json

import pytest

from analysis.__main__ import main
from analysis.power.exact import Design
from analysis.power.planner import make_plan
from analysis.report import write_plan
from tests.analysis.outline import Outline


def test_plan_speaks_in_sentences(capsys):
    assert main(["plan", "--theta", "0.2", "--share", "0.6", "--categories-tested", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("19 correct matches or more are significant at .05, one-sided;")
    assert lines[1].endswith("random matching reaches that in 3.75% of studies.")
    assert "21.4% of the clips" in lines[2]
    assert lines[3] == "For theta = .20 the power is 75.3%; 80% needs 14 participants."
    assert lines[5].endswith("80% is reached first with 17 and safely from 21 participants on.")
    assert lines[6].startswith(
        "Looked at after every participant and stopped at an e-value of 20, half of the studies "
    )
    assert lines[6].endswith("those that do not counted in full (2,000 simulated studies).")


def test_plan_as_document_and_page(tmp_path, capsys):
    assert main(["plan", "--json", "--theta", "0.3", "--out", str(tmp_path)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "plan.json").read_text())
    Outline((tmp_path / "plan.html").read_text())
    assert (tmp_path / "power.svg").read_text().startswith("<svg")
    write_plan(make_plan(Design(), theta=0.3), tmp_path / "again")
    for name in ("plan.json", "plan.html", "power.svg"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize(
    "design", [Design(k=2, participants=2), Design(participants=1), Design(design="free", trials=3)]
)
@pytest.mark.parametrize("share", [None, 0.3])
def test_plans_of_every_size_have_words(design, share, tmp_path):
    document = make_plan(design, share=share)
    assert not any("None" in sentence or "nan" in sentence for sentence in document["sentences"])
    Outline(write_plan(document, tmp_path)[1].read_text())


def test_an_impossible_plan_is_refused_in_one_line(capsys):
    assert main(["plan", "--k", "1"]) == 1
    assert capsys.readouterr().err == "error: k must lie between 2 and 18, not 1.\n"


def test_paper_prints_nine_findings(tmp_path, capsys):
    assert main(["paper", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert [f"{n}. " in text for n in range(1, 10)] == [True] * 9
    assert "p = 6.308106e-10" in text.replace("exact ", "")
    assert (tmp_path / "findings.json").exists()
