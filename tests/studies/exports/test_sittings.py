"""sessions.csv: one row for each session, with what its checks found."""

import csv
import json
import random
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from analysis.reading.sessions import read_sessions
from studyserver.studies.design import lifecycle
from studyserver.studies.exports.dictionary import SESSION_COLUMNS, SessionRow
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.sittings import read_session_rows
from studyserver.studies.models import Study
from studyserver.studies.rules import ServiceLink
from studyserver.studies.simulation.participants import simulate_ability
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.screening import skip_headphones
from tests.studies.exports.test_report import report_of
from tests.studies.participants import begin, complete
from tests.studies.screened import RULES, at_trials, go_through, make_study, start

pytestmark = pytest.mark.django_db


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
    with django_assert_num_queries(2):
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


def test_ids_of_the_service_leave_the_house_as_keyed_hashes_alone(study: Study) -> None:
    link = ServiceLink(study="study-of-theirs", session="submission-1")
    begin(study, external_id="PERSON-1", link=link)
    begin(study, external_id="PERSON-1")
    begin(study)
    first, again, without = read_session_rows(study)
    assert (first.id_before, again.id_before, without.id_before) == ("no", "again", None)
    assert first.participant == again.participant != without.participant
    assert (again.service_study, without.service_session) == (None, None)
    names = {str(first.service_study), str(first.service_session), first.participant}
    assert len(names) == 3
    assert all(len(name) == 16 for name in names)


def test_a_clock_set_back_gives_no_length_below_zero(study: Study) -> None:
    complete(study)
    study.sessions.update(completed_at=F("consented_at") - timedelta(hours=1))
    assert [row.duration_s for row in read_session_rows(study)] == [None]
