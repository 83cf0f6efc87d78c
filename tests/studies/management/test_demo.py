"""demo: refuses a taken port before it works, and says where to go afterwards."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from studyserver.studies.management.commands import demo
from studyserver.studies.simulation.demo import DemoResult
from tests.studies.management.test_create_study import run


def build_nothing(*, say: Any) -> DemoResult:
    say("== Nothing")
    return DemoResult("/s/demo/", "/admin/", "researcher", "secret", Path("report.html"), [("Nothing", 1.25)])


def test_a_port_that_is_taken_is_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "build_demo", lambda say: pytest.fail("worked"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"^Port {port} cannot be used .* make demo PORT=8001"):
            run("demo", port=port)


def test_addresses_name_and_password_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "build_demo", build_nothing)
    printed = run("demo", port=8123, no_serve=True)
    assert "     1.2 s  Nothing" in printed
    assert "Participant link  http://127.0.0.1:8123/s/demo/" in printed
    assert "password        secret" in printed
    assert printed.endswith("Not serving. Start the server with: make run\n")


def test_serving_replaces_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "build_demo", build_nothing)
    monkeypatch.setattr(demo, "refuse_taken_port", lambda port: None)
    served: list[Any] = []
    monkeypatch.setattr(demo.os, "execv", lambda *command: served.append(command))
    assert "Serving on http://127.0.0.1:8123" in run("demo", port=8123)
    [(program, words)] = served
    assert program == words[0]
    assert "127.0.0.1:8123" in words
