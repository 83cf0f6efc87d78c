"""open_study checks and opens; close_study says what came in."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

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


def test_close_study_says_what_came_in(study: Study) -> None:
    complete(study)
    assert run("close_study", study.slug) == "“Do pictures sound?” is closed; completed sessions: 1.\n"
