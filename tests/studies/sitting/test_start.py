"""Starting a session: consent, external ids, arms and quotas."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.models import StimulusSet
from studyserver.studies.errors import StudyFull, StudyNotOpen
from studyserver.studies.models import Session, Study
from studyserver.studies.places import LIVE_FOR
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.start import hash_consent, start_session
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


def test_external_id_resumes_in_its_own_study_only(study: Study) -> None:
    first = start_session(study=study, external_id="p-1")
    assert start_session(study=study, external_id="p-1") == first
    other = factories.make_study(sets=[StimulusSet.objects.get()], slug="other")
    assert start_session(study=other, external_id="p-1") != first


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
