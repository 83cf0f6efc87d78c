"""Attention checks among the trials: boards that say which image to choose."""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.models import Content
from studyserver.studies.errors import MaterialMissing
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.rules import Item, PlannedTrial, assignment, letter
from studyserver.studies.sitting.boards import Shown
from studyserver.studies.sitting.kinds.answers import BoardAnswers
from studyserver.studies.sitting.kinds.kind import Program, Screen
from studyserver.studies.sitting.kinds.matching import MatchingBoard, keep_plausible
from studyserver.studies.sitting.material import first_items


class AttentionCheck(MatchingBoard):
    """One clip of practice material beside as many images as a main trial has; passed by reading, not by listening."""

    label = "Attention check"
    preview_page = "attention"
    template = "attention.html"

    def is_in(self, study: Study) -> bool:
        return study.attention_boards > 0

    def plan(self, session: Session, *, first: int) -> list[Trial]:
        """The attention checks, of practice material and neutral photographs."""
        study = session.study
        arms, chosen = list(study.arms.order_by("id")), list(study.practice_categories.select_related("dataset"))
        contents = Content.objects.filter(dataset__in={category.dataset_id for category in chosen})
        planned = draw_checks(
            items=[item for category in chosen for item in first_items(arms, category)],
            contents=list(contents.values_list("pk", flat=True)),
            images=study.categories.count(),
            boards=study.attention_boards,
            trials=study.trials_per_session,
            seed=study.seed,
            number=session.number,
        )
        return self.make_trials(session, planned, first=first)

    def title(self, trial: Trial) -> str:
        outcome: Mapping[bool | None, str] = {None: "", True: ": passed", False: ": failed"}
        return f"{self.label} after trial {trial.after} (never analysed){outcome[trial.passed]}"

    def listening_rule(self, study: Study) -> str:
        return Study.ListeningRule.NONE

    def store(self, trial: Trial, shown: Shown, answers: BoardAnswers) -> None:
        super().store(trial, shown, answers)
        trial.passed = answers.matches[1] == trial.instructed
        trial.rt_ms, _ = keep_plausible(trial, answers, len(shown.clips))

    def context(self, trial: Trial, sent: BoardAnswers | None) -> dict[str, Any]:
        return {**super().context(trial, sent), "instructed": letter(trial.instructed or 1)}

    def choose(self, screen: Screen, trial: Trial, program: Program) -> list[int]:
        """The image that the page asks for; somebody who does not read takes another one."""
        n = len(screen.pictures)
        asked = [letter(i) for i in range(1, n + 1)].index(screen.texts["instructed"])
        return [(asked + program.careless) % n]


def draw_checks(
    *, items: Sequence[Item], contents: Sequence[int], images: int, boards: int, trials: int, seed: int, number: int
) -> list[PlannedTrial]:
    """Draw the attention checks of session `number`: `boards` of them, each after another one of the `trials`.

    A check has one of `items`' clips and up to `images` pictures out of `items` and of `contents` (ids of neutral
    photographs), none of them a picture of the study. Raises MaterialMissing when there are fewer than two.
    """
    rng = assignment.rng_for(seed, number, "attention")
    ordered = sorted(items, key=lambda i: i.stimulus)
    pool = [{"stimulus": i.stimulus} for i in ordered] + [{"content": pk} for pk in sorted(contents)]
    if boards and (not ordered or len(pool) < 2):
        raise MaterialMissing("Attention checks need practice material with two pictures or more.")
    # Not after the last trial where that can be helped: nobody pays attention to what has ended.
    places = range(1, trials) if boards < trials else range(1, trials + 1)
    planned = []
    for after in sorted(rng.sample(places, min(boards, len(places)))):
        shown = rng.sample(pool, min(images, len(pool)))
        planned.append(PlannedTrial([rng.choice(ordered).clip], shown, rng.randint(1, len(shown)), after))
    return planned
