"""clips.csv: one row for each clip that a study can play, with the recording that it was cut from."""

from collections.abc import Iterator
from dataclasses import dataclass

from generation.models import Clip
from studyserver.studies.exports.dictionary import columns_of, described
from studyserver.studies.exports.materials import shown_stimuli
from studyserver.studies.models import Study


@dataclass(frozen=True, kw_only=True)
class ClipRow:
    """One clip of the study's main trials."""

    clip: str = described("64 hex digits", "The clip, as in responses.csv.")
    category: str = described("a category", "Category of the clip, as in responses.csv.")
    piece: str | None = described(
        "text",
        "Recording that the clip was cut from: clips of one recording are one draw of music.",
        empty="recording not known",
    )
    split: str = described(
        "train, val, test", "Part of the dataset that the clip lies in; models are trained on train."
    )
    duration: float = described("3 or more", "Length of the clip.", unit="s")
    sha256: str = described("64 hex digits", "sha256 of the file that was imported, which models hear.")


CLIP_COLUMNS = columns_of(ClipRow)


def read_clip_rows(study: Study) -> Iterator[ClipRow]:
    """The clips that the arms' main trials may play, by category and hash; whether anybody heard them or not."""
    arms = study.arms.select_related("stimulus_set").order_by("id")
    shown = {stimulus.clip_id for arm in arms for stimulus in shown_stimuli(arm, study)}
    clips = Clip.objects.filter(pk__in=shown).select_related("category")
    for clip in clips.order_by("category__order", "category__name", "sha256"):
        yield ClipRow(
            clip=clip.sha256,
            category=clip.category.name,
            piece=clip.piece_id or None,
            split=clip.split,
            duration=round(clip.duration, 3),
            sha256=clip.sha256,
        )
