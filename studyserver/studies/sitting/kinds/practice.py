"""Practice: a board before the trials, with feedback."""

from typing import Any

from generation.models import Content
from studyserver.studies.models import Session, Trial
from studyserver.studies.places import Place
from studyserver.studies.rules import assignment
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
        planned = assignment.plan_practice(
            items=items,
            contents=[content.pk for content in contents],
            seed=study.seed,
            number=session.number,
            avoid=find_photographs(items, contents),
        )
        order = {"clip_order": planned.clip_order, "image_order": planned.image_order}
        return [Trial(session=session, index=0, kind=self.name, **order)]

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
