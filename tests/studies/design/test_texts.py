"""The texts that a new study begins with: they say what the study does and fit its design."""

import re

from studyserver.studies.design.texts import default_texts, estimate_minutes


def test_minutes_grow_with_boards_clips_and_checks() -> None:
    assert estimate_minutes(trials=3, clips=4) == 5
    assert estimate_minutes(trials=3, clips=4, screened=True, checks=2) == 7
    assert estimate_minutes(trials=1, clips=2) == 3


def test_texts_say_how_long_it_takes_and_what_the_rule_is() -> None:
    texts = default_texts(trials=3, clips=4, one_to_one=True)
    assert list(texts) == ["consent_text", "instruction_text", "debrief_text"]
    assert "- **Time:** about 5 minutes. You need working sound" in texts["consent_text"]
    assert "fits it best. Use every image exactly once. Giving an image to" in texts["instruction_text"]
    free = default_texts(one_to_one=False)
    assert "fits it best. You may choose the same image for several clips" in free["instruction_text"]
    assert free["debrief_text"] == texts["debrief_text"]


def test_texts_are_markdown_as_people_type_it() -> None:
    for text in default_texts().values():
        assert text.startswith("## ")
        assert text.endswith(".\n")
        assert not re.search(r"[{}&]", text)
        # A paragraph or a list item is one line.
        assert all(re.match(r"## |- \*\*|[A-Z]", line) for line in text.splitlines() if line)
