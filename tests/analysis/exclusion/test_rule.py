"""A rule in itself: its words, the numbers it takes, what it says of a study in which it makes no sense."""

import subprocess
import sys

import pytest
from django.conf import settings

from analysis.exclusion import RULES, Doubt, Rule, Setting, load_rule


def test_a_rule_reads_as_a_sentence_around_its_number() -> None:
    rule = load_rule("incomplete")
    assert rule.halves == ("fewer than", "boards answered")
    assert rule.describe(2.0) == "fewer than 2 boards answered"


@pytest.mark.parametrize(
    ("name", "number"),
    [("too_fast", 0.3), ("not_listened", 3), ("incomplete", 4), ("duplicate", 1), ("attention", 0), ("headphones", 5)],
)
def test_what_a_form_offers_is_a_number_that_the_rule_takes(name: str, number: float) -> None:
    rule = load_rule(name)
    assert rule.suggest(trials=4) == number
    assert rule.find_fault(number) is None


def test_numbers_that_no_rule_takes_are_named() -> None:
    share = Rule(words="a share below {threshold}", why="", concerns=lambda rows, threshold: rows.index, least=0.5)
    assert share.find_fault(None) == share.find_fault(True) == "“a share below” needs a number."
    assert share.find_fault(0.5) == "“a share below” needs a number above 0.5, not 0.5."
    assert load_rule("incomplete").find_fault(0.5) == (
        "“fewer than … boards answered” needs a whole number of 1 or more, not 0.5."
    )


@pytest.mark.parametrize(
    ("name", "number", "fatal"),
    [
        ("incomplete", 3, True),
        ("attention", 1, True),
        ("headphones", 5, True),
        ("not_listened", 9, True),
        ("not_listened", 0.5, False),
        ("not_listened", 0.8, False),
        ("too_fast", 100, None),
    ],
)
def test_what_makes_no_sense_in_a_study_is_said(name: str, number: float, fatal: bool | None) -> None:
    setting = Setting(trials=2, attention_boards=1, shortest_clip_s=2, heard_at_least_s=1, tolerance_s=0.3)
    doubts = list(load_rule(name).judge(number, setting))
    assert [doubt.fatal for doubt in doubts] == ([] if fatal is None else [fatal])
    assert all(isinstance(doubt, Doubt) and doubt.mend.endswith(".") for doubt in doubts)


def test_words_and_thresholds_load_no_pandas() -> None:
    code = "import sys; from analysis.exclusion import RULES, load_rule; print([load_rule(n).words for n in RULES])"
    code += "; assert not {'pandas', 'numpy', 'scipy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(RULES) == 12
