"""What the model behind a set of images has learned from: clips themselves, and others of their recordings."""

from collections.abc import Iterable
from dataclasses import dataclass

from generation.models import Checkpoint, Clip, Split, StimulusSet


@dataclass(frozen=True)
class Learned:
    """Of some clips, those that a model was trained on, those of whose recording it was, and those its epoch was
    chosen on; `unknown`: of which no recording is known, and which were not trained on themselves."""

    trained: list[Clip]
    related: list[Clip]
    chosen: list[Clip]
    unknown: list[Clip]


def find_listener(stimulus_set: StimulusSet) -> Checkpoint | None:
    """The model that heard clips to make the set, or that which a shuffled control was made from."""
    found: StimulusSet | None = stimulus_set
    while found is not None and found.source != StimulusSet.Source.LABEL_PROMPT:
        if found.checkpoint is not None:
            return found.checkpoint
        found = found.parent
    return None


def is_made_of_words(stimulus_set: StimulusSet) -> bool:
    """Whether labels alone made the set, or that which a shuffled control was made from: no clip had a part in it."""
    found: StimulusSet | None = stimulus_set
    while found is not None:
        if found.source == StimulusSet.Source.LABEL_PROMPT:
            return True
        found = found.parent
    return False


def find_learned(dataset_id: int, clips: Iterable[Clip]) -> Learned:
    """What a model that was trained on a dataset's train split learned of these clips.

    The same bytes in that dataset are the same clip, and their recording there is what counts; recordings of other
    datasets are compared by no name, for a name may be anybody's.
    """
    rows = Clip.objects.filter(category__dataset=dataset_id).values_list("sha256", "split", "piece_id")
    there = {sha256: (split, piece) for sha256, split, piece in rows}
    heard = {piece for split, piece in there.values() if split == Split.TRAIN and piece}
    learned = Learned([], [], [], [])
    for clip in clips:
        split, piece = there.get(clip.sha256, ("", ""))
        if split == Split.TRAIN:
            learned.trained.append(clip)
            continue
        if split == Split.VAL:
            learned.chosen.append(clip)
        if piece in heard:
            learned.related.append(clip)
        elif not piece:
            learned.unknown.append(clip)
    return learned
