"""The walk of one program through the real pages."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from studyserver.studies.design.freezing import lifted
from studyserver.studies.errors import SimulationError
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.models import ListenEvent, PracticeAnswer, Session, Study, Trial
from studyserver.studies.simulation.participants import simulate_ability
from tests.studies.simulation.tables import make_study

pytestmark = pytest.mark.django_db


def test_programs_go_through_every_page_and_stay_marked(db: None) -> None:
    study = make_study(trials_per_session=2, ask_confidence=True)
    simulate_ability(study=study, n=2, ability=1.0)
    sessions = study.sessions.all()
    assert [(s.simulated, s.state, s.step) for s in sessions] == [(True, "completed", "debrief")] * 2
    assert sessions[0].sound_check["heard"] == "clearly"
    assert PracticeAnswer.objects.count() == 4
    rows = list(read_tidy_rows(study))
    assert len(rows) == 16
    assert all(row.correct and row.simulated and row.confidence for row in rows)
    assert all(row.play_count == 1 and 500 <= (row.listened_ms or 0) <= 1000 for row in rows)
    assert all(row.rt_ms and row.choice_ms and row.choice_ms < row.rt_ms for row in rows)
    assert {row.choice_order for row in rows} == {1, 2, 3, 4}


def test_programs_leave_the_evidence_that_browsers_leave(db: None) -> None:
    study = make_study(trials_per_session=1, script_required=True)
    simulate_ability(study=study, n=1, ability=1.0)
    trial = Trial.objects.get(kind="main")
    assert trial.evidence == {"clips": ["heard"] * 4, "images": ["shown"] * 4, "impossible": None}


def test_a_browser_cannot_claim_to_be_a_program(db: None) -> None:
    study = make_study()
    for headers in ({"paragone.simulated": "True"}, {"Paragone-Simulated": "True"}):
        response = Client(headers=headers).get(f"/s/{study.slug}/?paragone.simulated=True")
        assert "This study is not for people" in response.content.decode()
    assert study.sessions.count() == 0


def test_a_full_study_is_said_plainly(db: None) -> None:
    study = make_study()
    with lifted():
        study.arms.update(quota=1)
    with pytest.raises(CommandError, match="lets nobody in: This study has all the participants it needs"):
        call_command("simulate_participants", study.slug, n=2, verbosity=0)
    assert study.sessions.get().state == Session.State.COMPLETED


def test_a_missing_file_stops_the_walk(db: None) -> None:
    study = make_study()
    clip = study.categories.get(name="Heavy metal").clips.first()
    assert clip is not None
    with lifted():
        study.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").exclude(clip=clip).delete()
        clip.sha256 = "0" * 64
        clip.save()
    with pytest.raises(SimulationError, match="answered with status 404"):
        simulate_ability(study=study, n=1, ability=1.0)


@pytest.mark.parametrize("rule", Study.ListeningRule.values)
def test_every_listening_rule_is_met(db: None, rule: str) -> None:
    study = make_study(listening_rule=rule)
    simulate_ability(study=study, n=1, ability=0.5)
    assert study.sessions.get().state == Session.State.COMPLETED
    assert set(ListenEvent.objects.values_list("kind", flat=True)) == {"play", "heard"}
