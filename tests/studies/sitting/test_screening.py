"""The sound check and the headphone screening."""

import pytest

from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import headphones
from studyserver.studies.sitting.screening import (
    is_barred,
    is_replaceable,
    new_page,
    record_headphones,
    record_sound_check,
    show_headphones,
    skip_headphones,
)
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import find_place
from tests.studies.screened import make_study, said, start

pytestmark = pytest.mark.django_db


def test_nothing_heard_keeps_the_session_at_the_sound_check(study: Study) -> None:
    session = start_session(study=study)
    assert record_sound_check(session=session, found={"heard": "nothing"}) == Place("sound")
    assert record_sound_check(session=session, found={"heard": "faintly"}) == Place("practice")
    assert record_sound_check(session=session, found={"heard": "nothing"}) == Place("practice")
    session.refresh_from_db()
    assert session.sound_check == {"heard": "faintly", "attempts": 2}


def test_who_only_records_lets_everybody_go_on(db: None) -> None:
    study = make_study()
    good, bad, without = start(study), start(study), start(study)
    assert find_place(good) == Place("headphones")
    assert record_headphones(session=good, answers=said(good, 5)) == Place("practice")
    assert record_headphones(session=bad, answers=said(bad, 4)) == Place("practice")
    assert skip_headphones(session=without) == Place("practice")
    outcomes = []
    for session in (good, bad, without):
        session.refresh_from_db()
        found = headphones.read_screening(session.headphones)
        outcomes.append((found.result, found.correct, found.attempts))
    assert outcomes == [("passed", 5, 1), ("failed", 4, 1), ("skipped", None, 0)]


def test_an_unfinished_or_late_screening_stores_nothing(db: None) -> None:
    session = start(make_study())
    with pytest.raises(AnswersInvalid) as caught:
        record_headphones(session=session, answers={1: 1, 2: 4})
    assert caught.value.problems == [f"Say which tone of sound {i} is the quietest." for i in range(2, 7)]
    record_headphones(session=session, answers=said(session))
    before = Session.objects.get().headphones
    assert record_headphones(session=session, answers=said(session, 0)) == Place("practice")
    assert skip_headphones(session=session) == Place("practice")
    assert Session.objects.get().headphones == before


def test_a_study_that_requires_headphones_gives_two_attempts_with_new_orders(db: None) -> None:
    study = make_study(headphone_check="require")
    lucky, session = start(study), start(study)
    assert skip_headphones(session=session) == Place("headphones")
    assert record_headphones(session=session, answers=said(session, 2)) == Place("headphones")
    session.refresh_from_db()
    assert session.headphones["order"] != session.headphones["attempts"][0]["order"]
    assert not is_barred(session)
    record_headphones(session=session, answers=said(session, 0))
    session.refresh_from_db()
    assert is_barred(session)
    assert record_headphones(session=session, answers=said(session)) == Place("headphones")
    session.refresh_from_db()
    assert len(session.headphones["attempts"]) == 2
    record_headphones(session=lucky, answers=said(lucky, 0))
    assert record_headphones(session=lucky, answers=said(lucky, 6)) == Place("practice")


def test_a_study_without_screening_goes_straight_to_practice(study: Study) -> None:
    session = start(study)
    assert find_place(session) == Place("practice")
    assert session.headphones == {}


def test_a_sound_check_that_is_sent_again_takes_the_place_of_the_first(study: Study) -> None:
    session = start_session(study=study)
    page = new_page(session)
    for heard, place in (("clearly", "practice"), ("nothing", "sound"), ("faintly", "practice")):
        assert record_sound_check(session=session, found={"heard": heard}, page=page) == Place(place)
    record_sound_check(session=session, found={"heard": "clearly"}, page="1.other")
    session.refresh_from_db()
    assert session.sound_check == {"heard": "faintly", "attempts": 1, "page": page}
    session.trials.filter(kind=Trial.Kind.PRACTICE).update(state=Trial.State.ANSWERED)
    assert not is_replaceable(session, "sound", page)


def test_a_screening_that_is_sent_again_takes_the_place_of_the_first(db: None) -> None:
    session = start(make_study())
    sounds, page = session.headphones["order"], new_page(session)
    wrong, right = said(session, 2), said(session, 6)
    kept = []
    for send in (wrong, None, right, None, wrong, right):
        if send is None:
            skip_headphones(session=session, page=page)
        else:
            record_headphones(session=session, answers=send, page=page)
        session.refresh_from_db()
        found = headphones.read_screening(session.headphones)
        kept.append((found.result, found.attempts))
    assert kept == [
        ("failed", 1), ("skipped", 0), ("passed", 1), ("skipped", 0), ("failed", 1), ("passed", 1),
    ]  # fmt: skip
    assert session.headphones["attempts"][0]["order"] == sounds
    assert not is_replaceable(session, "sound", page)


def test_a_failed_attempt_is_final_once_the_next_is_shown(db: None) -> None:
    session = start(make_study(headphone_check="require"))
    first = new_page(session)
    record_headphones(session=session, answers=said(session, 0), page=first)
    session.refresh_from_db()
    assert is_replaceable(session, "headphones", first)
    show_headphones(session)
    session.refresh_from_db()
    assert not is_replaceable(session, "headphones", first)
    # Answers to the first attempt's sounds are no answers to those of the second.
    assert record_headphones(session=session, answers=said(session, 6), page=first) == Place("headphones")
    session.refresh_from_db()
    assert len(session.headphones["attempts"]) == 1
    assert record_headphones(session=session, answers=said(session, 6), page=new_page(session)) == Place("practice")
