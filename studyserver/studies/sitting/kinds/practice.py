"""Practice: a board before the trials, with feedback."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from generation.models import Content
from studyserver.studies.errors import MaterialMissing
from studyserver.studies.models import Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import Item, PlannedTrial, assignment
from studyserver.studies.sitting.boards import Shown
from studyserver.studies.sitting.kinds.answers import BoardAnswers
from studyserver.studies.sitting.kinds.matching import MatchingBoard, is_declared
from studyserver.studies.sitting.material import find_photographs, first_items


class PracticeBoard(MatchingBoard):
    """Two pairs of two categories outside the study's, or one clip with its own image and a neutral photograph."""

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
        (outcome,) = self.outcomes(trial.session)
        return "practice_done.html", {"outcome": outcome, "feedback": len(trial.clip_order) > 1}


def draw_practice(
    *,
    items: Mapping[int, Sequence[Item]],
    contents: Sequence[int],
    seed: int,
    number: int,
    avoid: Mapping[int, Collection[int]] | None = None,
) -> PlannedTrial:
    """Draw the practice board of session `number`.

    `items` maps each practice category to its images. With two categories or more: one pair of each of two of them.
    With one: one clip, its own image and one of `contents` (ids of neutral photographs), without right or wrong;
    `avoid` maps a stimulus to photographs it was made from, which are taken only when there is no other.
    Raises MaterialMissing when a pair or the photograph is missing.
    """
    rng = assignment.rng_for(seed, number, "practice")
    chosen = sorted(rng.sample(sorted(items), min(2, len(items))))
    if not chosen or not all(items[category] for category in chosen):
        raise MaterialMissing("A practice category has no image.")
    pairs = [rng.choice(sorted(items[category], key=lambda i: i.stimulus)) for category in chosen]
    clip_order = [i.clip for i in pairs]
    image_order = [{"stimulus": i.stimulus} for i in pairs]
    if len(pairs) == 1:
        if not contents:
            raise MaterialMissing("Practice with one category needs a neutral photograph (content) in its dataset.")
        others = sorted(set(contents) - set((avoid or {}).get(pairs[0].stimulus, ())))
        image_order.append({"content": rng.choice(others or sorted(contents))})
    rng.shuffle(clip_order)
    rng.shuffle(image_order)
    return PlannedTrial(clip_order, image_order)
