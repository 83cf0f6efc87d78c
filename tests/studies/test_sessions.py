"""One participant's sitting, by the domain functions: rules, idempotence, quotas, leaving."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from generation.models import Category, Clip, StimulusSet
from studyserver.studies.errors import (
    AnswersInvalid,
    DraftConflict,
    StudyFull,
    StudyNotOpen,
    WithdrawalTooLate,
    WrongPlace,
)
from studyserver.studies.models import (
    ClientEvent,
    ExternalId,
    ListenEvent,
    PracticeAnswer,
    Response,
    Session,
    Study,
    Trial,
)
from studyserver.studies.places import Place
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.events import Event, record_events, save_draft
from studyserver.studies.sitting.kinds import Timing
from studyserver.studies.sitting.leaving import find_by_receipt, is_erased, withdraw_session
from studyserver.studies.sitting.practising import finish_practice, repeat_practice
from studyserver.studies.sitting.screening import record_sound_check
from studyserver.studies.sitting.start import hash_consent, start_session
from studyserver.studies.sitting.where import LIVE_FOR, find_place
from tests.studies import factories
from tests.studies.participants import send

pytestmark = pytest.mark.django_db

STRAIGHT = {1: 1, 2: 2, 3: 3, 4: 4}


def to_trials(session: Session) -> Session:
    """Walk a fresh session to its first trial."""
    record_sound_check(session=session, found={"heard": "clearly"})
    for trial in session.trials.filter(kind=Trial.Kind.PRACTICE):
        show_trial(trial=trial)
        matches = {i: i for i in range(1, len(trial.clip_order) + 1)}
        send(trial, matches, listening_declared=True)
    finish_practice(session=session)
    session.refresh_from_db()
    return session


def current_trial(session: Session) -> Trial:
    trial = session.trials.get(index=find_place(session).index or 0)
    show_trial(trial=trial)
    return trial


def answer(session: Session, **fields: Any) -> Place:
    """Answer the trial that is due."""
    options: dict[str, Any] = {"matches": STRAIGHT, "listening_declared": True} | fields
    return send(current_trial(session), **options)


def hear(trial: Trial, position: int, milliseconds: int, *, key: str | None = None) -> None:
    event = Event(key or f"{position}-{milliseconds}", "heard", clip=position, from_ms=0, to_ms=milliseconds)
    record_events(session=trial.session, trial=trial, events=[event])


def shown_earlier(trial: Trial, seconds: float = 60) -> Trial:
    """As if the board had been on the screen for a while."""
    trial.shown_at = timezone.now() - timedelta(seconds=seconds)
    trial.save(update_fields=["shown_at"])
    return trial


# -- start --------------------------------------------------------------------------------------------------------


def test_session_walks_through_all_its_places(study: Study) -> None:
    session = start_session(study=study)
    assert find_place(session) == Place("sound")
    session = to_trials(session)
    assert find_place(session) == Place("trial", 1)
    assert answer(session) == Place("trial", 2)
    assert answer(session) == Place("debrief")
    session.refresh_from_db()
    assert session.state == Session.State.COMPLETED
    assert session.completed_at is not None
    assert Response.objects.filter(trial__session=session).count() == 8
    assert PracticeAnswer.objects.filter(trial__session=session).count() == 1


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


def test_running_session_is_resumed_after_closing_but_goes_no_further(study: Study) -> None:
    session = to_trials(start_session(study=study, external_id="p-1"))
    trial = current_trial(session)
    Study.objects.update(status=Study.Status.CLOSED)
    again = start_session(study=study, external_id="p-1")
    assert again == session
    assert find_place(Session.objects.get()) == Place("closed")
    assert send(trial, STRAIGHT, listening_declared=True) == Place("closed")
    assert not Response.objects.exists()


# -- arms and quotas ----------------------------------------------------------------------------------------------


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


def test_images_are_balanced_over_sessions(study: Study) -> None:
    for _ in range(6):
        start_session(study=study)
    shown = Counter(
        pk for order in Trial.objects.filter(kind="main").values_list("image_order", flat=True) for pk in order
    )
    # 6 sessions x 2 boards over 3 images in each of 4 categories.
    assert len(shown) == 12
    assert set(shown.values()) == {4}


def test_flagged_images_are_never_shown(study: Study) -> None:
    flagged = study.arms.get().stimulus_set.stimuli.first()
    assert flagged is not None
    flagged.flagged = True
    flagged.save()
    for _ in range(6):
        start_session(study=study)
    orders = Trial.objects.filter(kind="main").values_list("image_order", flat=True)
    assert flagged.pk not in {pk for order in orders for pk in order}


def test_practice_material_is_the_first_arms_for_all_arms() -> None:
    dataset = factories.make_dataset()
    without = factories.make_set(dataset, "a", categories=factories.CATEGORIES)
    sets = [without, factories.make_set(dataset, "b"), factories.make_set(dataset, "c")]
    study = factories.make_study(sets=sets)
    for _ in range(6):
        start_session(study=study)
    shown = [
        image["stimulus"]
        for order in Trial.objects.filter(kind="practice").values_list("image_order", flat=True)
        for image in order
        if "stimulus" in image
    ]
    assert len(shown) == 6
    assert set(shown) <= set(sets[1].stimuli.values_list("pk", flat=True))


def test_practice_photograph_is_not_the_one_the_image_was_painted_over() -> None:
    dataset = factories.make_dataset(contents=2)
    stimulus_set = factories.make_set(dataset)
    used, other = dataset.contents.order_by("pk")
    stimulus_set.stimuli.update(provenance={"content": {"sha256": used.sha256}})
    study = factories.make_study(sets=[stimulus_set])
    for _ in range(5):
        start_session(study=study)
    for order in Trial.objects.filter(kind="practice").values_list("image_order", flat=True):
        assert {"content": other.pk} in order


# -- sound check and practice -------------------------------------------------------------------------------------


def test_nothing_heard_keeps_the_session_at_the_sound_check(study: Study) -> None:
    session = start_session(study=study)
    assert record_sound_check(session=session, found={"heard": "nothing"}) == Place("sound")
    assert record_sound_check(session=session, found={"heard": "faintly"}) == Place("practice")
    assert record_sound_check(session=session, found={"heard": "nothing"}) == Place("practice")
    session.refresh_from_db()
    assert session.sound_check == {"heard": "faintly", "attempts": 2}


def test_practice_can_be_repeated_and_keeps_the_last_answer() -> None:
    study = factories.make_study(practice=(), categories=factories.CATEGORIES[:2])
    study.practice_categories.set(Category.objects.filter(name__in=factories.CATEGORIES[2:]))
    session = start_session(study=study)
    record_sound_check(session=session, found={"heard": "clearly"})
    trial = session.trials.get(index=0)
    show_trial(trial=trial)
    with pytest.raises(AnswersInvalid, match="Image A is matched with clips 1 and 2"):
        send(trial, {1: 1, 2: 1}, listening_declared=True)
    for matches in ({1: 1, 2: 2}, {1: 2, 2: 1}):
        send(trial, matches, listening_declared=True)
        chosen = list(trial.practice_answers.order_by("pk").values_list("stimulus_id", flat=True))
        assert chosen == [trial.image_order[matches[i] - 1]["stimulus"] for i in (1, 2)]
        # A second sending changes nothing.
        send(trial, {1: 2, 2: 1}, listening_declared=True)
        assert list(trial.practice_answers.order_by("pk").values_list("stimulus_id", flat=True)) == chosen
        if matches[1] == 1:
            repeat_practice(session=session)
    assert finish_practice(session=session) == Place("trial", 1)
    assert repeat_practice(session=session) == Place("trial", 1)
    assert trial.practice_answers.count() == 2


def test_practice_must_be_answered_before_the_trials(study: Study) -> None:
    session = start_session(study=study)
    record_sound_check(session=session, found={"heard": "clearly"})
    assert finish_practice(session=session) == Place("practice")


def test_study_without_practice_goes_from_the_instruction_to_the_trials() -> None:
    session = start_session(study=factories.make_study(practice=()))
    assert not session.trials.filter(kind="practice").exists()
    record_sound_check(session=session, found={"heard": "clearly"})
    assert finish_practice(session=session) == Place("trial", 1)


# -- answers ------------------------------------------------------------------------------------------------------


def test_answers_are_stored_by_position(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    matches = {1: 3, 2: 1, 3: 4, 4: 2}
    send(trial, matches, listening_declared=True)
    stored = trial.responses.values_list("clip_position", "clip_id", "image_position", "stimulus_id")
    assert list(stored) == [
        (i, trial.clip_order[i - 1], matches[i], trial.image_order[matches[i] - 1]) for i in (1, 2, 3, 4)
    ]


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


@pytest.mark.parametrize(
    ("matches", "problem"),
    [
        ({1: 1, 2: 2, 3: 3}, "Clip 4 has no image yet."),
        ({1: 1, 2: 2, 3: 3, 4: 5}, "The image chosen for clip 4 is not on this board."),
        ({1: 1, 2: 2, 3: 3, 4: 0}, "The image chosen for clip 4 is not on this board."),
        ({1: 1, 2: 2, 3: 3, 4: 4, 5: 1}, "Clip 5 is not on this board."),
        ({1: 1, 2: 2, 3: 2, 4: 4}, "Image B is matched with clips 2 and 3; each image goes with one clip only."),
    ],
)
def test_board_against_the_rules_is_refused_whole(study: Study, matches: dict[int, int], problem: str) -> None:
    session = to_trials(start_session(study=study))
    with pytest.raises(AnswersInvalid) as refusal:
        answer(session, matches=matches)
    assert problem in refusal.value.problems
    assert not Response.objects.exists()
    assert find_place(session) == Place("trial", 1)


def test_free_design_takes_an_image_for_several_clips() -> None:
    session = to_trials(start_session(study=factories.make_study(design=Study.Design.FREE)))
    answer(session, matches={1: 2, 2: 2, 3: 2, 4: 2})
    assert set(Response.objects.values_list("image_position", flat=True)) == {2}


def test_timings_give_the_order_of_choices(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    timings = {1: Timing(4000), 2: Timing(2000, 1), 3: Timing(9000), 4: Timing(2500)}
    send(trial, STRAIGHT, listening_declared=True, rt_ms=9500, timings=timings)
    trial.refresh_from_db()
    assert trial.rt_ms == 9500
    stored = trial.responses.values_list("choice_ms", "choice_order", "n_changes")
    assert list(stored) == [(4000, 3, 0), (2000, 1, 1), (9000, 4, 0), (2500, 2, 0)]


@pytest.mark.parametrize(
    ("rt_ms", "choice_ms", "stored"),
    [(None, 1000, (None, None)), (90_000, 1000, (None, None)), (9000, 9001, (9000, None)), (9000, -1, (9000, None))],
)
def test_impossible_timings_are_not_stored(
    study: Study, rt_ms: int | None, choice_ms: int, stored: tuple[int | None, int | None]
) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    timings = {position: Timing(choice_ms) for position in STRAIGHT}
    send(trial, STRAIGHT, listening_declared=True, rt_ms=rt_ms, timings=timings)
    trial.refresh_from_db()
    assert (trial.rt_ms, trial.responses.all()[0].choice_ms) == stored
    assert trial.responses.count() == 4


def test_confidence_is_asked_for_and_stored_only_where_the_study_asks(study: Study) -> None:
    sure = {1: 7, 2: 1, 3: 4, 4: 5}
    session = to_trials(start_session(study=study))
    answer(session, confidence=sure)
    assert set(Response.objects.values_list("confidence", flat=True)) == {None}
    Study.objects.update(ask_confidence=True)
    with pytest.raises(AnswersInvalid) as refusal:
        answer(session, confidence={**sure, 3: 8})
    assert refusal.value.problems == ["Say how sure you are of clip 3 (1 to 7)."]
    answer(session, confidence=sure)
    assert list(Response.objects.filter(trial__index=2).values_list("confidence", flat=True)) == [7, 1, 4, 5]


# -- listening ----------------------------------------------------------------------------------------------------


def test_listening_rule_is_judged_by_the_servers_log(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    for position in (1, 2, 3):
        hear(trial, position, 600)
    hear(trial, 4, 100)
    # The page had a script: a declaration is not taken in place of its log.
    with pytest.raises(AnswersInvalid) as refusal:
        answer(session)
    assert refusal.value.problems == ["Clip 4 has not been heard for long enough yet."]
    hear(trial, 4, 300)  # of 500; the tolerance is 250
    assert answer(session, listening_declared=False) == Place("trial", 2)
    trial.refresh_from_db()
    assert not trial.listening_declared


def test_without_script_the_declaration_is_stored(study: Study) -> None:
    session = to_trials(start_session(study=study))
    with pytest.raises(AnswersInvalid, match="Clip 1 has not been heard"):
        answer(session, listening_declared=False)
    answer(session)
    assert session.trials.get(index=1).listening_declared


def test_reported_listening_longer_than_the_trial_was_shown_does_not_count(study: Study) -> None:
    Study.objects.update(min_listen_s=1)
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    for position in STRAIGHT:
        hear(trial, position, 1000)
    with pytest.raises(AnswersInvalid, match="Clip 4 has not been heard for long enough"):
        answer(session)
    Session.objects.update(simulated=True)
    assert answer(session) == Place("trial", 2)


def test_clip_that_cannot_be_played_traps_nobody(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    for position in (1, 2, 3):
        hear(trial, position, 900)
    error = Event("e1", "media_error", data={"clip": 4, "what": "decode"})
    record_events(session=session, trial=trial, events=[error])
    assert answer(session, listening_declared=False) == Place("trial", 2)
    assert ClientEvent.objects.get().data == {"clip": 4, "what": "decode"}


def test_events_are_stored_once_and_only_while_the_trial_is_due(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    events = [Event("k1", "heard", clip=1, to_ms=900), Event("k2", "assign", data={"clip": 1, "image": 2})]
    for _ in range(3):
        record_events(session=session, trial=trial, events=events)
    assert (ListenEvent.objects.count(), ClientEvent.objects.count()) == (1, 1)
    with pytest.raises(WrongPlace):
        record_events(session=session, trial=session.trials.get(index=2), events=events)
    for position in (2, 3, 4):
        hear(trial, position, 900)
    answer(session)
    with pytest.raises(WrongPlace) as refusal:
        record_events(session=session, trial=trial, events=[Event("k3", "heard", clip=1, to_ms=900)])
    assert refusal.value.place == Place("trial", 2)
    assert ListenEvent.objects.filter(clip_position=1).count() == 1


# -- drafts -------------------------------------------------------------------------------------------------------


def test_draft_is_kept_with_a_version_and_a_stale_window_gets_the_newer_one(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    assert save_draft(trial=trial, version=0, draft={"matches": {"1": 2}}) == 1
    # The same again: its acknowledgement was lost.
    assert save_draft(trial=trial, version=0, draft={"matches": {"1": 2}}) == 1
    with pytest.raises(DraftConflict) as conflict:
        save_draft(trial=trial, version=0, draft={"matches": {"1": 4}})
    assert (conflict.value.version, conflict.value.draft) == (1, {"matches": {"1": 2}})
    assert save_draft(trial=trial, version=1, draft={"matches": {"1": 4}}) == 2
    answer(session)
    with pytest.raises(WrongPlace):
        save_draft(trial=trial, version=2, draft={})
    trial.refresh_from_db()
    assert trial.draft == {}


# -- leaving ------------------------------------------------------------------------------------------------------


def count_traces(session: Session) -> dict[str, int]:
    """Rows that hold anything of the participant."""
    rows: dict[str, type[Model]] = {
        "trial__session": Response,
        "trial__session_id": PracticeAnswer,
        "trial__session__pk": ListenEvent,
        "session": ClientEvent,
        "session_id": ExternalId,
        "session__pk": Trial,
    }
    return {model.__name__: model._default_manager.filter(**{path: session.pk}).count() for path, model in rows.items()}


def test_erasing_leaves_the_bare_row(study: Study) -> None:
    session = to_trials(start_session(study=study, external_id="p-1"))
    trial = shown_earlier(current_trial(session))
    for position in STRAIGHT:
        hear(trial, position, 900)
    record_events(session=session, trial=trial, events=[Event("k2", "assign")])
    answer(session)
    save_draft(trial=current_trial(session), version=0, draft={"matches": {"1": 2}})
    assert all(count_traces(session).values())
    for _ in range(2):
        withdraw_session(session=session, erase=True)
        assert not any(count_traces(session).values())
        session.refresh_from_db()
        assert (session.state, session.sound_check) == (Session.State.WITHDRAWN, {})
        assert is_erased(session)
    assert find_place(session) == Place("left")


def test_keeping_ends_the_session_with_its_answers_and_can_be_followed_by_erasing(study: Study) -> None:
    session = to_trials(start_session(study=study))
    answer(session)
    trial = current_trial(session)
    withdraw_session(session=session, erase=False)
    assert Response.objects.count() == 4
    assert send(trial, STRAIGHT, listening_declared=True) == Place("left")
    with pytest.raises(WrongPlace):
        record_events(session=session, trial=trial, events=[Event("k", "heard", clip=1)])
    session.refresh_from_db()
    assert not is_erased(session)
    withdraw_session(session=session, erase=True)
    assert not Response.objects.exists()


def test_completed_session_cannot_leave_with_its_answers_kept(study: Study) -> None:
    session = to_trials(start_session(study=study))
    answer(session)
    answer(session)
    withdraw_session(session=session, erase=False)
    session.refresh_from_db()
    assert session.state == Session.State.COMPLETED


def test_erasing_ends_with_the_studys_last_day(study: Study) -> None:
    done = to_trials(start_session(study=study))
    answer(done)
    answer(done)
    working = start_session(study=study)
    Study.objects.update(withdraw_until=timezone.localdate() - timedelta(days=1))
    done, working = Session.objects.order_by("number")
    with pytest.raises(WithdrawalTooLate):
        withdraw_session(session=done, erase=True)
    assert Response.objects.count() == 8
    # Somebody who is still taking part may always leave without a trace.
    withdraw_session(session=working, erase=True)
    Study.objects.update(withdraw_until=None)
    withdraw_session(session=done, erase=True)
    assert not Response.objects.exists()


def test_receipt_is_found_however_it_is_typed(study: Study) -> None:
    session = start_session(study=study)
    for typed in (session.receipt, session.receipt.lower(), f" {session.receipt.replace('-', ' ')} "):
        assert find_by_receipt(typed) == session
    assert find_by_receipt("ABCD-EFGH-JKMN") is None


def test_excluded_session_may_finish_and_stays_excluded(study: Study) -> None:
    session = to_trials(start_session(study=study))
    Session.objects.update(state=Session.State.EXCLUDED, exclusion_reason="technical")
    session.refresh_from_db()
    answer(session)
    answer(session)
    session.refresh_from_db()
    assert (session.state, session.step) == (Session.State.EXCLUDED, Session.Step.DEBRIEF)


def test_shuffled_control_is_shown_as_whole_boards() -> None:
    dataset = factories.make_dataset()
    control = factories.make_shuffled_set(factories.make_set(dataset))
    practice = factories.make_set(dataset, "practice", categories=factories.PRACTICE)
    study = factories.make_study(sets=[control, practice], quotas=[None, 0])
    session = start_session(study=study)
    board_of = dict(control.stimuli.values_list("pk", "board"))
    for trial in session.trials.filter(kind="main"):
        assert len({board_of[pk] for pk in trial.image_order}) == 1
        made_from = Clip.objects.filter(pk__in=trial.clip_order).values_list("sha256", flat=True)
        source = control.stimuli.filter(pk__in=trial.image_order).values_list("provenance", flat=True)
        assert sorted(made_from) == sorted(p["source_clip"] for p in source)
