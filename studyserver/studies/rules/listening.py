"""What a participant has heard, from the stretches that the page reported. Pure; milliseconds throughout.

Reports are kept as they came (ListenEvent) and judged here, on reading. A stretch counts only as far as it is
possible: inside the clip, and all playing time together no longer than the server's own time since the trial was
shown, because one clip sounds at a time. What is heard twice counts once.

That time is measured by a clock that does not jump (`clock`). Where it could not be (the server was started anew in
between, several machines, older rows), the time of day has to do; once that runs backwards it bounds nothing any more,
and the page's own clock stands in for it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

TOLERANCE_MS = 250
"""Players round positions and end a little early; a participant who did listen must never be held back by that."""


@dataclass(frozen=True)
class Report:
    """One listen event: `received_ms` is the server's time from showing the trial to receiving the report."""

    position: int
    kind: str  # "play": the clip was started; "heard": a stretch was played; "ended": the end was reached
    from_ms: int
    to_ms: int
    received_ms: int
    at_ms: int = 0  # by the page's clock, from all media ready


@dataclass
class Heard:
    """What was heard of one clip."""

    stretches: list[tuple[int, int]] = field(default_factory=list)
    """Parts of the clip that were heard, in order, without overlap."""
    play_count: int = 0
    """How often it was started from its beginning; resuming after a pause is not a new play."""
    started: bool = False
    ended_ms: int | None = None
    """Length of the clip as the player saw it, when it played to the end."""

    @property
    def listened_ms(self) -> int:
        """Length of the parts heard; hearing a part twice counts once."""
        return sum(end - start for start, end in self.stretches)


def summarise(reports: Iterable[Report], *, durations_ms: Sequence[int], plausible_only: bool = True) -> list[Heard]:
    """What was heard of each clip, in the order of `durations_ms` (first clip shown first).

    `reports` in order of arrival. With `plausible_only`, playing time beyond the server's own clock (plus tolerance)
    is not counted; simulated participants, who do not wait, are read without it.
    """
    heard = [Heard() for _ in durations_ms]
    spent = elapsed = last = 0
    jumped = False
    for report in reports:
        jumped |= report.received_ms < last
        elapsed += max(0, report.received_ms - last)
        elapsed = max(elapsed, report.at_ms) if jumped else elapsed
        last = report.received_ms
        if not 1 <= report.position <= len(heard):
            continue
        clip, duration = heard[report.position - 1], durations_ms[report.position - 1]
        start, end = min(report.from_ms, duration), min(report.to_ms, duration)
        if report.kind == "play":
            clip.started = True
            clip.play_count += report.from_ms == 0
        elif report.kind == "ended":
            clip.ended_ms = report.to_ms
        elif end > start:
            if plausible_only:
                end = min(end, start + max(0, elapsed + TOLERANCE_MS - spent))
            spent += end - start
            clip.started = True
            clip.stretches = _union([*clip.stretches, (start, end)])
    return heard


def _union(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same parts without overlap, in order."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > start:
            joined.append((start, end))
    return joined


def needed_ms(*, rule: str, min_listen_s: float, duration_ms: int) -> int:
    """How much of a clip must be heard: 0 under the rules "none" and "start", never more than the clip has."""
    if rule == "seconds":
        return min(math.ceil(1000 * min_listen_s), duration_ms)
    return duration_ms if rule == "end" else 0


def is_heard(heard: Heard, *, rule: str, min_listen_s: float, duration_ms: int) -> bool:
    """Whether a clip was heard as the study's listening rule asks.

    A player may find a clip a little shorter than the file's own count; its end then stands for the clip's, so
    that nobody waits for a sound that never comes.
    """
    if rule == "none":
        return True
    if rule == "start":
        return heard.started
    length = duration_ms
    if heard.ended_ms is not None and 0.9 * duration_ms <= heard.ended_ms < duration_ms:
        length = heard.ended_ms
    needed = needed_ms(rule=rule, min_listen_s=min_listen_s, duration_ms=length)
    return heard.started and heard.listened_ms >= needed - TOLERANCE_MS
