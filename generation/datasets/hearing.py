"""What participants hear of clips: copies that browsers play, measured loudness, levelled copies.

The imported file stays, and networks hear it; what participants hear stands beside it in the clip's row.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from math import log10

from django.core.files.storage import default_storage
from django.db import transaction

from generation import media
from generation.datasets.inspection import Inspected
from generation.errors import AudioError, DatasetError
from generation.files import COPY_SUFFIX, Sound, judge_sound, make_copy, name_sound
from generation.models import Clip, Dataset, StimulusSet
from generation.progress import Progress, quietly

# As loud as the sample of the sound check, and the clips of the demo.
TARGET_LUFS = -20.0
# Levels that listening rooms and loudspeakers are made for.
TARGETS = (-40.0, -5.0)
# Peaks between samples, which players make audible, lie a little above the samples themselves.
MAX_PEAK_DB = -1.0
FADE_S = 0.01  # so that nothing clicks where a clip was cut out of a recording
NEAR_LU = 0.1  # a level that is reached
# R128 leaves out what is softer than -70 LUFS: of a soft clip that is raised much, more counts than before.
TRIES = 3


def describe_sound(clip: Clip, sound: Sound, copy: tuple[str, str] | None, *, frozen: bool = False) -> None:
    """Put into a clip's row what is heard of it, and what participants hear in its place.

    frozen: an opened study plays the clip, so its length and what is played stay what they were.
    """
    clip.format, clip.peak, clip.loudness = f"{sound.kind} {sound.subtype}", sound.peak, sound.loudness
    if frozen:
        return
    clip.duration, clip.sample_rate = sound.seconds, sound.rate
    if copy is not None:
        clip.played_sha256, clip.played_file = copy


SOUND_FIELDS = ["duration", "sample_rate", "format", "peak", "loudness", "played_sha256", "played_file"]


def store_copy(data: bytes, *, gain_db: float = 0.0, fade_s: float = 0.0) -> tuple[str, str]:
    """Keep an MP3 copy of a sound file; (sha256, storage name). AudioError where the file cannot be read."""
    return media.store(make_copy(BytesIO(data), gain_db=gain_db, fade_s=fade_s), COPY_SUFFIX)


def note_sounds(files: Iterable[Inspected]) -> list[str]:
    """What a researcher should know of new clips; formats that are copied are counted, not named one by one."""
    notes, copied = [], Counter[str]()
    for file in files:
        if file.sound is None:
            continue
        notes += [f"{file.entry.name}: {note}." for note in file.sound.notes]
        if not file.sound.is_playable:
            wrong = " whose stated length is wrong" if file.sound.is_misstated else ""
            sound = file.sound
            named = name_sound(sound.kind, sound.subtype, rate=sound.rate, channels=sound.channels)
            copied[f"{named}{wrong}"] += 1
    return notes + [
        f"{n} clip{' is' if n == 1 else 's are'} {kind}, which browsers do not play rightly: participants hear a copy "
        "(MP3, 192 kbit/s), networks the file itself."
        for kind, n in sorted(copied.items())
    ]


def judge_again(dataset: Dataset, progress: Progress = quietly) -> tuple[int, list[str]]:
    """Measure stored clips that were imported before it was done.

    Returns how many were measured, and sentences on those that would not be imported any more.
    """
    measured, refused = 0, []
    with transaction.atomic():
        frozen = find_opened(dataset) is not None
    clips = Clip.objects.filter(category__dataset=dataset, peak=None).order_by("pk")
    for clip in progress(list(clips), "Measuring"):
        data = _read(clip)
        try:
            sound = judge_sound(BytesIO(data), loudness=True)
        except AudioError as error:
            refused.append(f"{clip} ({clip.file.name}) {error}.")
            continue
        copied = not (sound.is_playable or clip.played_file or frozen)
        describe_sound(clip, sound, store_copy(data) if copied else None, frozen=frozen)
        clip.save(update_fields=SOUND_FIELDS)
        measured += 1
    return measured, refused


def restore_copies(dataset: Dataset) -> int:
    """Make again what the storage has lost of copies; returns how many."""
    restored = 0
    for clip in Clip.objects.filter(category__dataset=dataset).exclude(played_file=""):
        if not default_storage.exists(str(clip.played_file.name)):
            fade = FADE_S if clip.gain else 0.0
            clip.played_sha256, clip.played_file = store_copy(_read(clip), gain_db=clip.gain, fade_s=fade)
            clip.save(update_fields=["played_sha256", "played_file"])
            restored += 1
    return restored


@dataclass(frozen=True)
class Levelling:
    """What levelling a dataset did: clips copied anew, clips that were level already, and sentences on the others."""

    levelled: int
    present: int
    notices: list[str]

    def describe(self, dataset: str, target: float) -> str:
        """What was done, in a sentence."""
        there = f"; {_count(self.present)} had that level already" if self.present else ""
        return f"Levelled {_count(self.levelled)} of {dataset} to {target:g} LUFS{there}."


def level_clips(
    *, dataset: Dataset, target: float = TARGET_LUFS, split: str | None = None, progress: Progress = quietly
) -> Levelling:
    """Give every clip (of one split) a copy for participants of the loudness `target` (LUFS), faded over 10 ms.

    The imported files stay, and networks hear them. A clip is raised no further than its peaks allow. Raises
    DatasetError where an opened study plays clips of the dataset, for its design is frozen, or a file is missing.
    """
    if not TARGETS[0] <= target <= TARGETS[1]:
        raise DatasetError(f"The level {target:g} LUFS is not between {TARGETS[0]:g} and {TARGETS[1]:g}.")
    clips = Clip.objects.filter(category__dataset=dataset, **({"split": split} if split else {})).order_by("pk")
    refuse_opened(dataset)
    _, notices = judge_again(dataset, progress)
    chosen = list(clips.exclude(loudness=None).exclude(peak=None))
    new: list[Clip] = []
    for clip in progress(chosen, "Levelling"):
        reached = _level(clip, target)
        if reached is not None:
            new.append(clip)
            if abs(reached - target) > NEAR_LU:
                notices.append(f"{clip} reaches {reached:.1f} LUFS only: its peaks leave no more room.")
    with transaction.atomic():
        # Looked at again: files take time, and a study may have been opened meanwhile.
        refuse_opened(dataset)
        Clip.objects.bulk_update(new, ["gain", "played_loudness", "played_sha256", "played_file"], batch_size=500)
    if soft := clips.filter(loudness=None).exclude(peak=None).count():
        notices.append(f"{_count(soft)} too soft to be measured stayed as imported.")
    return Levelling(len(new), len(chosen) - len(new), notices)


def _level(clip: Clip, target: float) -> float | None:
    """Give a clip a copy of this loudness, or as near as its peaks allow; LUFS reached, None where it had that."""
    assert clip.loudness is not None
    assert clip.peak is not None
    room = max(MAX_PEAK_DB - 20 * log10(clip.peak), 0.0)
    gain = min(target - clip.loudness, room)
    reached = clip.played_loudness
    if reached is not None and (abs(reached - target) <= NEAR_LU or (reached < target and clip.gain >= room - NEAR_LU)):
        return None
    data = _read(clip)
    for _ in range(TRIES):
        copy = make_copy(BytesIO(data), gain_db=gain, fade_s=FADE_S)
        reached = judge_sound(BytesIO(copy), loudness=True).loudness or clip.loudness + gain
        if abs(reached - target) <= NEAR_LU or (reached < target and gain >= room):
            break
        gain = min(gain + target - reached, room)
    clip.gain, clip.played_loudness = gain, reached
    clip.played_sha256, clip.played_file = media.store(copy, COPY_SUFFIX)
    return reached


def find_opened(dataset: Dataset) -> str | None:
    """Title of an opened study that plays clips of the dataset; to be called inside a transaction."""
    # Locked until the end of the transaction, so that no study opens between this look and the write.
    sets = StimulusSet.objects.filter(dataset=dataset).order_by("pk")
    arms = [
        arm
        for stimulus_set in sets
        for arm in stimulus_set.arms.select_related("study").select_for_update(of=("self", "study"))
    ]
    return next((arm.study.title for arm in arms if arm.study.status != "draft"), None)


def refuse_opened(dataset: Dataset) -> None:
    """DatasetError where an opened study plays clips of the dataset."""
    with transaction.atomic():
        if title := find_opened(dataset):
            raise DatasetError(
                f'The study "{title}" was opened with clips of {dataset.name}: what it plays is part of a frozen '
                "design. Import the files under another name, and level that dataset for the next study."
            )


def _count(n: int) -> str:
    return f"{n} clip{'' if n == 1 else 's'}"


def _read(clip: Clip) -> bytes:
    try:
        with default_storage.open(str(clip.file.name), "rb") as file:
            data: bytes = file.read()
    except OSError as error:
        raise DatasetError(f"{clip.file.name} cannot be read ({error.strerror}). Import its dataset again.") from error
    return data
