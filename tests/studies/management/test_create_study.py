"""create_study: what it makes, opens and refuses."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.models import StimulusSet
from studyserver.studies.models import Study
from tests.studies import factories

pytestmark = pytest.mark.django_db


def run(name: str, *args: str, **options: Any) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


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
