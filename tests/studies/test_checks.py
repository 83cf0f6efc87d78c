"""Attention checks and the headphone screening: drawn once, stored apart, exported by session, never data."""

import csv
import html
import json
import random
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from analysis.reading.sessions import read_sessions
from generation.models import Content, Stimulus
from studyserver.studies.design import lifecycle
from studyserver.studies.design.document import design_document
from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.errors import AnswersInvalid, MaterialMissing, SimulationError
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.sittings import SESSION_COLUMNS, SessionRow, read_session_rows
from studyserver.studies.models import PracticeAnswer, Response, Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.progress import read_progress
from studyserver.studies.rules import assignment, headphones
from studyserver.studies.rules.headphones import ANTIPHASE, QUIET, SOUNDS, STANDARD, right_answer
from studyserver.studies.rules.matching import letter
from studyserver.studies.simulation.participants import simulate_ability
from studyserver.studies.sitting import boards
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.practising import finish_practice
from studyserver.studies.sitting.screening import is_barred, record_headphones, record_sound_check, skip_headphones
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import find_counted, find_place
from tests.studies import factories
from tests.studies.exports.test_report import report_of
from tests.studies.participants import answer, complete, match, send

pytestmark = pytest.mark.django_db
RULES = [{"rule": "attention", "threshold": 0}, {"rule": "headphones", "threshold": 5}]


def make_study(**fields: Any) -> Study:
    defaults: dict[str, Any] = {"attention_boards": 1, "headphone_check": "record", "trials_per_session": 3}
    return factories.make_study(**(defaults | fields))


def start(study: Study, **fields: Any) -> Session:
    """A session at the headphone screening."""
    session = start_session(study=study, **fields)
    record_sound_check(session=session, found={"heard": "clearly", "device": "headphones"})
    session.refresh_from_db()
    return session


def said(session: Session, right: int = 6) -> dict[int, int]:
    """Answers to the screening of which so many are right."""
    session.refresh_from_db()
    order = session.headphones["order"]
    keys = [right_answer(sound) for sound in order]
    return {i: key if i <= right else key % 3 + 1 for i, key in enumerate(keys, start=1)}


def at_trials(study: Study, **fields: Any) -> Session:
    """A session at its first board, screened with all right."""
    session = start(study, **fields)
    record_headphones(session=session, answers=said(session))
    return past_practice(session)


def past_practice(session: Session) -> Session:
    for trial in session.trials.filter(kind=Trial.Kind.PRACTICE):
        show_trial(trial=trial)
        matches = {i: i for i in range(1, len(trial.clip_order) + 1)}
        send(trial, matches, listening_declared=True)
    finish_practice(session=session)
    session.refresh_from_db()
    return session


def go_through(session: Session, *, attentive: bool = True) -> list[str]:
    """Answer every board that comes; returns their kinds in order."""
    kinds = []
    while (place := find_place(session)).page == "trial":
        trial = session.trials.get(index=place.index or 0)
        kinds.append(str(trial.kind))
        if trial.kind == Trial.Kind.MAIN:
            answer(session)
        else:
            show_trial(trial=trial)
            send(trial, {1: asked(trial) if attentive else asked(trial) % 4 + 1})
        session.refresh_from_db()
    return kinds


def asked(trial: Trial) -> int:
    assert trial.instructed is not None
    return trial.instructed


# -- the sounds ---------------------------------------------------------------------------------------------------


