"""Researchers' commands: what they print, what they refuse, what they write."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.models import StimulusSet
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db


def run(name: str, *args: str, **options: Any) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def image_set(db: None) -> None:
    factories.make_set(factories.make_dataset())


def create(*more: str) -> str:
    return run(
        "create_study", "--title", "Which image?", "--set", "set-a", "--categories", *factories.CATEGORIES, *more
    )


def test_create_study_makes_and_opens_what_was_asked(image_set: None, tmp_path: Path) -> None:
    (tmp_path / "consent.md").write_text("Agrée?", encoding="utf-8")
    options = ["--practice", *factories.PRACTICE, "--slug", "pilot", "--design", "free", "--trials", "2", "--seed", "5"]
    options += ["--listening-rule", "end", "--ask-confidence", "--contact", "a@example.org", "--arms", "ours"]
    options += ["--withdraw-until", "2099-01-31", "--consent", str(tmp_path / "consent.md"), "--simulated-only"]
    assert "“Which image?” is open at /s/pilot/ (design " in create(*options, "--open")
    study = Study.objects.get()
    assert (study.status, study.design, study.trials_per_session, study.seed) == ("open", "free", 2, 5)
    assert (study.listening_rule, study.ask_confidence, study.simulated_only) == ("end", True, True)
    assert (study.consent_text, study.contact, str(study.withdraw_until)) == ("Agrée?", "a@example.org", "2099-01-31")
    assert study.arms.get().name == "ours"
    assert "You may choose the same image for several clips" in study.instruction_text


def test_create_study_takes_several_sets_in_either_way_of_typing(image_set: None) -> None:
    factories.make_shuffled_set(StimulusSet.objects.get())
    create("--set", "shuffled", "--slug", "one")
    create("--slug", "two", "--set", "shuffled")
    for slug in ("one", "two"):
        assert {arm.name for arm in Study.objects.get(slug=slug).arms.all()} == {"set-a", "shuffled"}
    call_command("create_study", set=["set-a", "shuffled"], categories=factories.CATEGORIES, title="By call")
    assert Study.objects.get(slug="by-call").arms.count() == 2


def test_create_study_without_open_leaves_a_draft(image_set: None) -> None:
    assert "Made the draft “Which image?” (/s/which-image/)" in create()
    assert Study.objects.get().status == Study.Status.DRAFT


def test_what_cannot_open_is_said_line_by_line(image_set: None) -> None:
    with pytest.raises(CommandError) as caught:
        create("--open", "--trials", "9")
    lines = str(caught.value).splitlines()
    assert lines[0] == "The draft “which-image” is made. The study cannot open:"
    assert len(lines) == 6
    assert "No practice category is chosen." in lines[-1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--slug", "taken"], "There is a study “taken” already; give this one another address name (--slug)."),
        (["--consent", "nowhere.md"], "nowhere.md: cannot be read"),
        (["--withdraw-until", "tomorrow"], "'tomorrow' is no day; write it as YYYY-MM-DD."),
        (["--practice", "Jazz"], "has no category “Jazz”"),
        (["--listening-rule", "all"], "invalid choice: 'all'"),
    ],
)
def test_create_study_refuses_in_one_line(image_set: None, options: list[str], sentence: str) -> None:
    create("--slug", "taken")
    with pytest.raises(CommandError) as caught:
        create(*options)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert Study.objects.count() == 1


def test_open_study_can_only_check(image_set: None) -> None:
    create("--practice", *factories.PRACTICE)
    assert run("open_study", "which-image", check=True).endswith("It can open.\n")
    Study.objects.update(debrief_text="")
    printed = StringIO()
    with pytest.raises(CommandError, match=r"^1 of 12 checks found something missing\.$"):
        call_command("open_study", "which-image", check=True, stdout=printed)
    assert (
        "MISSING  Texts for consent, instruction and debrief\n           The debrief text is empty."
        in printed.getvalue()
    )
    assert Study.objects.get().status == Study.Status.DRAFT
    with pytest.raises(CommandError, match="The study cannot open:"):
        run("open_study", "which-image")
    Study.objects.update(debrief_text="Thanks.")
    assert "is open at /s/which-image/" in run("open_study", "which-image")
    with pytest.raises(CommandError, match="is open and cannot be opened"):
        run("open_study", "which-image")
    assert run("open_study", "which-image", check=True).endswith("Nothing is missing; the study is open already.\n")


def test_close_study_says_what_came_in(study: Study) -> None:
    complete(study)
    assert run("close_study", study.slug) == "“Do pictures sound?” is closed; completed sessions: 1.\n"


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
