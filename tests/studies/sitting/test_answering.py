"""The one write path: stored once, whole, when due."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Response, Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.sitting.answering import Sending, acknowledge, is_kept, is_newer, record_answers, show_trial
from studyserver.studies.sitting.kinds import BoardAnswers
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.start import start_session
from tests.studies.participants import send
from tests.studies.sitting.steps import STRAIGHT, answer, current_trial, to_trials

pytestmark = pytest.mark.django_db


def test_repeated_answers_store_nothing_twice_and_lead_on(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    assert answer(session) == Place("trial", 2)
    again = {1: 4, 2: 3, 3: 2, 4: 1}
    assert send(trial, again, listening_declared=True) == Place("trial", 2)
    assert dict(trial.responses.values_list("clip_position", "image_position")) == STRAIGHT


def test_trial_that_is_not_due_stores_nothing(study: Study) -> None:
    session = to_trials(start_session(study=study))
    ahead = session.trials.get(index=2)
    assert send(ahead, STRAIGHT, listening_declared=True) == Place("trial", 1)
    assert not Response.objects.exists()


def test_excluded_session_may_finish_and_stays_excluded(study: Study) -> None:
    session = to_trials(start_session(study=study))
    Session.objects.update(state=Session.State.EXCLUDED, exclusion_reason="technical")
    session.refresh_from_db()
    answer(session)
    answer(session)
    session.refresh_from_db()
    assert (session.state, session.step) == (Session.State.EXCLUDED, Session.Step.DEBRIEF)


ORDERS = [dict(enumerate(order, start=1)) for order in itertools.islice(itertools.permutations((1, 2, 3, 4)), 8)]


def send_as(trial: Trial, number: int, key: str = "page-0001") -> Place:
    """What a page sends as its `number`th: each time other matches."""
    answers = BoardAnswers(ORDERS[number], listening_declared=True)
    return record_answers(trial=trial, answers=answers, sending=Sending(key, number))


def stored(trial: Trial) -> dict[int, int]:
    return dict(trial.responses.values_list("clip_position", "image_position"))


def test_newer_answers_of_a_page_that_heard_nothing_replace_the_earlier_ones(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    for number in (1, 2):
        assert send_as(trial, number) == Place("trial", 2)
        assert stored(trial) == ORDERS[number]
    # One that was late on its way, and one of another window.
    send_as(trial, 1)
    send_as(trial, 3, "page-0002")
    assert stored(trial) == ORDERS[2]
    trial.refresh_from_db()
    assert not is_kept(trial, Sending("page-0001", 2))
    assert is_kept(trial, Sending("page-0001", 1))
    assert is_kept(trial, Sending("page-0002", 3))
    # The next page is shown: now they are final.
    show_trial(trial=session.trials.get(index=2))
    send_as(trial, 4)
    assert stored(trial) == ORDERS[2]


def test_the_last_answers_are_final_once_the_debrief_was_shown(study: Study) -> None:
    session = to_trials(start_session(study=study))
    answer(session)
    trial = current_trial(session)
    for number in (1, 2):
        assert send_as(trial, number) == Place("debrief")
        assert stored(trial) == ORDERS[number]
    acknowledge(session)
    send_as(trial, 3)
    assert stored(trial) == ORDERS[2]


def test_answers_that_break_the_rules_replace_nothing(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    send_as(trial, 1)
    with pytest.raises(AnswersInvalid):
        record_answers(trial=trial, answers=BoardAnswers({1: 1}), sending=Sending("page-0001", 2))
    assert stored(trial) == ORDERS[1]
    withdraw_session(session=session, erase=False)
    send_as(trial, 3)
    assert stored(trial) == ORDERS[1]


@given(st.lists(st.tuples(st.sampled_from(["", "page-0001", "page-0002"]), st.integers(0, 5), st.booleans())))
@settings(max_examples=200)
def test_an_older_sending_never_wins(arrivals: list[tuple[str, int, bool]]) -> None:
    """Whatever arrives in whatever order: of the page that came first the newest before the acknowledgement counts."""
    trial, expected = Trial(), None
    for key, number, acknowledged in arrivals:
        sending = Sending(key, number)
        if trial.state != Trial.State.ANSWERED or (is_newer(trial, sending) and not trial.acknowledged):
            trial.state, trial.answers_key, trial.answers_number = Trial.State.ANSWERED, key, number
        if expected is None:
            expected = sending
        elif key and key == expected.key and not trial.acknowledged:
            expected = max(expected, sending, key=lambda one: one.number)
        assert Sending(trial.answers_key, trial.answers_number) == expected
        trial.acknowledged |= acknowledged