def test_the_sounds_hold_the_tones_that_the_key_names() -> None:
    for name, kinds in SOUNDS.items():
        wave, rate = soundfile.read(Path(settings.BASE_DIR) / "static/studies/headphones" / f"{name}.flac")
        assert wave.shape[1] == 2
        found = []
        for place in range(3):
            begin = 0.1 + place * 1.5
            tone = wave[int((begin + 0.2) * rate) : int((begin + 0.8) * rate)]
            level = 20 * np.log10(np.sqrt(np.mean(tone[:, 0] ** 2)))
            spectrum = np.abs(np.fft.rfft(tone[:, 0] * np.hanning(len(tone))))
            assert np.argmax(spectrum) * rate / len(tone) == pytest.approx(200, abs=2)
            together = np.abs(tone.sum(axis=1)).max()
            found.append(ANTIPHASE if together < 1e-3 else QUIET if level < -23 else STANDARD)
            assert level == pytest.approx(-26 if found[-1] == QUIET else -20, abs=0.1)
        assert tuple(found) == kinds
        assert np.abs(wave[int(1.15 * rate) : int(1.55 * rate)]).max() < 1e-3


def test_each_order_of_the_tones_comes_once_and_each_answer_twice() -> None:
    assert len(set(SOUNDS.values())) == 6
    assert Counter(map(right_answer, SOUNDS)) == {1: 2, 2: 2, 3: 2}
    orders = {tuple(headphones.draw_order(random.Random(seed))) for seed in range(50)}
    assert len(orders) > 40
    assert {tuple(sorted(order)) for order in orders} == {tuple(SOUNDS)}


# -- the screening ------------------------------------------------------------------------------------------------


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


# -- attention checks ---------------------------------------------------------------------------------------------


def test_a_check_comes_after_the_trial_that_it_names_and_never_last(db: None) -> None:
    study = make_study(attention_boards=2)
    for _ in range(6):
        session = at_trials(study)
        places = list(session.trials.filter(kind="attention").values_list("index", "after"))
        assert places == [(4, 1), (5, 2)]
        assert go_through(session) == ["main", "attention", "main", "attention", "main"]
        assert session.state == Session.State.COMPLETED
    images = [study.arms.get().stimulus_set]
    others = [make_study(slug=f"s{seed}", seed=seed, sets=images) for seed in range(12)]
    assert {at_trials(other).trials.get(index=4).after for other in others} == {1, 2}


def test_a_check_shows_no_picture_or_sound_of_the_study(db: None) -> None:
    study = make_study(attention_boards=3)
    inside = set(study.categories.values_list("pk", flat=True))
    for _ in range(4):
        for trial in start_session(study=study).trials.filter(kind="attention"):
            images = boards.load_images(trial)
            assert len(images) == 4
            assert len({image.sha256 for image in images}) == 4
            assert not inside & {image.category_id for image in images if isinstance(image, Stimulus)}
            assert not inside & {clip.category_id for clip in boards.load_clips(trial)}
            assert 1 <= asked(trial) <= 4


def test_an_attention_answer_is_kept_apart_from_the_data(db: None) -> None:
    study = make_study()
    go_through(session := at_trials(study), attentive=True)
    go_through(other := at_trials(study), attentive=False)
    assert [s.trials.get(kind="attention").passed for s in (session, other)] == [True, False]
    assert Response.objects.filter(trial__kind="attention").count() == 0
    assert PracticeAnswer.objects.filter(trial__kind="attention").count() == 2
    rows = list(read_tidy_rows(study))
    assert len(rows) == 2 * 3 * 4
    assert {row.trial_index for row in rows} == {1, 2, 3}


def test_a_check_needs_no_listening_and_takes_an_answer_once(db: None) -> None:
    session = at_trials(make_study(listening_rule="end", trials_per_session=1, ask_confidence=True))
    trial = session.trials.get(kind="main")
    show_trial(trial=trial)
    send(trial, match(trial), listening_declared=True, confidence=dict.fromkeys(range(1, 5), 4))
    check = session.trials.get(kind="attention")
    show_trial(trial=check)
    with pytest.raises(AnswersInvalid, match="Clip 1 has no image yet"):
        send(check, {})
    assert send(check, {1: asked(check)}) == Place("debrief")
    assert send(check, {1: asked(check) % 4 + 1}) == Place("debrief")
    check.refresh_from_db()
    assert (check.passed, check.practice_answers.count(), check.listening_declared) == (True, 1, False)


