"""Progress bars: shown to a person on stderr, to nobody else, and never in the way of the items."""

import io
import sys

import pytest

from generation.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_person_sees_a_bar_on_stderr(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(progress_bar(1)(iter([1, 2, 3]), "Counting", total=3)) == [1, 2, 3]
    assert "Counting" in terminal.getvalue()
    assert "0/3" in terminal.getvalue()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("verbosity", "stream"), [(0, Terminal), (1, io.StringIO)])
def test_no_bar_where_nobody_looks_or_none_is_wanted(monkeypatch, verbosity, stream):
    terminal = stream()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(progress_bar(verbosity)([1, 2], "Counting")) == [1, 2]
    assert terminal.getvalue() == ""
