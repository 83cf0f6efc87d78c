"""Families of browsers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.studies.rules.browsers import BROWSERS, browser_family

AGENTS = {
    "Chrome": [
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; iOS 17_5) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0 Safari/537.36",
    ],
    "Firefox": [
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (iPad; CPU OS 17_5) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile Safari/605.1.15",
    ],
    "Safari": [
        "Mozilla/5.0 (Macintosh; Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1",
        "Mozilla/5.0 (iPhone; iOS 17_5) AppleWebKit/605.1 (KHTML, like Gecko) Version/17.5 Mobile/15E Safari/604",
    ],
    "Edge": [
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0",
        "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 EdgA/126.0",
    ],
    "other": ["", "curl/8.5.0", "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 OPR/112.0"],
}


@pytest.mark.parametrize(("family", "agent"), [(family, agent) for family, some in AGENTS.items() for agent in some])
def test_the_family_and_no_more(family: str, agent: str) -> None:
    assert browser_family(agent) == family


@given(st.text(max_size=300))
def test_whatever_somebody_calls_it_there_are_five(agent: str) -> None:
    assert browser_family(agent) in BROWSERS