def test_the_same_seed_draws_the_same_checks() -> None:
    items = [assignment.Item(stimulus=i, clip=100 + i, category=9) for i in range(1, 4)]

    def plan(number: int, **more: Any) -> list[assignment.PlannedAttention]:
        options: dict[str, Any] = {"contents": [1, 2], "images": 4, "boards": 2, "trials": 5, "seed": 3}
        return assignment.plan_attention(items=items, number=number, **(options | more))

    assert plan(1) == plan(1) != plan(2)
    assert len(plan(1, contents=[])[0].image_order) == 3
    assert [check.after for check in plan(1, boards=5)] == [1, 2, 3, 4, 5]
    with pytest.raises(MaterialMissing, match="two pictures or more"):
        assignment.plan_attention(items=items[:1], contents=[], images=4, boards=1, trials=3, seed=1, number=1)


@pytest.mark.parametrize(
    ("fields", "rules", "sentence"),
    [
        ({"attention_boards": 4}, [], "4 attention checks do not fit among 3 trials."),
        ({"attention_boards": 0}, RULES[:1], "leaves out nobody: the study has 0 attention checks."),
        ({"headphone_check": "off"}, RULES[1:], "needs the headphone screening. Switch it on"),
        ({}, [{"rule": "headphones", "threshold": 7}], "leaves out everybody. Ask for 6 or less; 5 is usual."),
        ({"practice": []}, [], "Attention checks need practice material with two pictures or more."),
    ],
)
def test_checks_that_cannot_work_are_found_before_opening(
    db: None, fields: dict[str, Any], rules: list[Any], sentence: str
) -> None:
    draft = make_study(status=Study.Status.DRAFT, exclusion_rules=rules, **fields)
    assert any(sentence in problem for problem in errors_of(check_launch(draft, thorough=False)))


def test_few_pictures_are_warned_of(db: None) -> None:
    draft = make_study(status=Study.Status.DRAFT)
    Content.objects.all().delete()
    found = [str(finding) for check in check_launch(draft, thorough=False) for finding in check.findings]
    assert any("shows 3 pictures only, so one in 3 passes by chance" in sentence for sentence in found)


def test_checks_are_part_of_the_design(db: None) -> None:
    draft = make_study(status=Study.Status.DRAFT)
    document = design_document(draft)
    assert (document["attention_boards"], document["headphone_check"]) == (1, "record")
    copy = lifecycle.duplicate_study(study=lifecycle.open_study(study=draft))
    assert (copy.attention_boards, copy.headphone_check) == (1, "record")
    plain = factories.make_study(slug="plain", sets=[draft.arms.get().stimulus_set])
    assert not {"attention_boards", "headphone_check"} & set(design_document(plain))


# -- the pages ----------------------------------------------------------------------------------------------------


def test_the_pages_without_script(db: None) -> None:
    study = make_study()
    session = start(study)
    client, address = Client(), f"/p/{session.code}/headphones/"
    text = client.get(address).content.decode()
    assert text.count("<audio") == 6
    assert "go on without" in text
    keys = {f"tone-{i}": str(key) for i, key in said(session).items()}
    refused = client.post(address, {name: value for name, value in keys.items() if name != "tone-3"})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "Say which tone of sound 3 is the quietest." in text
    assert text.count(" checked") == 5
    assert client.post(address, keys).headers["Location"] == f"/p/{session.code}/practice/"
    past_practice(session)
    answer(session)
    while find_place(session) != Place("trial", 4):
        answer(session)
    check = session.trials.get(index=4)
    address = f"/p/{session.code}/trial/4/"
    text = html.unescape(client.get(address).content.decode())
    assert f'image <span class="instructed">{letter(asked(check))}</span>' in text
    assert "Round 2 of 4" in text or "Round 3 of 4" in text
    assert 'data-rule="none"' in text
    assert "listening_declared" not in text
    for secret in (*factories.CATEGORIES, *factories.PRACTICE, "arm-1", "attention"):
        assert secret not in text
    assert client.post(address).status_code == 422
    client.post(address, {"clip-1": str(asked(check))})
    check.refresh_from_db()
    assert check.passed is True


