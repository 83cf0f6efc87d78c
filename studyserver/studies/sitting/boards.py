"""Reading a trial as the participant sees it: clips and images in the order shown, and what was heard so far.

Nothing here carries a category, an arm, a title or an id to a page: a board has positions, letters and addresses of
content-addressed files only. Every board costs the same few queries, however many trials or participants there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from generation.models import Clip, Content, MediaRow, Stimulus
from studyserver.studies.models import ClientEvent, ListenEvent, Study, Trial
from studyserver.studies.rules import (
    Heard,
    Report,
    evidence,
    is_heard,
    letter,
    measure_ms,
    needed_ms,
    read_clock,
    summarise,
)

ImageKey = tuple[str, int]
"""An image of a trial: ("stimulus", id) or ("content", id)."""


@dataclass(frozen=True)
class Shown:
    """What a trial shows, in order."""

    clips: list[Clip]
    images: list[Stimulus | Content]


@dataclass(frozen=True)
class ClipCard:
    """A clip as shown. `stretches` is what was heard, as "from-to,from-to" in milliseconds."""

    position: int
    url: str
    needed_ms: int
    is_heard: bool
    stretches: str
    field: str  # name of its form field


@dataclass(frozen=True)
class Frame:
    """An image as shown; `letter` is A for the first."""

    position: int
    letter: str
    url: str
    alt: str


@dataclass(frozen=True)
class Board:
    """One trial as shown."""

    clips: list[ClipCard]
    frames: list[Frame]
    rule: str = Study.ListeningRule.NONE


def media_url(row: MediaRow | Stimulus) -> str:
    """The public address of a stored file: its hash and suffix, nothing else. Of a clip it is what people hear."""
    sha256, name = row.played if isinstance(row, Clip) else (row.sha256, row.file.name or "")
    return reverse("studies:media", args=[sha256, PurePosixPath(name).suffix])


def load_shown(trial: Trial) -> Shown:
    """The trial's clips and images."""
    return Shown(load_clips(trial), load_images(trial))


def load_clips(trial: Trial) -> list[Clip]:
    """The trial's clips in the order shown."""
    found = Clip.objects.in_bulk(trial.clip_order)
    return [found[pk] for pk in trial.clip_order]


def load_images(trial: Trial) -> list[Stimulus | Content]:
    """The trial's images in the order shown."""
    found = find_images(Stimulus.objects.all(), image_keys(trial))
    return [found[key] for key in image_keys(trial)]


def find_images(stimuli: QuerySet[Stimulus], keys: Iterable[ImageKey]) -> dict[ImageKey, Stimulus | Content]:
    """The images of these keys, stimuli as `stimuli` reads them; photographs cost a query only where there are any."""
    pks: dict[str, list[int]] = {"stimulus": [], "content": []}
    for kind, pk in keys:
        pks[kind].append(pk)
    found: dict[ImageKey, Stimulus | Content] = {
        ("stimulus", pk): image for pk, image in stimuli.in_bulk(pks["stimulus"]).items()
    }
    return found | {("content", pk): image for pk, image in Content.objects.in_bulk(pks["content"]).items()}


def image_keys(trial: Trial) -> list[ImageKey]:
    """The trial's images in the order shown."""
    return [("stimulus", key) if isinstance(key, int) else next(iter(key.items())) for key in trial.image_order]


def durations_ms(clips: Sequence[Clip]) -> list[int]:
    """Lengths of clips."""
    return [round(1000 * clip.duration) for clip in clips]


def load_heard(trial: Trial, clips: Sequence[Clip]) -> list[Heard]:
    """What was heard of each clip of the trial so far."""
    return hear(trial, clips, trial.listen_events.order_by("id") if trial.shown_at else ())


def hear(trial: Trial, clips: Sequence[Clip], events: Iterable[ListenEvent]) -> list[Heard]:
    """What was heard of each clip, from the trial's events in order of arrival; nothing before it was shown."""
    if (shown_at := trial.shown_at) is None:
        return [Heard() for _ in clips]
    reports = [
        Report(
            event.clip_position,
            event.kind,
            event.from_ms,
            event.to_ms,
            event.since_ms if event.since_ms is not None else _by_the_day(shown_at, event.created_at),
            event.at_ms,
        )
        for event in events
    ]
    return summarise(reports, durations_ms=durations_ms(clips), plausible_only=not trial.session.simulated)


def _by_the_day(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds() * 1000)


