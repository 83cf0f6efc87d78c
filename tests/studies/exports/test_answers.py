"""Tidy rows equal what was stored."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studyserver.studies.design.lifecycle import exclude_session
from studyserver.studies.exports import answers
from studyserver.studies.exports.answers import (
    participant_name,
    publishable_name,
    read_tidy_rows,
    session_name,
)
from studyserver.studies.exports.dictionary import TidyRow
from studyserver.studies.models import ExternalId, Response, Session, Study
from studyserver.studies.progress import erasure_times
from studyserver.studies.sitting.leaving import withdraw_session
from tests.studies import factories
from tests.studies.participants import answer, begin, complete, show, swap

pytestmark = pytest.mark.django_db


def rows_of(study: Study) -> list[TidyRow]:
    return list(read_tidy_rows(study))


def test_rows_equal_the_stored_answers(study: Study) -> None:
    session = complete(study, swap("Heavy metal", "Electronic music"), simulated=True)
    rows = rows_of(study)
    stored = Response.objects.select_related("trial", "clip__category", "stimulus__category").order_by(
        "trial__index", "clip_position"
    )
    assert [
        (
            r.trial_index,
            r.clip_position,
            r.clip,
            r.clip_category,
            r.chosen_stimulus,
            r.chosen_category,
            r.image_position,
        )
        for r in rows
    ] == [
        (
            s.trial.index,
            s.clip_position,
            s.clip.sha256,
            s.clip.category.name,
            s.stimulus.sha256,
            s.stimulus.category.name,
            s.image_position,
        )
        for s in stored
    ]
    assert len(rows) == 8
    wrong = {"Heavy metal", "Electronic music"}
    assert all(row.correct == (row.clip_category not in wrong) for row in rows)
    first = rows[0]
    assert (first.study, first.arm, first.design, first.n_clips, first.n_options) == (
        study.slug,
        "arm-1",
        "one_to_one",
        4,
        4,
    )
    assert (first.simulated, first.answered, first.excluded, first.exclusion_reason) == (True, True, False, "")
    assert {row.block for row in rows} == {f"{first.session}-1", f"{first.session}-2"}
    assert {row.rt_ms for row in rows} == {9000}
    assert [(row.choice_ms, row.choice_order, row.n_changes) for row in rows[:4]] == [
        (3000, 4, 1),
        (2000, 3, 2),
        (1000, 2, 3),
        (0, 1, 4),
    ]
    assert {(row.play_count, row.listened_ms) for row in rows} == {(1, 1000)}
    assert session.code not in str(rows)
    assert session.receipt not in str(rows)


def test_listening_is_unknown_where_it_was_only_declared(study: Study) -> None:
    complete(study)
    assert {(row.play_count, row.listened_ms, row.rt_ms, row.choice_ms) for row in rows_of(study)} == {(None,) * 4}


def test_a_shown_unfinished_trial_has_rows_without_choice(study: Study) -> None:
    session = begin(study)
    answer(session)
    show(session)
    rows = rows_of(study)
    assert [row.answered for row in rows] == [True] * 4 + [False] * 4
    assert {(r.chosen_stimulus, r.chosen_category, r.image_position, r.correct) for r in rows[4:]} == {(None,) * 4}
    assert {(row.play_count, row.listened_ms) for row in rows[4:]} == {(0, 0)}
    assert [row.clip_position for row in rows[4:]] == [1, 2, 3, 4]


def test_practice_and_planned_trials_have_no_rows(study: Study) -> None:
    begin(study)
    assert rows_of(study) == []


def test_erased_sessions_have_no_rows_and_kept_ones_have(study: Study) -> None:
    kept, erased = begin(study), begin(study)
    for session in (kept, erased):
        answer(session)
    withdraw_session(session=kept, erase=False)
    withdraw_session(session=erased, erase=True)
    rows = rows_of(study)
    assert {row.session for row in rows} == {session_name(kept)}
    assert len(rows) == 4
    erased.refresh_from_db()
    assert erasure_times(study) == [erased.withdrawn_at]
    moment = timezone.now()
    for _ in range(2):
        withdraw_session(session=kept, erase=True)
    times = sorted(erasure_times(study))
    assert len(times) == 2
    assert times[0] < moment < times[1]


def test_excluded_sessions_keep_their_rows_with_the_reason(study: Study) -> None:
    session = complete(study)
    exclude_session(session=session, reason="Took part twice.")
    assert {(row.excluded, row.exclusion_reason) for row in rows_of(study)} == {(True, "Took part twice.")}


def test_names_are_keyed_by_the_study_and_follow_the_person(db: None) -> None:
    images = factories.make_set(factories.make_dataset())
    first = factories.make_study(sets=[images])
    second = factories.make_study(sets=[images], slug="again")
    names = set()
    for study in (first, second):
        complete(study, external_id="PERSON-1")
        names |= {row.participant for row in rows_of(study)}
    assert len(names) == 2
    assert "PERSON-1" not in str(names)
    session = Session.objects.get(study=first)
    expected = publishable_name(first.salt, "external", "PERSON-1")
    assert participant_name(session) == expected
    ExternalId.objects.all().delete()
    assert participant_name(Session.objects.get(study=first)) != expected
    assert session_name(session) != participant_name(session)


def test_categories_in_a_control_are_those_the_images_count_as(db: None) -> None:
    images = factories.make_set(factories.make_dataset())
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[control], practice=[])
    complete(study)
    rows = rows_of(study)
    assert {row.correct for row in rows} == {True}
    assert all(control.stimuli.get(sha256=row.chosen_stimulus).category.name == row.chosen_category for row in rows)


def test_reading_costs_the_same_queries_for_one_session_and_for_many(study: Study) -> None:
    counts = []
    for n in (1, 3):
        while study.sessions.count() < n:
            complete(study)
        with CaptureQueriesContext(
            connection,
        ) as queries_made:
            assert len(rows_of(study)) == 8 * n
        counts.append(len(queries_made))
    assert counts[0] == counts[1]


def test_rows_come_in_chunks_without_gaps(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        complete(study)
    whole = rows_of(study)
    monkeypatch.setattr(answers, "SESSIONS_AT_A_TIME", 2)
    assert rows_of(study) == whole
    assert len(whole) == 40
