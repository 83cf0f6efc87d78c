"""What became of clips and images, from what their page reported."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.studies.rules import evidence
from studyserver.studies.rules.evidence import Signs, is_impossible, read_signs, weigh_clip, weigh_image

WATCHING = ("media_ready", {"watches": True})
KINDS = st.sampled_from(["media_ready", "media_error", "image_shown", "assign", "hidden"])
JUNK = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
DATA = st.dictionaries(st.sampled_from(["clip", "image", "state", "watches"]), JUNK, max_size=4)


def image(*events: tuple[str, dict[str, Any]], is_declared: bool = False) -> str:
    return weigh_image(1, is_declared=is_declared, signs=read_signs(events))


def test_an_image_is_shown_only_where_its_page_saw_it() -> None:
    assert image(WATCHING, ("image_shown", {"image": 1})) == "shown"
    assert image(WATCHING, ("image_shown", {"image": 2})) == "missed"
    assert image(WATCHING, ("media_error", {"image": 1, "what": "load"})) == "unplayable"
    assert image(WATCHING, ("media_error", {"image": 1, "state": "stalled"})) == "stalled"
    assert image(WATCHING, ("media_error", {"image": 1, "state": "stalled"}), ("image_shown", {"image": 1})) == "shown"
    assert image(is_declared=True) == "declared"
    assert image() == "missed"
    # Pages of earlier versions did not look.
    assert image(("media_ready", {})) == "declared"
    assert image(("media_ready", {}), ("media_error", {"image": 1})) == "unplayable"


def test_a_clip_is_heard_failed_declared_or_missed() -> None:
    broken = read_signs(
        [("media_error", {"clip": 1, "what": "play"}), ("media_error", {"clip": 2, "state": "stalled"})]
    )
    assert weigh_clip(1, is_heard=True, is_declared=False, signs=broken) == "heard"
    assert [weigh_clip(i, is_heard=False, is_declared=False, signs=broken) for i in (1, 2, 3)] == [
        "unplayable", "stalled", "missed",
    ]  # fmt: skip
    assert weigh_clip(1, is_heard=False, is_declared=True, signs=Signs()) == "declared"


@given(st.lists(st.tuples(KINDS, DATA), max_size=12), st.booleans())
def test_no_report_makes_an_image_shown_but_one_that_says_so(events: list[Any], is_declared: bool) -> None:
    signs = read_signs(events)
    for position in (1, 2, 3):
        found = weigh_image(position, is_declared=is_declared, signs=signs)
        said = any(kind == "image_shown" and data.get("image") == position for kind, data in events)
        assert (found == evidence.SHOWN) == said
        assert weigh_clip(position, is_heard=False, is_declared=is_declared, signs=signs) != evidence.HEARD


@pytest.mark.parametrize(
    ("took_ms", "waited_ms", "claimed_ms", "expected"),
    [
        (2400, 20_000, [0], True),  # four clips declared as heard for 5 s each
        (20_000, 20_000, [0], False),
        (700, 0, [0], True),  # four matches in less than a second
        (900, 0, [0], False),
        (9000, 0, [30_000, 0], True),  # half a minute of music played in nine seconds
        (9000, 0, [8500, 9900], False),
        (9000, 0, [0, 60_000], True),  # a minute on the page in nine seconds
    ],
)
def test_times_that_nobody_can_have(took_ms: int, waited_ms: int, claimed_ms: list[int], expected: bool) -> None:
    assert is_impossible(took_ms=took_ms, waited_ms=waited_ms, claimed_ms=claimed_ms, matches=4) is expected
