"""Practice: a board before the trials, with feedback."""

from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any

from generation.models import Clip, Content, Split, StimulusSet
from studyserver.studies.errors import MaterialMissing
from studyserver.studies.models import Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import Item, PlannedTrial, assignment
from studyserver.studies.sitting.boards import Shown
from studyserver.studies.sitting.kinds.answers import BoardAnswers
from studyserver.studies.sitting.kinds.matching import MatchingBoard, is_declared
from studyserver.studies.sitting.material import find_photographs, first_items


class PracticeBoard(MatchingBoard):
    """Two pairs from outside the study's categories: of two categories, or of two clips of a single one.

    A single category that has images of one clip only shows its own image and a neutral photograph beside that clip.
    """

    label = "Practice"
    preview_page = "practice"
    counted = False
    template = "practice.html"

    def plan(self, session: Session, *, first: int) -> list[Trial]:
        """The practice board, from the first arm that has images of each practice category; none without categories."""
        study = session.study
        chosen = list(study.practice_categories.select_related("dataset"))
        if not chosen:
            return []
        arms = list(study.arms.order_by("id"))
        items = {category.pk: first_items(arms, category) for category in chosen}
        contents = list(Content.objects.filter(dataset=chosen[0].dataset_id)) if len(chosen) == 1 else []
        planned = draw_practice(
            items=items,
            contents=[content.pk for content in contents],
            first=set(Clip.objects.filter(category__in=chosen, split=Split.TRAIN).values_list("pk", flat=True)),
            seed=study.seed,
            number=session.number,
            avoid=find_photographs(items, contents),
        )
        return self.make_trials(session, [planned], first=0)

    def place(self, trial: Trial) -> Place:
        return Place("practice")

    def title(self, trial: Trial) -> str:
        return f"{self.label} (never analysed)"

    def store(self, trial: Trial, shown: Shown, answers: BoardAnswers) -> None:
        super().store(trial, shown, answers)
        trial.listening_declared = is_declared(trial, answers)

    def page(self, trial: Trial, sent: BoardAnswers | None) -> tuple[str, dict[str, Any]]:
        """The board; once it is answered, what came of it."""
        if trial.state != Trial.State.ANSWERED:
            return super().page(trial, sent)
        from generation.run.sources import find_source

        (outcome,) = self.outcomes(trial.session)
        # What is right is known where each clip's own image is on the board.
        known = len(outcome.pairs) > 1 and all(pair.own for pair in outcome.pairs)
        shown = [pk for key in trial.image_order if (pk := key.get("stimulus"))]
        source = StimulusSet.objects.filter(stimuli__in=shown).values_list("source", flat=True).first()
        context = {"outcome": outcome, "feedback": known, "is_smaller": is_smaller(trial)}
        return "practice_done.html", context | {"made": find_source(source or "").caption if known else ""}


def is_smaller(trial: Trial) -> bool:
    """Whether the study's own boards show more than the practice board."""
    return trial.session.study.categories.count() > len(trial.clip_order)


def draw_practice(
    *,
    items: Mapping[int, Sequence[Item]],
    contents: Sequence[int],
    seed: int,
    number: int,
    avoid: Mapping[int, Collection[int]] | None = None,
    first: Collection[int] = (),
) -> PlannedTrial:
    """Draw the practice board of session `number`.

    `items` maps each practice category to its images. With two categories or more: one pair of each of two of them.
    With one: pairs of two of its clips, those of `first` (clips of the train split) before others. With images of one
    clip only: that clip, its own image and one of `contents` (ids of neutral photographs), without right or wrong;
    `avoid` maps a stimulus to photographs it was made from, which are taken only when there is no other.
    Raises MaterialMissing when a pair or the photograph is missing.
    """
    rng = assignment.rng_for(seed, number, "practice")
    chosen = sorted(rng.sample(sorted(items), min(2, len(items))))
    if not chosen or not all(items[category] for category in chosen):
        raise MaterialMissing("A practice category has no image.")
    groups = [list(items[category]) for category in chosen]
    if len(groups) == 1:
        groups = _choose_clips(groups[0], first, rng)
    pairs = [rng.choice(sorted(group, key=lambda i: i.stimulus)) for group in groups]
    clip_order = [i.clip for i in pairs]
    image_order = [{"stimulus": i.stimulus} for i in pairs]
    if len(pairs) == 1:
        if not contents:
            raise MaterialMissing("Practice with images of one clip needs a neutral photograph in its dataset.")
        others = sorted(set(contents) - set((avoid or {}).get(pairs[0].stimulus, ())))
        image_order.append({"content": rng.choice(others or sorted(contents))})
    rng.shuffle(clip_order)
    rng.shuffle(image_order)
    return PlannedTrial(clip_order, image_order)


def _choose_clips(items: Sequence[Item], first: Collection[int], rng: Random) -> list[list[Item]]:
    """The images of two clips (of one, where there is no other)."""
    clips = sorted({item.clip for item in items})
    if len(clips) > 1:
        ties = {clip: rng.random() for clip in clips}
        clips = sorted(clips, key=lambda clip: (clip not in first, ties[clip]))[:2]
    return [[item for item in items if item.clip == clip] for clip in clips]
