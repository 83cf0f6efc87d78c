"""What counts as heard."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.studies.rules.listening import TOLERANCE_MS, Heard, Report, is_heard, needed_ms, summarise

LATE = 10**9


def heard(*stretches: tuple[int, int], duration: int = 10_000, received: int = LATE) -> Heard:
    reports = [Report(1, "heard", start, end, received) for start, end in stretches]
    return summarise(reports, durations_ms=[duration])[0]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12))
def test_union_equals_counting_every_millisecond(stretches: list[tuple[int, int]]) -> None:
    result = heard(*stretches, duration=50)
    covered = {ms for start, end in stretches for ms in range(start, min(end, 50))}
    assert result.listened_ms == len(covered)
    assert {ms for start, end in result.stretches for ms in range(start, end)} == covered


def test_playing_twice_counts_once_but_is_two_plays() -> None:
    reports = [
        Report(1, "play", 0, 0, 0),
        Report(1, "heard", 0, 4000, 4000),
        Report(1, "play", 4000, 4000, 9000),
        Report(1, "heard", 4000, 6000, 11_000),
        Report(1, "play", 0, 0, 11_500),
        Report(1, "heard", 0, 3000, 15_000),
    ]
    (clip,) = summarise(reports, durations_ms=[10_000])
    assert (clip.listened_ms, clip.play_count, clip.stretches) == (6000, 2, [(0, 6000)])


def test_time_since_the_trial_was_shown_bounds_all_clips_together() -> None:
    """Four clips of thirty seconds cannot have been heard in ten."""
    reports = [Report(position, "heard", 0, 30_000, 10_000) for position in (1, 2, 3, 4)]
    clips = summarise(reports, durations_ms=[30_000] * 4)
    assert [clip.listened_ms for clip in clips] == [10_000 + TOLERANCE_MS, 0, 0, 0]
    free = summarise(reports, durations_ms=[30_000] * 4, plausible_only=False)
    assert [clip.listened_ms for clip in free] == [30_000] * 4


def test_impossible_reports_are_cut_or_ignored() -> None:
    assert heard((0, 99_999), duration=10_000).listened_ms == 10_000
    assert heard((20_000, 30_000), duration=10_000).listened_ms == 0
    assert heard((5000, 4000)).listened_ms == 0
    assert summarise([Report(7, "heard", 0, 100, LATE)], durations_ms=[1000])[0] == Heard()


@pytest.mark.parametrize(
    ("rule", "listened", "expected"),
    [
        ("none", 0, True),
        ("start", 0, False),
        ("start", 1, True),
        ("seconds", 5000 - TOLERANCE_MS - 1, False),
        ("seconds", 5000 - TOLERANCE_MS, True),
        ("end", 10_000 - TOLERANCE_MS - 1, False),
        ("end", 10_000 - TOLERANCE_MS, True),
    ],
)
def test_rules(rule: str, listened: int, expected: bool) -> None:
    clip = heard((0, listened))
    assert is_heard(clip, rule=rule, min_listen_s=5, duration_ms=10_000) is expected


def test_clip_shorter_than_the_minimum_must_be_heard_to_its_end() -> None:
    assert needed_ms(rule="seconds", min_listen_s=5, duration_ms=3000) == 3000
    assert is_heard(heard((0, 2800), duration=3000), rule="seconds", min_listen_s=5, duration_ms=3000)
    assert not is_heard(heard((0, 2000), duration=3000), rule="seconds", min_listen_s=5, duration_ms=3000)


def test_tolerance_never_lets_an_unheard_clip_pass() -> None:
    assert not is_heard(heard(duration=200), rule="end", min_listen_s=0, duration_ms=200)


def test_players_own_end_stands_for_the_clips_end() -> None:
    played = [Report(1, "heard", 0, 29_500, LATE), Report(1, "ended", 0, 29_500, LATE)]
    (clip,) = summarise(played, durations_ms=[30_000])
    assert is_heard(clip, rule="end", min_listen_s=0, duration_ms=30_000)
    early = [Report(1, "heard", 0, 5000, LATE), Report(1, "ended", 0, 5000, LATE)]
    (clip,) = summarise(early, durations_ms=[30_000])
    assert not is_heard(clip, rule="end", min_listen_s=0, duration_ms=30_000)


def test_a_time_of_day_that_runs_backwards_refuses_nobody_who_listened() -> None:
    """The clock was set back by an hour between showing the board and the first report, or in the middle."""
    hour = 3_600_000
    played = [Report(1, "play", 0, 0, 2000 - hour, 1500), Report(1, "heard", 0, 4000, 6000 - hour, 5500)]
    (clip,) = summarise(played, durations_ms=[10_000])
    assert clip.listened_ms == 4000
    middle = [Report(1, "heard", 0, 4000, 6000, 5500), Report(1, "heard", 4000, 8000, 10_000 - hour, 9500)]
    (clip,) = summarise(middle, durations_ms=[10_000])
    assert clip.listened_ms == 8000


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 2000)), min_size=1, max_size=8),
    st.integers(-(10**7), 10**7),
    st.integers(0, 8),
)
def test_honest_listening_counts_whole_through_any_jump(
    parts: list[tuple[int, int]], jump: int, jumps_before: int
) -> None:
    """`parts`: milliseconds played, then paused; the time of day jumps once, before any of the reports.

    A step back that is shorter than the wait before it shows nowhere; it costs no more than itself.
    """
    clock = at = 0
    reports = []
    for number, (played, paused) in enumerate(parts):
        clock += played
        received = clock + (jump if number >= jumps_before else 0)
        reports.append(Report(1, "heard", at, at + played, received, clock))
        at += played
        clock += paused
    (clip,) = summarise(reports, durations_ms=[10**6])
    times = [0, *(report.received_ms for report in reports)]
    shows = any(after < before for before, after in pairwise(times))
    assert at >= clip.listened_ms >= at - (0 if shows else max(0, -jump))