def elapsed_ms(trial: Trial) -> int | None:
    """The server's own time since a trial was shown; None where no clock of the server knows it."""
    measured = measure_ms(trial.shown_clock, read_clock())
    if measured is None and trial.shown_at is not None:
        measured = _by_the_day(trial.shown_at, timezone.now())
    return measured if measured is not None and measured >= 0 else None


def load_signs(trial: Trial, **which: str) -> evidence.Signs:
    """What the trial's page reported beside listening; `which` of the events narrows it down."""
    if trial.pk is None:
        return evidence.Signs()
    events = ClientEvent.objects.filter(trial=trial, **which).order_by("id")
    return evidence.read_signs(events.values_list("kind", "data"))


def judge_listening(trial: Trial, clips: Sequence[Clip], *, rule: str) -> list[tuple[Heard, bool]]:
    """What was heard of each clip, and whether that fulfils the listening `rule` of the trial's kind.

    A clip that cannot be played at all fulfils every rule.
    """
    heard = load_heard(trial, clips)
    if rule == Study.ListeningRule.NONE:
        return [(clip, True) for clip in heard]
    unplayable = load_signs(trial, kind=evidence.MEDIA_ERROR).broken_clips
    least = trial.session.study.min_listen_s
    return [
        (clip, position in unplayable or is_heard(clip, rule=rule, min_listen_s=least, duration_ms=duration))
        for position, (clip, duration) in enumerate(zip(heard, durations_ms(clips), strict=True), start=1)
    ]


def weigh(
    trial: Trial,
    clips: Sequence[Clip],
    listened: Sequence[ListenEvent],
    signs: evidence.Signs,
    *,
    rule: str,
    claimed_ms: int | None = None,
) -> dict[str, Any]:
    """What became of each clip and image of a trial, in the order shown, and whether its times can be.

    `clips` and `images` hold words of `rules.evidence`; `impossible` is None where no clock of the server can tell.
    An unanswered trial declares nothing. `claimed_ms` is how long its page says that it took.
    """
    least = trial.session.study.min_listen_s
    declared = (
        trial.state == Trial.State.ANSWERED and not listened and (trial.listening_declared or not signs.is_logged)
    )
    told = list(zip(hear(trial, clips, listened), durations_ms(clips), strict=True))
    by_clip = [
        evidence.weigh_clip(
            position,
            is_heard=heard.started and is_heard(heard, rule=rule, min_listen_s=least, duration_ms=duration),
            is_declared=declared,
            signs=signs,
        )
        for position, (heard, duration) in enumerate(told, start=1)
    ]
    by_image = [
        evidence.weigh_image(position, is_declared=declared, signs=signs)
        for position in range(1, len(trial.image_order) + 1)
    ]
    waited = sum(
        needed_ms(rule=rule, min_listen_s=least, duration_ms=duration)
        for outcome, (_, duration) in zip(by_clip, told, strict=True)
        if outcome == evidence.DECLARED
    )
    played = sum(max(0, event.to_ms - event.from_ms) for event in listened if event.kind == "heard")
    impossible = None
    if trial.took_ms is not None and not trial.session.simulated:
        impossible = evidence.is_impossible(
            took_ms=trial.took_ms, waited_ms=waited, claimed_ms=[played, claimed_ms or 0], matches=len(clips)
        )
    return {"clips": by_clip, "images": by_image, "impossible": impossible}


def load_board(trial: Trial, *, rule: str) -> Board:
    """The trial as its page shows it under a listening rule; `trial.session` must be loaded."""
    shown, least = load_shown(trial), trial.session.study.min_listen_s
    heard = judge_listening(trial, shown.clips, rule=rule)
    told = zip(shown.clips, durations_ms(shown.clips), heard, strict=True)
    cards = [
        ClipCard(
            position=position,
            url=media_url(clip),
            needed_ms=needed_ms(rule=rule, min_listen_s=least, duration_ms=duration),
            is_heard=fulfilled,
            stretches=",".join(f"{start}-{end}" for start, end in listened.stretches),
            field=f"clip-{position}",
        )
        for position, (clip, duration, (listened, fulfilled)) in enumerate(told, start=1)
    ]
    return Board(cards, hang_images(shown.images), rule)


def hang_images(images: Sequence[Stimulus | Content]) -> list[Frame]:
    """Frames in the order shown."""
    return [
        Frame(position, letter(position), media_url(image), f"Image {letter(position)}, {position} of {len(images)}")
        for position, image in enumerate(images, start=1)
    ]
