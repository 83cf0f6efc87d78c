"""From the pages to the report: the paper's Tables 2-4, answered through the real pages, give their exact p."""

import json
import math
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from analysis.reading import answers_from, read_responses
from studyserver.studies.design.lifecycle import log
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.participants import complete
from tests.studies.simulation.tables import (
    PAPER_MUSIC,
    PAPER_NATURE,
    TABLE_2,
    TABLE_3,
    TABLE_4,
    make_study,
    write_answers,
    write_matrix,
)

pytestmark = pytest.mark.django_db
GOLDEN = json.loads((Path(settings.BASE_DIR) / "tests" / "golden" / "golden_stats.json").read_text())


def report_of(study: Study, folder: Path) -> dict[str, Any]:
    call_command("close_study", study.slug, verbosity=0)
    call_command("build_report", study.slug, out=str(folder), verbosity=0)
    document: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return document


def test_table_4_from_the_pages_to_the_report(db: None, tmp_path: Path) -> None:
    study = make_study(PAPER_MUSIC)
    swapped = [PAPER_MUSIC[i] for i in (0, 2, 1, 3)]
    answers = write_answers(tmp_path / "answers.csv", [PAPER_MUSIC] * 7 + [swapped] * 5, PAPER_MUSIC)
    call_command("simulate_participants", study.slug, n=12, answers=str(answers), verbosity=0)
    result = report_of(study, tmp_path / "report")
    arm = result["arms"]["arm-1"]
    assert (result["categories"], result["design"]) == (PAPER_MUSIC, "one_to_one")
    assert arm["confusion"] == TABLE_4
    assert (arm["n_participants"], arm["n_blocks"], arm["n_answers"]) == (12, 12, 48)
    assert (arm["overall"]["correct"], arm["overall"]["total"]) == (38, 48)
    assert arm["overall"]["p_value"] == pytest.approx(6.308106e-10, rel=1e-6)
    assert arm["overall"]["p_value"] == pytest.approx(GOLDEN["oneToOne.k4.N12.T4.x38.p_exact"], rel=1e-9)
    for name, p in GOLDEN["T4.percat.p"].items():
        assert arm["categories"][name]["p_value"] == pytest.approx(p, rel=1e-9)


def test_table_3_from_the_pages_to_the_report(db: None, tmp_path: Path) -> None:
    study = make_study(PAPER_MUSIC)
    answers = write_answers(tmp_path / "answers.csv", [PAPER_MUSIC] * 12, PAPER_MUSIC)
    call_command("simulate_participants", study.slug, n=12, answers=str(answers), verbosity=0)
    arm = report_of(study, tmp_path / "report")["arms"]["arm-1"]
    assert arm["confusion"] == TABLE_3
    assert arm["overall"]["p_value"] == pytest.approx(float(Fraction(1, 24) ** 12), rel=1e-12)


def test_table_2_from_the_pages_to_the_report(db: None, tmp_path: Path) -> None:
    study = make_study(PAPER_NATURE, design="free")
    matrix = write_matrix(tmp_path / "matrix.csv", TABLE_2, PAPER_NATURE)
    call_command("simulate_participants", study.slug, n=12, matrix=str(matrix), verbosity=0)
    result = report_of(study, tmp_path / "report")
    arm = result["arms"]["arm-1"]
    assert (result["design"], arm["confusion"]) == ("free", TABLE_2)
    # The binomial law is that of random answers; renaming keeps each person's choices, favourites among them.
    assert arm["overall"]["p_random"] == pytest.approx(GOLDEN["binomial.n48.T2.x36.p"], rel=1e-9)
    assert arm["overall"]["p_random"] < arm["overall"]["p_value"] < 1e-11
    assert all(arm["categories"][name]["p_holm"] < 0.05 for name in GOLDEN["T2.percat.p"])


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_report_and_the_plain_command_write_the_same_bytes(study: Study, tmp_path: Path) -> None:
    for _ in range(3):
        complete(study)
    report_of(study, tmp_path / "report")
    written = files_of(tmp_path / "report")
    data = {name for name in written if name.startswith("data/")}
    names = ("responses.csv", "sessions.csv", "study.json", "data-dictionary.csv", "sessions-dictionary.csv")
    names += tuple(f"{name}{end}.csv" for name in ("clips", "events", "shown") for end in ("", "-dictionary"))
    assert data == {f"data/{name}" for name in (*names, "manifest.json", "thumbnails-set-a.zip")}
    command = [sys.executable, "-m", "analysis", "report", str(tmp_path / "report" / "data" / "responses.csv")]
    subprocess.run([*command, "--out", str(tmp_path / "again")], check=True, cwd=settings.BASE_DIR, timeout=300)
    assert files_of(tmp_path / "again") == {name: text for name, text in written.items() if name not in data}
    call_command("build_report", study.slug, out=str(tmp_path / "report"), verbosity=0)
    assert files_of(tmp_path / "report") == written


def test_a_report_of_an_open_study_is_refused_or_logged_and_marked(study: Study, tmp_path: Path) -> None:
    complete(study)
    with pytest.raises(CommandError, match="its answers stay hidden until it is closed"):
        call_command("build_report", study.slug, out=str(tmp_path), verbosity=0)
    with pytest.raises(CommandError, match="its answers stay hidden until it is closed"):
        call_command("export_study", study.slug, out=str(tmp_path), verbosity=0)
    assert list(tmp_path.iterdir()) == []
    call_command("build_report", study.slug, out=str(tmp_path), interim=True, verbosity=0)
    assert study.log.get().action == "looked early"
    assert "interim" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()


def test_a_study_that_nobody_answered_has_a_report_without_numbers(study: Study, tmp_path: Path) -> None:
    log(study=study, action="accepted", detail="short-consent: The consent text has 3 words.")
    result = report_of(study, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.search(r"Opened in spite of.{0,40}short-consent: The consent text has 3 words\.", page, re.S)
    assert "It cannot be said: nobody has answered." in page
    assert "NaN" not in (tmp_path / "result.json").read_text()
    arm = result["arms"]["arm-1"]
    assert (arm["n_blocks"], arm["overall"]["p_value"]) == (0, None)


def test_commands_name_an_unknown_study(db: None, tmp_path: Path) -> None:
    factories.make_study()
    for command, options in (
        ("build_report", {"out": str(tmp_path)}),
        ("export_study", {"out": str(tmp_path)}),
        ("open_study", {}),
        ("close_study", {}),
        ("simulate_participants", {}),
    ):
        with pytest.raises(CommandError, match="There is no study “nope”; there is: do-pictures-sound"):
            call_command(command, "nope", **options)


@pytest.mark.parametrize("design", ["one_to_one", "free"])
def test_answers_are_judged_by_the_law_of_the_design_that_was_shown(db: None, tmp_path: Path, design: str) -> None:
    """Two boards of four: free, every clip is a draw of its own; one-to-one, a board is a random permutation."""
    study = factories.make_study(design=design)
    complete(study)
    call_command("export_study", study.slug, out=str(tmp_path), interim=True, verbosity=0)
    law = answers_from(read_responses(tmp_path / "responses.csv")).null_law
    if design == "free":
        expected = [Fraction(math.comb(8, hits) * 3 ** (8 - hits), 4**8) for hits in range(9)]
    else:
        board = [9, 8, 6, 0, 1]  # permutations of four by fixed points
        ways = [sum(board[i] * board[hits - i] for i in range(5) if 0 <= hits - i < 5) for hits in range(9)]
        expected = [Fraction(way, 24**2) for way in ways]
    assert law.pmf.tolist() == pytest.approx([float(p) for p in expected], abs=1e-12)
