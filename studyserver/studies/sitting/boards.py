"""Reading a trial as the participant sees it: clips and images in the order shown, and what was heard so far.

Nothing here carries a category, an arm, a title or an id to a page: a board has positions, letters and addresses of
content-addressed files only. Every board costs the same few queries, however many trials or participants there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.urls import reverse

from generation.models import Clip, Content, MediaRow, Stimulus
from studyserver.studies.models import ClientEvent, Study, Trial
from studyserver.studies.rules import Heard, Report, is_heard, letter, needed_ms, summarise

MEDIA_ERROR = "media_error"
"""Kind of the client event that says that a clip (data: {"clip": position}) or an image could not be loaded."""


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
    """The public address of a stored file: its hash and suffix, nothing else."""
    return reverse("studies:media", args=[row.sha256, PurePosixPath(row.file.name or "").suffix])


def load_shown(trial: Trial) -> Shown:
    """The trial's clips and images."""
    return Shown(load_clips(trial), load_images(trial))


def load_clips(trial: Trial) -> list[Clip]:
    """The trial's clips in the order shown."""
    found = Clip.objects.in_bulk(trial.clip_order)
    return [found[pk] for pk in trial.clip_order]


def load_images(trial: Trial) -> list[Stimulus | Content]:
    """The trial's images in the order shown."""
    keys = image_keys(trial)
    stimuli = Stimulus.objects.in_bulk([pk for kind, pk in keys if kind == "stimulus"])
    photographs = [pk for kind, pk in keys if kind == "content"]
    contents = Content.objects.in_bulk(photographs) if photographs else {}
    return [stimuli[pk] if kind == "stimulus" else contents[pk] for kind, pk in keys]


def image_keys(trial: Trial) -> list[tuple[str, int]]:
    """The trial's images in the order shown, each as ("stimulus", id) or ("content", id)."""
    return [("stimulus", key) if isinstance(key, int) else next(iter(key.items())) for key in trial.image_order]


def durations_ms(clips: Sequence[Clip]) -> list[int]:
    """Lengths of clips."""
    return [round(1000 * clip.duration) for clip in clips]


def load_heard(trial: Trial, clips: Sequence[Clip], *, simulated: bool) -> list[Heard]:
    """What was heard of each clip of the trial so far."""
    if trial.shown_at is None:
        return [Heard() for _ in clips]
    shown_at = trial.shown_at
    rows = trial.listen_events.order_by("id").values_list("clip_position", "kind", "from_ms", "to_ms", "created_at")
    reports = [
        Report(position, kind, start, end, int((at - shown_at).total_seconds() * 1000))
        for position, kind, start, end, at in rows
    ]
    return summarise(reports, durations_ms=durations_ms(clips), plausible_only=not simulated)


def load_unplayable(trial: Trial) -> set[int]:
    """Positions of the clips that the page could not load or play; nobody is held back by those."""
    if trial.pk is None:
        return set()
    reports = ClientEvent.objects.filter(trial=trial, kind=MEDIA_ERROR).values_list("data", flat=True)
    return {data["clip"] for data in reports if isinstance(data.get("clip"), int)}


def judge_listening(trial: Trial, clips: Sequence[Clip], *, rule: str) -> list[tuple[Heard, bool]]:
    """What was heard of each clip, and whether that fulfils the listening `rule` of the trial's kind.

    A clip that cannot be played at all fulfils every rule.
    """
    heard = load_heard(trial, clips, simulated=trial.session.simulated)
    if rule == Study.ListeningRule.NONE:
        return [(clip, True) for clip in heard]
    unplayable, least = load_unplayable(trial), trial.session.study.min_listen_s
    return [
        (clip, position in unplayable or is_heard(clip, rule=rule, min_listen_s=least, duration_ms=duration))
        for position, (clip, duration) in enumerate(zip(heard, durations_ms(clips), strict=True), start=1)
    ]


def load_board(trial: Trial, *, rule: str) -> Board:
    """The trial as its page shows it under a listening rule; `trial.session` must be loaded."""
    shown, least = load_shown(trial), trial.session.study.min_listen_s
    heard = judge_listening(trial, shown.clips, rule=rule)
    cards = [
        ClipCard(
            position=position,
            url=media_url(clip),
            needed_ms=needed_ms(rule=rule, min_listen_s=least, duration_ms=duration),
            is_heard=fulfilled,
            stretches=",".join(f"{start}-{end}" for start, end in listened.stretches),
            field=f"clip-{position}",
        )
        for position, (clip, duration, (listened, fulfilled)) in enumerate(
            zip(shown.clips, durations_ms(shown.clips), heard, strict=True), start=1
        )
    ]
    return Board(cards, hang_images(shown.images), rule)


def hang_images(images: Sequence[Stimulus | Content]) -> list[Frame]:
    """Frames in the order shown."""
    return [
        Frame(
            position=position,
            letter=letter(position),
            url=media_url(image),
            alt=f"Image {letter(position)}, {position} of {len(images)}",
        )
        for position, image in enumerate(images, start=1)
    ]
