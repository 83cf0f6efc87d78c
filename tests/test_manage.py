"""The command line itself: what Ctrl-C says."""

import runpy
from pathlib import Path

import pytest

MANAGE = Path(__file__).resolve().parents[1] / "manage.py"


def interrupt(arguments: list[str]) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_says_one_line_and_ends_as_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("django.core.management.execute_from_command_line", interrupt)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(MANAGE), run_name="__main__")
    assert ended.value.code == 130
    assert capsys.readouterr().err == "\nStopped. What is finished is kept.\n"
