"""Starting a session: consent, external ids, arms and quotas."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.models import StimulusSet
from studyserver.studies.errors import StudyFull, StudyNotOpen
from studyserver.studies.models import ExternalId, Session, Study
from studyserver.studies.places import LIVE_FOR
from studyserver.studies.rules import ServiceLink
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.start import find_session, hash_consent, is_signed, sign_id, start_session
from tests.studies import factories
from tests.studies.sitting.steps import answer, to_trials

pytestmark = pytest.mark.django_db


def test_consent_text_is_stored_as_its_hash(study: Study) -> None:
    session = start_session(study=study)
    assert session.consent_version == hash_consent(study)
    study.consent_text += "!"
    assert hash_consent(study) != session.consent_version


def test_plan_is_drawn_once_from_the_studys_seed(study: Study) -> None:
    first = start_session(study=study)
    plan = list(first.trials.values_list("index", "clip_order", "image_order"))
    Session.objects.all().delete()
    again = start_session(study=study)
    assert again.pk != first.pk
    assert list(again.trials.values_list("index", "clip_order", "image_order")) == plan


def test_consent_sent_twice_starts_one_session(study: Study) -> None:
    first = start_session(study=study, code="same-code")
    second = start_session(study=study, code="same-code")
    assert first == second
    assert Session.objects.count() == 1


PANEL_ID = "5f3c1a2b9d8e7f6a5b4c3d2e"
SUBMISSION = ServiceLink(study="s-1", session="sub-1")


def test_a_panels_id_goes_on_with_its_submission_in_its_own_study_only(study: Study) -> None:
    first = start_session(study=study, external_id=PANEL_ID, link=SUBMISSION)
    assert start_session(study=study, external_id=PANEL_ID, link=SUBMISSION) == first
    other = factories.make_study(sets=[StimulusSet.objects.get()], slug="other")
    assert start_session(study=other, external_id=PANEL_ID, link=SUBMISSION) != first


@pytest.mark.parametrize("rule", Study.ResumeById.values)
@pytest.mark.parametrize(
    ("external_id", "link", "here", "opens"),
    [
        (PANEL_ID, SUBMISSION, False, {"anywhere"}),
        (PANEL_ID, ServiceLink(session="sub-2"), False, set()),
        (PANEL_ID, ServiceLink(), False, set()),
        (PANEL_ID, ServiceLink(), True, {"anywhere", "browser"}),
        ("7", SUBMISSION, False, set()),
        ("7", SUBMISSION, True, {"anywhere", "browser"}),
        ("7", ServiceLink(signed=True), False, {"anywhere"}),
    ],
)
def test_who_may_go_on_by_an_id(
    study: Study, rule: str, external_id: str, link: ServiceLink, here: bool, opens: set[str]
) -> None:
    factories.change(study, resume_by_id=rule)
    signed = ServiceLink("s-1", "sub-1", signed=link.signed)
    session = start_session(study=study, external_id=external_id, link=signed)
    begun_here = [session.code] if here else []
    found = find_session(study=study, external_id=external_id, link=link, begun_here=begun_here)
    assert found == (session if rule in opens else None)


def test_an_id_that_may_not_go_on_begins_anew_and_says_so(study: Study) -> None:
    first, second = (start_session(study=study, external_id="7") for _ in range(2))
    assert (first.id_before, second.id_before) == ("", Session.IdBefore.AGAIN)
    assert start_session(study=study, external_id="8").id_before == ""


def test_an_id_that_begins_again_stays_in_its_arm_and_beyond_no_quota() -> None:
    study = two_arms(2, 2)
    first = start_session(study=study, external_id="7")
    again = [start_session(study=study, external_id="7") for _ in range(3)]
    assert {session.arm_id for session in again} == {first.arm_id}
    assert [session.surplus for session in again] == [False, True, True]


def test_an_erased_id_that_starts_anew_is_marked_and_is_no_longer_stored(study: Study) -> None:
    withdraw_session(session=start_session(study=study, external_id="anna@example.org"), erase=True)
    assert not ExternalId.objects.exists()
    assert "anna" not in str(list(Session.objects.values()))
    assert start_session(study=study, external_id="anna@example.org").id_before == Session.IdBefore.ERASED


def test_a_signature_is_of_one_id_and_one_study(study: Study) -> None:
    signature = sign_id(study, "7")
    other = factories.make_study(sets=[StimulusSet.objects.get()], slug="other")
    checks = [is_signed(study, "7", signature), is_signed(study, "8", signature), is_signed(other, "7", signature)]
    assert [*checks, is_signed(study, "7", "")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"status": "draft"}, "draft"), ({"status": "closed"}, "closed"), ({"simulated_only": True}, "simulated")],
)
def test_study_that_takes_no_people_says_why(fields: dict[str, Any], reason: str) -> None:
    study = factories.make_study(**fields)
    with pytest.raises(StudyNotOpen) as refusal:
        start_session(study=study)
    assert refusal.value.reason == reason
    assert not Session.objects.exists()


def test_simulated_participants_enter_a_simulated_study() -> None:
    study = factories.make_study(simulated_only=True)
    assert start_session(study=study, simulated=True).simulated


def two_arms(*quotas: int | None) -> Study:
    dataset = factories.make_dataset()
    sets = [factories.make_set(dataset, name) for name in ("set-a", "set-b")]
    return factories.make_study(sets=sets, quotas=quotas or None)


def test_arms_are_filled_evenly() -> None:
    study = two_arms()
    for _ in range(10):
        start_session(study=study)
    assert Counter(study.sessions.values_list("arm__name", flat=True)) == {"arm-1": 5, "arm-2": 5}


def test_full_study_turns_people_away_and_a_stale_session_gives_its_place_back() -> None:
    study = two_arms(1, 1)
    first = start_session(study=study)
    start_session(study=study)
    with pytest.raises(StudyFull):
        start_session(study=study)
    Session.objects.filter(pk=first.pk).update(last_seen_at=timezone.now() - LIVE_FOR - timedelta(seconds=1))
    third = start_session(study=study)
    assert third.arm_id == first.arm_id
    # The late-comer goes on all the same.
    assert to_trials(first).step == Session.Step.TRIALS


def test_completed_session_keeps_its_place_for_ever_and_an_erased_one_does_not() -> None:
    study = two_arms(1, 0)
    session = to_trials(start_session(study=study))
    answer(session)
    answer(session)
    Session.objects.update(last_seen_at=timezone.now() - timedelta(days=3))
    with pytest.raises(StudyFull):
        start_session(study=study)
    withdraw_session(session=session, erase=True)
    assert start_session(study=study).number == 2
