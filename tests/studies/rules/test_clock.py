"""The server's clock of durations."""

import time
from pathlib import Path

import pytest

from studyserver.studies.rules import clock


def test_it_measures_what_passes_and_heeds_no_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    start = clock.read_clock()
    if not start:
        pytest.skip("This system has no clock of its own for durations.")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    measured = clock.measure_ms(start, clock.read_clock())
    assert measured is not None
    assert 0 <= measured < 60_000


@pytest.mark.parametrize(
    ("start", "end", "measured"),
    [
        ("a:1000", "a:5200", 4200),
        ("a:5200", "a:1000", 0),
        ("a:1000", "b:5200", None),
        ("", "a:5200", None),
        ("a:1000", "", None),
        ("", "", None),
    ],
)
def test_only_readings_of_one_start_of_one_machine_are_compared(start: str, end: str, measured: int | None) -> None:
    assert clock.measure_ms(start, end) == measured


def test_a_system_without_one_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock._read_boot.cache_clear()
    monkeypatch.setattr(clock, "BOOT_ID", tmp_path / "none")
    assert clock.read_clock() == ""
    clock._read_boot.cache_clear()
