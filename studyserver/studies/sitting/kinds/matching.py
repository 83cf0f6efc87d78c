"""A board: clips to match with images. What the main trials, the practice and the attention checks have in common."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from generation.models import Content
from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import PracticeAnswer, Session, Study, Trial
from studyserver.studies.rules import PlannedTrial, evidence, find_match_problems
from studyserver.studies.sitting import boards
from studyserver.studies.sitting.boards import Shown
from studyserver.studies.sitting.kinds.answers import AnswersSerializer, BoardAnswers, DraftSerializer, Timing
from studyserver.studies.sitting.kinds.kind import Kind, Program, Screen
from studyserver.studies.sitting.outcomes import Chosen, Outcome, load_outcomes

CONFIDENCE_SCALE = range(1, 8)

UNHEARD: Mapping[str, str] = {
    Study.ListeningRule.NONE: "has not been heard.",
    Study.ListeningRule.START: "has not been played yet.",
    Study.ListeningRule.SECONDS: "has not been heard for long enough yet.",
    Study.ListeningRule.END: "has not been heard to its end yet.",
}


class MatchingBoard(Kind[BoardAnswers]):
    """A board whose answers are no part of the data, unless `store` and `load_chosen` say otherwise."""

    answers_body = AnswersSerializer
    draft_body = DraftSerializer

    def make_trials(self, session: Session, planned: Sequence[PlannedTrial], *, first: int) -> list[Trial]:
        """Trials of a session as planned, not yet stored, with indices from `first`."""
        return [Trial(session=session, index=i, kind=self.name, **vars(plan)) for i, plan in enumerate(planned, first)]

    def asks_confidence(self, study: Study) -> bool:
        """Whether a board asks how sure the participant is of each match."""
        return False

    def read_form(self, data: Mapping[str, str]) -> BoardAnswers:
        return BoardAnswers.from_form(data)

    def check(self, trial: Trial, shown: Shown, answers: BoardAnswers) -> None:
        """Raise AnswersInvalid when the design's rules are broken.

        A clip without image, a position that does not exist, an image twice in one-to-one, a clip not heard as the
        study asks (by the server's own log, or declared on a page without script), confidence missing.
        """
        study, k = trial.session.study, len(shown.clips)
        problems = find_match_problems(
            answers.matches, n_clips=k, n_images=len(shown.images), one_to_one=study.design == Study.Design.ONE_TO_ONE
        )
        if not is_declared(trial, answers):
            rule = self.listening_rule(study)
            heard = boards.judge_listening(trial, shown.clips, rule=rule)
            problems += [f"Clip {i} {UNHEARD[rule]}" for i, (_, fulfilled) in enumerate(heard, 1) if not fulfilled]
        if self.asks_confidence(study):
            problems += [
                f"Say how sure you are of clip {position} (1 to 7)."
                for position in range(1, k + 1)
                if answers.confidence.get(position) not in CONFIDENCE_SCALE
            ]
        if problems:
            raise AnswersInvalid(problems)

    def store(self, trial: Trial, shown: Shown, answers: BoardAnswers) -> None:
        PracticeAnswer.objects.bulk_create(
            PracticeAnswer(trial=trial, clip=clip, **{"content" if isinstance(image, Content) else "stimulus": image})
            for position, clip in enumerate(shown.clips, start=1)
            for image in [shown.images[answers.matches[position] - 1]]
        )

    def read_duration(self, answers: BoardAnswers) -> int | None:
        return answers.rt_ms

    def context(self, trial: Trial, sent: BoardAnswers | None) -> dict[str, Any]:
        study, filled = trial.session.study, sent or BoardAnswers.from_draft(trial.draft)
        return {
            "board": boards.load_board(trial, rule=self.listening_rule(study)),
            "draft": json.dumps(trial.draft),
            "matches": filled.matches,
            "confidence": filled.confidence,
            "scale": CONFIDENCE_SCALE if self.asks_confidence(study) else (),
        }

    def load_chosen(self, trials: Sequence[Trial]) -> Chosen:
        """(trial, clip) -> key of the image that was chosen."""
        answers = PracticeAnswer.objects.filter(trial__in=trials).values_list("trial", "clip", "stimulus", "content")
        return {
            (trial, clip): ("stimulus", stimulus) if stimulus is not None else ("content", content)
            for trial, clip, stimulus, content in answers
        }

    def outcomes(self, session: Session) -> list[Outcome]:
        """Every answered board of the kind, in order; the same few queries for any number of boards."""
        trials = list(session.trials.filter(kind=self.name, state=Trial.State.ANSWERED).order_by("index"))
        return load_outcomes(trials, self.load_chosen(trials))

    def choose(self, screen: Screen, trial: Trial, program: Program) -> list[int]:
        """Image (from 0) that a simulated participant gives to each clip: any."""
        return program.rng.sample(range(len(screen.pictures)), len(screen.sounds))

    def simulate(self, screen: Screen, trial: Trial, program: Program) -> dict[str, Any]:
        """Hear everything, then match, with the times a person might have taken."""
        chosen, rng = self.choose(screen, trial, program), program.rng
        clock = sum(program.listen())
        fields: dict[str, Any] = {}
        for index in rng.sample(range(len(chosen)), len(chosen)):
            position = index + 1
            clock += round(1000 * rng.lognormvariate(0.8, 0.5))
            fields[f"clip-{position}"] = chosen[index] + 1
            fields[f"choice_ms-{position}"] = clock
            fields[f"n_changes-{position}"] = int(rng.random() < 0.2)
            if choices := screen.choices.get(f"confidence-{position}"):
                fields[f"confidence-{position}"] = rng.choice(choices)
        return fields | {"rt_ms": clock + 1500}


def is_declared(trial: Trial, answers: BoardAnswers) -> bool:
    """Whether listening was declared; that stands for a log only where there is none: a page with script keeps one.

    Where script is required nothing stands for it.
    """
    required = trial.session.study.script_required and not trial.session.simulated
    return answers.listening_declared and not required and not trial.listen_events.exists()


def keep_plausible(trial: Trial, answers: BoardAnswers, n_clips: int) -> tuple[int | None, Mapping[int, Timing]]:
    """Timings as sent, or none: of a board that was not wholly timed, or longer than the server's own clock says."""
    rt_ms, timings = answers.rt_ms, answers.timings
    elapsed = boards.elapsed_ms(trial)
    if rt_ms is None or elapsed is None:
        return None, {}
    if not trial.session.simulated and rt_ms > elapsed + evidence.CLOCK_TOLERANCE_MS:
        return None, {}
    complete = set(timings) == set(range(1, n_clips + 1))
    if complete and all(0 <= timing.choice_ms <= rt_ms for timing in timings.values()):
        return rt_ms, timings
    return rt_ms, {}
