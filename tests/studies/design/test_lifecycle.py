"""A study's life: opened and frozen, closed, made anew; sessions excluded with a reason."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from generation.models import Clip, StimulusSet
from studyserver.studies.design import lifecycle
from studyserver.studies.design.document import design_document, design_hash, is_design_intact
from studyserver.studies.design.launch.checks import CheckResult, check_launch, consents_of
from studyserver.studies.design.lifecycle import (
    close_study,
    duplicate_study,
    exclude_session,
    open_study,
    readmit_session,
)
from studyserver.studies.errors import LaunchRefused, StudyError, StudyFrozen
from studyserver.studies.models import Session, Study
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.start import start_session
from tests.studies import factories


def test_opening_freezes_and_hashes_the_design(draft: Study) -> None:
    study = open_study(study=draft, by="ada")
    assert study.opened_at is not None
    assert study.design_hash == design_hash(study)
    assert is_design_intact(study)
    study.title = "Another title"
    with pytest.raises(ValidationError, match="cannot change any more: title"):
        study.full_clean()
    study.refresh_from_db()
    study.notes = "Rainy day."
    study.full_clean()
    with pytest.raises(ValidationError, match="its arms cannot change"):
        study.arms.get().full_clean()
    with pytest.raises(StudyFrozen, match="is open and cannot be opened"):
        open_study(study=study)


def test_a_draft_that_is_changed_while_it_is_checked_stays_a_draft(
    draft: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_slowly(study: Study) -> list[CheckResult]:
        Study.objects.filter(pk=study.pk).update(trials_per_session=1)
        return check_launch(study)

    monkeypatch.setattr(lifecycle, "check_launch", check_slowly)
    with pytest.raises(StudyError, match="was changed while its files were being checked"):
        open_study(study=draft)
    draft.refresh_from_db()
    assert (draft.status, draft.design_hash, draft.log.count()) == (Study.Status.DRAFT, "", 0)
    assert open_study(study=draft).trials_per_session == 1


def test_opening_refuses_and_names_each_missing_thing(draft: Study) -> None:
    draft.consent_text = ""
    draft.save()
    draft.practice_categories.clear()
    with pytest.raises(LaunchRefused) as caught:
        open_study(study=draft)
    assert len(caught.value.problems) == 2
    assert "The consent text is empty." in str(caught.value)
    draft.refresh_from_db()
    assert (draft.status, draft.design_hash, draft.log.count()) == (Study.Status.DRAFT, "", 0)


def test_what_needs_consent_stops_a_launch_until_somebody_says_yes(draft: Study) -> None:
    StimulusSet.objects.update(reviewed_at=None)
    draft.consent_text = "Agree?"
    draft.save()
    with pytest.raises(LaunchRefused) as caught:
        open_study(study=draft, accepted=["short-consent", "of-no-finding"])
    sentence = (
        "Nobody has looked through the stimulus set “set-a” (15 of 15 images). "
        "Look at its contact sheet and mark it as reviewed there."
    )
    assert (caught.value.asked, caught.value.problems) == ([("unreviewed-images", sentence)], [sentence])
    # A tick says yes to what stood beside it: when it says something else by now, it asks again.
    [_, finding] = sorted(consents_of(check_launch(draft)), key=lambda finding: finding.name)
    factories.make_stimulus(draft.arms.get().stimulus_set, Clip.objects.earliest("pk"), index=1)
    with pytest.raises(LaunchRefused, match=r"\(16 of 16 images\)"):
        open_study(study=draft, accepted=["short-consent", finding.key])
    study = open_study(study=draft, by="ada", accepted=["short-consent", "unreviewed-images"])
    assert [(entry.action, entry.detail, entry.by) for entry in study.log.all()[:2]] == [
        ("accepted", "short-consent: The consent text has 1 word.", "ada"),
        (
            "accepted",
            "unreviewed-images: Nobody has looked through the stimulus set “set-a” (16 of 16 images).",
            "ada",
        ),
    ]


def test_nobody_opens_another_design_than_was_looked_at(draft: Study) -> None:
    seen = design_hash(draft)
    Study.objects.update(debrief_text="Other words.")
    with pytest.raises(StudyError, match="was changed after you looked at it"):
        open_study(study=draft, seen=seen)
    assert open_study(study=draft, seen=design_hash(Study.objects.get())).status == Study.Status.OPEN


def test_closing_ends_an_open_study_only(draft: Study) -> None:
    with pytest.raises(StudyFrozen, match="is draft and cannot be closed."):
        close_study(study=draft)
    study = close_study(study=open_study(study=draft), by="ada")
    assert (study.status, study.closed_at is not None) == (Study.Status.CLOSED, True)
    entry = study.log.last()
    assert entry is not None
    assert (entry.action, entry.detail, entry.by) == ("closed", "0 started, 0 completed", "ada")
    with pytest.raises(StudyFrozen, match="Duplicate it"):
        open_study(study=study)


def test_a_duplicate_is_a_draft_of_the_same_design_with_a_fresh_seed(draft: Study) -> None:
    study = open_study(study=draft)
    copy = duplicate_study(study=study, by="ada")
    again = duplicate_study(study=copy)
    assert (copy.slug, again.slug) == (f"{study.slug}-v2", f"{study.slug}-v3")
    assert (copy.version_of, again.version_of) == (study, copy)
    assert copy.status == Study.Status.DRAFT
    assert (copy.salt != study.salt, copy.seed != study.seed, copy.sessions.count()) == (True, True, 0)
    ours, theirs = design_document(copy), design_document(study)
    assert {k: v for k, v in ours.items() if k != "seed"} == {k: v for k, v in theirs.items() if k != "seed"}


def make_session(study: Study, **fields: Any) -> Session:
    return Session.objects.create(study=study, arm=study.arms.get(), number=1, consent_version="0" * 64, **fields)


def test_exclusion_needs_a_reason_and_can_be_undone(study: Study) -> None:
    session = make_session(study)
    with pytest.raises(StudyError, match="needs a reason"):
        exclude_session(session=session, reason="  ")
    with pytest.raises(StudyError, match="must not begin with “=”: spreadsheets"):
        exclude_session(session=session, reason=' =HYPERLINK("http://x.example")')
    session = exclude_session(session=session, reason="Played the clips to a friend.", by="ada")
    assert (session.state, session.exclusion_reason) == (Session.State.EXCLUDED, "Played the clips to a friend.")
    session = readmit_session(session=session, by="ada")
    assert (session.state, session.exclusion_reason) == (Session.State.WORKING, "")
    with pytest.raises(StudyError, match="is not excluded"):
        readmit_session(session=session)
    assert [(entry.action, entry.detail) for entry in study.log.all()] == [
        ("excluded", "session 1: Played the clips to a friend."),
        ("readmitted", "session 1"),
    ]


def test_erasing_takes_the_reason_of_an_exclusion_along(study: Study) -> None:
    ours, other = start_session(study=study), start_session(study=study)
    exclude_session(session=ours, reason="Wrote that a friend helped.")
    exclude_session(session=other, reason="Took part twice.")
    withdraw_session(session=ours, erase=True)
    assert [(entry.action, entry.detail) for entry in study.log.all()] == [
        ("excluded", f"session {ours.number} (reason erased with the answers)"),
        ("excluded", f"session {other.number}: Took part twice."),
    ]


def test_a_withdrawn_session_cannot_be_excluded(study: Study) -> None:
    session = make_session(study, state=Session.State.WITHDRAWN)
    with pytest.raises(StudyError, match="was withdrawn"):
        exclude_session(session=session, reason="x")