def test_who_cannot_go_on_is_told_so_and_may_erase(db: None) -> None:
    session = start(make_study(headphone_check="require"))
    client, address = Client(), f"/p/{session.code}/headphones/"
    assert "go on without" not in client.get(address).content.decode()
    fail = {f"tone-{i}": str(key) for i, key in said(session, 0).items()}
    assert "You can try once more." in client.post(address, fail, follow=True).content.decode()
    fail = {f"tone-{i}": str(key) for i, key in said(session, 0).items()}
    text = client.post(address, fail, follow=True).content.decode()
    assert "This study needs headphones" in text
    assert "<form" not in text
    client.post(f"/p/{session.code}/leave/", {"action": "erase", "sure": "on"})
    session.refresh_from_db()
    assert (session.state, session.headphones) == (Session.State.WITHDRAWN, {})


def test_the_preview_shows_the_checks(db: None, admin_client: Client) -> None:
    study = make_study(status=Study.Status.DRAFT)
    address = f"/s/{study.slug}/preview/"
    assert admin_client.get(f"{address}?page=headphones").content.decode().count("<audio") == 6
    assert "instructed" in admin_client.get(f"{address}?page=attention").content.decode()
    assert admin_client.post(f"{address}?page=sound").headers["Location"] == f"{address}?page=headphones"
    Study.objects.update(headphone_check="off", attention_boards=0)
    assert admin_client.get(f"{address}?page=headphones").status_code == 404
    assert admin_client.post(f"{address}?page=sound").headers["Location"] == f"{address}?page=practice"


def test_researchers_see_the_outcome_of_checks_and_where_people_left(db: None, admin_client: Client) -> None:
    study = make_study()
    go_through(session := at_trials(study), attentive=False)
    start(study)
    text = admin_client.get(f"/admin/studies/session/{session.pk}/change/").content.decode()
    assert "passed, 6 of 6 right" in text
    assert "0 of 1 passed" in text
    assert "(never analysed): failed" in text
    steps = {step.step: step.reached for step in read_progress(study).steps}
    assert list(steps)[:3] == ["Sound check", "Headphones", "Practice"]
    assert (steps["Sound check"], steps["Headphones"], steps["Practice"], steps["Debrief"]) == (2, 2, 1, 1)


# -- exported by session ------------------------------------------------------------------------------------------


