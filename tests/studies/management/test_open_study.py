"""open_study checks and opens; close_study says what came in."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from generation.models import StimulusSet
from studyserver.studies.design.launch.checks import CHECKS
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.management.test_create_study import create, run
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db


def test_open_study_can_only_check(image_set: None) -> None:
    create("--practice", *factories.PRACTICE)
    assert run("open_study", "which-image", check=True).endswith("It can open.\n")
    Study.objects.update(debrief_text="")
    printed = StringIO()
    with pytest.raises(CommandError, match=rf"^1 of {len(CHECKS)} checks found something missing\.$"):
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


def test_a_closed_study_is_not_said_to_open(study: Study) -> None:
    run("close_study", study.slug)
    assert run("open_study", study.slug, check=True).endswith("Nothing is missing, but the study is closed for good.\n")


def test_findings_that_need_consent_are_accepted_by_name(image_set: None) -> None:
    create("--practice", *factories.PRACTICE)
    StimulusSet.objects.update(reviewed_at=None)
    with pytest.raises(CommandError, match=r"^It can open with your consent: --accept unreviewed-images$"):
        run("open_study", "which-image", check=True)
    assert run("open_study", "which-image", "--check", "--accept", "unreviewed-images").endswith("It can open.\n")
    with pytest.raises(CommandError) as caught:
        run("open_study", "which-image")
    assert str(caught.value).splitlines() == [
        "The study cannot open:",
        "  Nobody has looked through the stimulus set “set-a” (15 of 15 images). Look at its contact sheet and mark it "
        "as reviewed there. To open all the same: --accept unreviewed-images",
    ]
    with pytest.raises(CommandError, match="is made. The study cannot open:"):
        create("--practice", *factories.PRACTICE, "--slug", "two", "--open")
    create("--practice", *factories.PRACTICE, "--slug", "three", "--open", "--accept", "unreviewed-images")
    assert Study.objects.get(slug="three").status == Study.Status.OPEN
    run("review_stimuli", "set-a", "--by", "grace")
    assert "is open at" in run("open_study", "which-image")


def test_close_study_says_what_came_in(study: Study) -> None:
    complete(study)
    assert run("close_study", study.slug) == "“Do pictures sound?” is closed; completed sessions: 1.\n"
