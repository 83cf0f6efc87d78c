"""The texts that a new study begins with: they say what the study does and fit its design."""

import re

from hypothesis import given
from hypothesis import strategies as st

from studyserver.studies.design.texts import Outline, default_texts, draw_texts, estimate_minutes
from studyserver.studies.models import Study


def test_minutes_grow_with_boards_clips_and_checks() -> None:
    assert estimate_minutes(trials=3, clips=4) == 5
    assert estimate_minutes(trials=3, clips=4, screened=True, checks=2) == 7
    assert estimate_minutes(trials=1, clips=2) == 3


def test_a_clip_that_must_be_heard_for_long_takes_its_time() -> None:
    assert estimate_minutes(trials=3, clips=4, listen_s=5) == 5
    assert estimate_minutes(trials=3, clips=4, listen_s=30) == 10


def test_texts_say_how_long_it_takes_and_what_the_rule_is() -> None:
    texts = default_texts(Outline())
    assert list(texts) == ["consent_text", "instruction_text", "debrief_text"]
    assert "- **Time:** about 5 minutes. You need working sound" in texts["consent_text"]
    assert "There are 3 rounds, each with 4 pieces and 4 images. There are no trick questions." in texts["consent_text"]
    assert "two cookies that the study needs" in texts["consent_text"]
    assert "In each round you hear 4 clips and see 4 images." in texts["instruction_text"]
    assert "fits it best. Use every image exactly once. Giving an image to" in texts["instruction_text"]
    free = default_texts(Outline(one_to_one=False))
    assert "fits it best. You may choose the same image for several clips" in free["instruction_text"]
    assert free["debrief_text"] == texts["debrief_text"]


def test_texts_name_the_checks_that_the_study_has_and_no_other() -> None:
    bare = "\n".join(default_texts(Outline(practice=False)).values())
    for check in ("attention", "headphone test", "how sure", "practice"):
        assert check not in bare
    full = default_texts(Outline(checks=1, screened=True, required=True, confidence=True))
    assert "1 more round only checks that instructions are read, and says so." in full["consent_text"]
    assert "what the headphone test finds, and whether the attention check was passed." in full["consent_text"]
    assert "without them you cannot go on" in full["consent_text"]
    assert "which piece, how sure you were, how long" in full["consent_text"]
    assert "try it on a practice board; it does not count. One round says which image" in full["instruction_text"]
    assert "whether the attention checks were passed" in default_texts(Outline(checks=2))["consent_text"]


OUTLINES = st.builds(
    Outline,
    one_to_one=st.booleans(),
    clips=st.integers(2, 9),
    trials=st.integers(1, 20),
    practice=st.booleans(),
    checks=st.integers(0, 3),
    screened=st.booleans(),
    required=st.booleans(),
    confidence=st.booleans(),
    listen_s=st.floats(0, 300),
)


@given(OUTLINES)
def test_texts_are_markdown_as_people_type_it(of: Outline) -> None:
    for text in default_texts(of).values():
        assert text.startswith("## ")
        assert text.endswith(".\n")
        assert not re.search(r"[{}&]|  | [,.]", text)
        # A paragraph or a list item is one line.
        assert all(re.match(r"## |- \*\*|[A-Z]", line) for line in text.splitlines() if line)


def test_texts_that_nobody_wrote_are_drawn_anew() -> None:
    before, now = Outline(), Outline(one_to_one=False, clips=2)
    own = "Choose the same image as often as you like."
    study = Study(**default_texts(before) | {"consent_text": "", "debrief_text": own})
    study.instruction_text = study.instruction_text.replace("\n", "\r\n").strip()  # as a browser sends it
    assert draw_texts(study, now, before=before) == ["consent", "instruction"]
    assert study.instruction_text == default_texts(now)["instruction_text"]
    assert study.debrief_text == own
    assert draw_texts(study, now, before=now) == []