def test_sessions_have_one_row_each_and_erased_ones_none(db: None, tmp_path: Path) -> None:
    study = make_study()
    go_through(at_trials(study, external_id="PERSON-1"), attentive=False)
    skip_headphones(session=start(study))
    start(gone := study)
    withdraw_session(session=gone.sessions.get(number=3), erase=True)
    lifecycle.close_study(study=study)
    export_study(study, tmp_path)
    with (tmp_path / "sessions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [column.name for column in SESSION_COLUMNS] == [field.name for field in fields(SessionRow)]
    first, second = rows
    responses = (tmp_path / "responses.csv").read_text(encoding="utf-8")
    assert f"{first['participant']},{first['session']}" in responses
    assert [first[name] for name in ("state", "boards_answered", "attention_answered", "attention_passed")] == [
        "completed", "3", "1", "0",
    ]  # fmt: skip
    assert [first[name] for name in ("headphones", "headphones_correct", "headphones_attempts", "device", "heard")] == [
        "passed", "6", "1", "headphones", "clearly",
    ]  # fmt: skip
    assert first["duration_s"].isdecimal()
    assert [second[name] for name in ("state", "headphones", "headphones_correct", "duration_s")] == [
        "working", "skipped", "", "",
    ]  # fmt: skip
    assert "PERSON-1" not in (tmp_path / "sessions.csv").read_text(encoding="utf-8")
    assert list(read_sessions(tmp_path / "sessions.csv")["headphones"]) == ["passed", "skipped"]


def test_sessions_cost_the_same_queries_for_any_number(db: None, django_assert_num_queries: Any) -> None:
    study = make_study()
    for _ in range(3):
        start(study)
    with django_assert_num_queries(1):
        assert len(list(read_session_rows(study))) == 3


def test_rules_on_checks_reach_the_report_through_the_sessions(db: None, tmp_path: Path) -> None:
    draft = make_study(status=Study.Status.DRAFT, simulated_only=True, exclusion_rules=RULES)
    study = lifecycle.open_study(study=draft)
    simulate_ability(study=study, n=6, ability=0.6, careless=0.4, seed=5)
    careless = [random.Random(f"5/{number}/care").random() < 0.4 for number in range(6)]
    assert 0 < sum(careless) < 6
    outcomes = [(row.attention_passed, row.headphones) for row in read_session_rows(study)]
    assert outcomes == [(0, "failed") if is_careless else (1, "passed") for is_careless in careless]
    result = report_of(study, tmp_path)
    rules = {rule["rule"]: rule["n"] for rule in result["excluded"]["rules"]}
    assert rules == {
        "more than 0 attention checks failed": sum(careless),
        "fewer than 5 of 6 headphone sounds right": 0,
    }
    assert result["arms"]["arm-1"]["n_participants"] == 6 - sum(careless)
    assert result["excluded"]["with"]["arm-1"]["n_participants"] == 6
    assert "sessions.csv" in result["provenance"]["sources"]
    checks = result["checks"]["arm-1"]
    assert (checks["attention_failed_sessions"], checks["headphones"]["failed"]) == (sum(careless), sum(careless))
    (tmp_path / "data" / "sessions.csv").unlink()
    again = json.loads((tmp_path / "data" / "study.json").read_text(encoding="utf-8"))
    assert again["exclusion_rules"] == RULES
    from analysis.__main__ import main

    assert main(["report", str(tmp_path / "data" / "responses.csv"), "--out", str(tmp_path / "again")]) == 1


def test_careless_programs_are_asked_for_by_a_share(db: None) -> None:
    study = make_study(simulated_only=True)
    with pytest.raises(SimulationError, match="careless share must lie between 0 and 1, not 2"):
        simulate_ability(study=study, n=1, ability=1, careless=2)
    call_command("simulate_participants", study.slug, n=2, careless=1.0, verbosity=0)
    assert [row.headphones for row in read_session_rows(study)] == ["failed", "failed"]
    images = [study.arms.get().stimulus_set]
    barred = make_study(slug="barred", sets=images, headphone_check="require", simulated_only=True)
    with pytest.raises(CommandError, match="The walk ended on the page “This study needs headphones”"):
        call_command("simulate_participants", barred.slug, n=1, careless=1.0, verbosity=0)


def test_create_study_switches_checks_on(db: None) -> None:
    factories.make_set(factories.make_dataset())
    options = ["--title", "T", "--set", "set-a", "--categories", *factories.CATEGORIES]
    call_command("create_study", *options, "--headphones", "record", "--attention", "1", verbosity=0)
    study = Study.objects.get()
    assert (study.headphone_check, study.attention_boards) == ("record", 1)
    assert "about 7 minutes" in study.consent_text  # 120 s before, 12 clips of 15 s, 60 s of tones, 15 s of a check
    assert "attention checks find" in study.consent_text
    with pytest.raises(CommandError, match="attention_boards"):
        call_command("create_study", *options, "--slug", "t2", "--attention", "11", verbosity=0)


def test_a_study_without_checks_is_what_it_was(study: Study) -> None:
    session = complete(study)
    assert session.trials.filter(kind="attention").count() == 0
    assert [trial.index for trial in find_counted(session)] == [1, 2]
    show_again = find_place(session)
    assert show_again == Place("debrief")
