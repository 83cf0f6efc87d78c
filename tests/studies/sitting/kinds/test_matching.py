"""What holds for every board: the design's rules, plausible timings."""

import pytest

from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Response, Study
from studyserver.studies.places import Place
from studyserver.studies.sitting.kinds import Timing
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import find_place
from tests.studies import factories
from tests.studies.participants import send
from tests.studies.sitting.steps import STRAIGHT, answer, current_trial, shown_earlier, to_trials

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("matches", "problem"),
    [
        ({1: 1, 2: 2, 3: 3}, "Clip 4 has no image yet."),
        ({1: 1, 2: 2, 3: 3, 4: 5}, "The image chosen for clip 4 is not on this board."),
        ({1: 1, 2: 2, 3: 3, 4: 0}, "The image chosen for clip 4 is not on this board."),
        ({1: 1, 2: 2, 3: 3, 4: 4, 5: 1}, "Clip 5 is not on this board."),
        ({1: 1, 2: 2, 3: 2, 4: 4}, "Image B is matched with clips 2 and 3; each image goes with one clip only."),
    ],
)
def test_board_against_the_rules_is_refused_whole(study: Study, matches: dict[int, int], problem: str) -> None:
    session = to_trials(start_session(study=study))
    with pytest.raises(AnswersInvalid) as refusal:
        answer(session, matches=matches)
    assert problem in refusal.value.problems
    assert not Response.objects.exists()
    assert find_place(session) == Place("trial", 1)


def test_free_design_takes_an_image_for_several_clips() -> None:
    session = to_trials(start_session(study=factories.make_study(design=Study.Design.FREE)))
    answer(session, matches={1: 2, 2: 2, 3: 2, 4: 2})
    assert set(Response.objects.values_list("image_position", flat=True)) == {2}


@pytest.mark.parametrize(
    ("rt_ms", "choice_ms", "stored"),
    [(None, 1000, (None, None)), (90_000, 1000, (None, None)), (9000, 9001, (9000, None)), (9000, -1, (9000, None))],
)
def test_impossible_timings_are_not_stored(
    study: Study, rt_ms: int | None, choice_ms: int, stored: tuple[int | None, int | None]
) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    timings = {position: Timing(choice_ms) for position in STRAIGHT}
    send(trial, STRAIGHT, listening_declared=True, rt_ms=rt_ms, timings=timings)
    trial.refresh_from_db()
    assert (trial.rt_ms, trial.responses.all()[0].choice_ms) == stored
    assert trial.responses.count() == 4
