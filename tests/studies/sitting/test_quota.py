"""Places: provisional, firm, given away; and who came back when the arm was full."""

import contextlib
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from studyserver.studies.errors import StudyFull
from studyserver.studies.exports.answers import SURPLUS, read_tidy_rows
from studyserver.studies.exports.sittings import read_session_rows
from studyserver.studies.models import Session, Study
from studyserver.studies.places import LIVE_FOR
from studyserver.studies.progress import count_flow, read_progress
from studyserver.studies.sitting.quota import count_taken, is_full
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import touch
from tests.studies import factories
from tests.studies.participants import answer, begin, complete, show
from tests.studies.sitting.steps import to_trials

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def pass_by(time: timedelta) -> None:
    """Let time go by: everybody was last seen so much earlier."""
    for session in Session.objects.all():
        Session.objects.filter(pk=session.pk).update(last_seen_at=session.last_seen_at - time)


def come_back(session: Session) -> Session:
    """Open the page where the session is."""
    touch(Session.objects.select_related("study").get(pk=session.pk))
    session.refresh_from_db()
    return session


@pytest.fixture
def one_place(db: None) -> Study:
    return factories.make_study(quotas=[1])


def test_consent_alone_holds_a_place_for_ten_minutes(one_place: Study) -> None:
    start_session(study=one_place)
    pass_by(9 * MINUTE)
    with pytest.raises(StudyFull):
        start_session(study=one_place)
    pass_by(2 * MINUTE)
    assert start_session(study=one_place).number == 2


def test_a_provisional_place_is_renewed_by_whoever_is_there(one_place: Study) -> None:
    session = start_session(study=one_place)
    for _ in range(3):
        pass_by(8 * MINUTE)
        assert not come_back(session).surplus
    assert is_full(one_place)


def test_the_time_is_a_setting(one_place: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "PLACE_HELD_S", 1800)
    start_session(study=one_place)
    pass_by(29 * MINUTE)
    assert is_full(one_place)


def test_a_place_is_firm_once_practice_is_answered(one_place: Study) -> None:
    begin(one_place)
    pass_by(LIVE_FOR - MINUTE)
    assert is_full(one_place)
    pass_by(2 * MINUTE)
    assert not is_full(one_place)


def test_without_practice_the_first_board_makes_it_firm() -> None:
    study = factories.make_study(quotas=[1], practice=())
    session = begin(study)
    show(session)
    pass_by(11 * MINUTE)
    assert not is_full(study)
    answer(session)
    pass_by(11 * MINUTE)
    assert is_full(study)


def test_who_comes_back_to_a_full_arm_finishes_as_surplus(one_place: Study, client: Client) -> None:
    late = begin(one_place)
    pass_by(LIVE_FOR + MINUTE)
    complete(one_place)
    for _ in range(2):
        answer(late)
    assert (late.state, late.surplus) == (Session.State.COMPLETED, True)
    page = client.get(f"/p/{late.code}/debrief/").content.decode()
    assert late.receipt in page
    assert one_place.completion_url in page
    assert "the study had all the participants it needed when you" in page
    assert [load.taken for load in count_taken(one_place)] == [1]
    assert [row.surplus for row in read_session_rows(one_place)] == [True, False]
    reasons = {(row.excluded, row.exclusion_reason) for row in read_tidy_rows(one_place)}
    assert reasons == {(True, SURPLUS), (False, "")}
    (flow,) = count_flow(one_place).values()
    assert (flow["started"], flow["completed"], flow["surplus"]) == (2, 1, 1)
    progress = read_progress(one_place)
    assert (progress.started, progress.completed, progress.surplus) == (2, 1, 1)


def test_who_comes_back_while_there_is_room_has_a_place_again(one_place: Study) -> None:
    late = start_session(study=one_place)
    pass_by(11 * MINUTE)
    assert not come_back(late).surplus
    with pytest.raises(StudyFull):
        start_session(study=one_place)


def test_surplus_ends_when_a_place_is_free_at_the_end(one_place: Study) -> None:
    late = begin(one_place)
    pass_by(LIVE_FOR + MINUTE)
    other = start_session(study=one_place)
    answer(late)
    assert late.surplus
    Session.objects.filter(pk=other.pk).update(last_seen_at=timezone.now() - 11 * MINUTE)
    answer(late)
    assert (late.state, late.surplus) == (Session.State.COMPLETED, False)
    assert come_back(other).surplus


def test_simulated_sessions_take_no_place_of_a_person(one_place: Study) -> None:
    complete(one_place, simulated=True)
    assert is_full(one_place, simulated=True)
    assert not is_full(one_place)
    complete(one_place)
    assert [load.taken for load in count_taken(one_place)] == [1]


def test_consents_of_a_stranger_keep_people_out_for_ten_minutes_at_most() -> None:
    study = factories.make_study(quotas=[20])
    for _ in range(20):
        start_session(study=study)
    assert is_full(study)
    pass_by(11 * MINUTE)
    assert not is_full(study)


class Places(TestCase):
    """Whatever people do and however long they are away, nobody is over the quota."""

    study: Study

    @classmethod
    def setUpTestData(cls) -> None:
        cls.study = factories.make_study(quotas=[2], trials_per_session=1, practice=())

    @settings(max_examples=12)
    @given(st.lists(st.tuples(st.sampled_from(["come", "answer", "wait"]), st.integers(1, 5)), max_size=15))
    def test_no_arm_ever_holds_more_than_its_quota(self, steps: list[tuple[str, int]]) -> None:
        study, sessions = self.study, list[Session]()
        for what, n in steps:
            if what == "come":
                with contextlib.suppress(StudyFull):
                    sessions.append(start_session(study=study))
            elif what == "wait":
                pass_by(n * 14 * MINUTE)
            elif sessions and (late := come_back(sessions[n % len(sessions)])).state == Session.State.WORKING:
                answer(to_trials(late))
            assert all(load.taken <= 2 for load in count_taken(study))
        assert study.sessions.filter(state=Session.State.COMPLETED, surplus=False).count() <= 2
