"""The study's own boards: the answers that are exported and analysed."""

from collections.abc import Sequence

from studyserver.studies.models import Response, Session, Study, Trial
from studyserver.studies.rules import assignment
from studyserver.studies.sitting.boards import Shown
from studyserver.studies.sitting.kinds.answers import BoardAnswers
from studyserver.studies.sitting.kinds.kind import Program, Screen
from studyserver.studies.sitting.kinds.matching import MatchingBoard, is_declared, keep_plausible
from studyserver.studies.sitting.material import count_shown, load_alike, load_items
from studyserver.studies.sitting.outcomes import Chosen, Outcome


class MainBoard(MatchingBoard):
    """One clip and one image of each category of the study."""

    label = "Round"
    preview_page = "trial"
    template = "main.html"

    def plan(self, session: Session, *, first: int) -> list[Trial]:
        study, arm = session.study, session.arm
        categories = list(study.categories.order_by("order", "id").values_list("id", flat=True))
        planned = assignment.plan_trials(
            items=load_items(arm, categories),
            categories=categories,
            trials=study.trials_per_session,
            shown=count_shown(arm),
            seed=study.seed,
            number=session.number,
            alike=load_alike(arm, categories),
        )
        return self.make_trials(session, planned, first=first)

    def title(self, trial: Trial) -> str:
        return f"Trial {trial.index}"

    def asks_confidence(self, study: Study) -> bool:
        return study.ask_confidence

    def store(self, trial: Trial, shown: Shown, answers: BoardAnswers) -> None:
        trial.rt_ms, timings = keep_plausible(trial, answers, len(shown.clips))
        trial.listening_declared = is_declared(trial, answers)
        asked = self.asks_confidence(trial.session.study)
        # Clip positions in the order of their last assignment.
        order = sorted(timings, key=lambda position: (timings[position].choice_ms, position))
        Response.objects.bulk_create(
            Response(
                trial=trial,
                clip=clip,
                stimulus_id=shown.images[answers.matches[position] - 1].pk,
                clip_position=position,
                image_position=answers.matches[position],
                choice_ms=timings[position].choice_ms if timings else None,
                choice_order=order.index(position) + 1 if timings else None,
                n_changes=timings[position].n_changes if timings else None,
                confidence=answers.confidence.get(position) if asked else None,
            )
            for position, clip in enumerate(shown.clips, start=1)
        )

    def load_chosen(self, trials: Sequence[Trial]) -> Chosen:
        rows = Response.objects.filter(trial__in=trials).values_list("trial", "clip", "stimulus")
        return {(trial, clip): ("stimulus", pk) for trial, clip, pk in rows}

    def debrief(self, session: Session) -> list[Outcome]:
        return self.outcomes(session)

    def choose(self, screen: Screen, trial: Trial, program: Program) -> list[int]:
        return program.answer(screen, trial)
