"""Forms around the trials: what they refuse, field by field."""

import pytest

from studyserver.studies.pages.forms import SoundCheckForm

PLAY_FIRST = {"heard": ["Play the sample first, then say whether you heard it."]}


@pytest.mark.parametrize("heard", ["clearly", "faintly", "nothing"])
@pytest.mark.parametrize("plays", ["", "0", "1"])
def test_only_a_sample_that_was_played_was_heard(heard: str, plays: str) -> None:
    form = SoundCheckForm({"heard": heard, "device": "other", "plays": plays})
    assert form.errors == (PLAY_FIRST if plays == "0" and heard != "nothing" else {})


def test_what_is_missing_is_said_once() -> None:
    form = SoundCheckForm({"plays": "0"})
    assert form.errors == {"heard": ["Say whether you heard the sound."], "device": ["Say what you listen with."]}
