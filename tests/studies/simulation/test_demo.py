"""The demo: its steps in order, each resumable, and what a newcomer is told in the end."""

import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from studyserver.studies.models import Session, Study
from studyserver.studies.simulation import demo
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The commands that the demo calls, in order; none of them runs."""
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(demo, "call_command", lambda command, /, *args, **options: calls.append((command, options)))
    return calls


def simulated_study(**fields: Any) -> Study:
    return factories.make_study(slug=demo.SIMULATED, simulated_only=True, **fields)


def test_every_step_is_a_command_and_is_said_and_timed(called: list[Any]) -> None:
    simulated_study()
    said: list[str] = []
    result = demo.build_demo(say=said.append)
    assert [name for name, _ in called] == [
        "migrate", "import_dataset", "train_musipainter", "generate_stimuli", "generate_stimuli", "compute_metrics",
        "create_study", "simulate_participants", "close_study", "build_report",
    ]  # fmt: skip
    assert [line.strip("\n= ") for line in said[::2]] == [what for what, _ in result.times]
    assert result.report == Path(called[-1][1]["out"]) / "report.html"
    user = get_user_model().objects.get(username=result.admin_name)
    assert user.is_superuser
    assert user.check_password(result.admin_password)


def test_a_demo_goes_on_where_it_was_left(called: list[Any]) -> None:
    study = simulated_study(status=Study.Status.CLOSED)
    draft = factories.make_study(slug=demo.STUDY, sets=[study.arms.get().stimulus_set], status=Study.Status.DRAFT)
    demo.build_demo(say=lambda line: None)
    assert not Study.objects.filter(pk=draft.pk).exists()  # nobody has answered what an interrupted run left
    assert Study.objects.filter(pk=study.pk).exists()
    assert [name for name, _ in called][-2:] == ["create_study", "build_report"]


def test_only_missing_participants_are_simulated(called: list[Any]) -> None:
    study = simulated_study()
    for number in range(1, 6):
        Session.objects.create(study=study, arm=study.arms.get(), number=number, state=Session.State.COMPLETED)
    demo.build_demo(say=lambda line: None)
    assert dict(called)["simulate_participants"]["n"] == demo.PARTICIPANTS - 5


def test_the_server_is_a_process_of_its_own() -> None:
    command = demo.serve_command(8001)
    assert command[:4] == [sys.executable, "-m", "gunicorn", "studyserver.wsgi"]
    assert command[command.index("--bind") + 1] == "127.0.0.1:8001"
