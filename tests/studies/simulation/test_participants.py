"""Simulated participants: exact answers come out exactly, guesses follow the model."""

from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.errors import SimulationError
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.exports.sittings import read_session_rows
from studyserver.studies.models import Response, Study, Trial
from studyserver.studies.simulation.answers import Wish
from studyserver.studies.simulation.participants import simulate_ability, simulate_wishes
from tests.studies import factories, screened
from tests.studies.simulation.tables import (
    PAPER_MUSIC,
    PAPER_NATURE,
    TABLE_2,
    TABLE_3,
    TABLE_4,
    confusion,
    counts_of,
    make_study,
    write_answers,
    write_matrix,
)

pytestmark = pytest.mark.django_db


def test_programs_stay_out_of_a_study_for_people_unless_asked_in(study: Study) -> None:
    with pytest.raises(CommandError, match="is a study for people"):
        call_command("simulate_participants", study.slug, n=1)
    call_command("simulate_participants", study.slug, n=1, among_people=True, verbosity=0)
    assert study.sessions.get().simulated


def test_programs_need_an_open_study(db: None) -> None:
    study = close_study(study=make_study())
    with pytest.raises(CommandError, match="is closed; simulated participants need an open study"):
        call_command("simulate_participants", study.slug, n=1)


def test_the_same_seed_gives_the_same_answers(db: None) -> None:
    images = factories.make_set(factories.make_dataset())
    seen = []
    for slug, seed in (("a", 1), ("b", 1), ("c", 2)):
        study = factories.make_study(sets=[images], slug=slug, simulated_only=True)
        simulate_ability(study=study, n=4, ability=0.3, seed=seed)
        rows = Response.objects.filter(trial__session__study=study).order_by("trial__session__number", "trial__index")
        seen.append(list(rows.values_list("clip_position", "image_position", "choice_ms")))
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def test_answers_come_out_exactly(db: None, tmp_path: Path) -> None:
    study = make_study(PAPER_MUSIC)
    right, swapped = PAPER_MUSIC, [PAPER_MUSIC[i] for i in (0, 2, 1, 3)]
    path = write_answers(tmp_path / "answers.csv", [right] * 7 + [swapped] * 5, PAPER_MUSIC)
    call_command("simulate_participants", study.slug, n=12, answers=str(path), verbosity=0)
    assert confusion(study) == counts_of(TABLE_4, PAPER_MUSIC)
    hits = Counter(row.session for row in read_tidy_rows(study) if row.correct)
    assert sorted(hits.values()) == [2] * 5 + [4] * 7


def test_answers_go_trial_by_trial_through_the_participants(db: None, tmp_path: Path) -> None:
    study = make_study(trials_per_session=2)
    names = list(factories.CATEGORIES)
    turned = names[1:] + names[:1]
    path = write_answers(tmp_path / "answers.csv", [names, turned, turned, turned], names)
    call_command("simulate_participants", study.slug, n=2, answers=str(path), verbosity=0)
    trials = Trial.objects.filter(kind="main").order_by("session__number", "index")
    correct = [sum(r.clip.category_id == r.stimulus.category_id for r in trial.responses.all()) for trial in trials]
    assert correct == [4, 0, 0, 0]


@pytest.mark.parametrize(("table", "design"), [(TABLE_2, "free"), (TABLE_3, "one_to_one"), (TABLE_4, "one_to_one")])
def test_a_matrix_comes_out_exactly(db: None, tmp_path: Path, table: list[list[int]], design: str) -> None:
    study = make_study(PAPER_NATURE, design=design)
    path = write_matrix(tmp_path / "matrix.csv", table, PAPER_NATURE)
    call_command("simulate_participants", study.slug, n=12, matrix=str(path), verbosity=0)
    assert confusion(study) == counts_of(table, PAPER_NATURE)
    assert study.sessions.filter(state="completed").count() == 12


def test_wishes_count_images_as_the_study_does_even_in_a_control(db: None) -> None:
    images = factories.make_set(factories.make_dataset())
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[control], practice=[], simulated_only=True, trials_per_session=3)
    wish: Wish = {name: name for name in factories.CATEGORIES}
    simulate_wishes(study=study, wishes=[wish] * 3)
    assert all(row.correct for row in read_tidy_rows(study))


def test_an_able_program_recognises_the_true_source_in_a_control(db: None) -> None:
    images = factories.make_set(factories.make_dataset())
    control = factories.make_shuffled_set(images)  # board b: rotated by b places, so board 0 alone is right
    study = factories.make_study(sets=[control], practice=[], simulated_only=True, trials_per_session=3)
    simulate_ability(study=study, n=2, ability=1.0)
    boards: Counter[tuple[int | None, bool | None]] = Counter()
    for row in read_tidy_rows(study):
        board = control.stimuli.get(sha256=row.chosen_stimulus).board
        boards[board, row.correct] += 1
    assert boards == {(0, True): 8, (1, False): 8, (2, False): 8}


def test_careless_programs_are_asked_for_by_a_share(db: None) -> None:
    study = screened.make_study(simulated_only=True)
    with pytest.raises(SimulationError, match="careless share must lie between 0 and 1, not 2"):
        simulate_ability(study=study, n=1, ability=1, careless=2)
    call_command("simulate_participants", study.slug, n=2, careless=1.0, verbosity=0)
    assert [row.headphones for row in read_session_rows(study)] == ["failed", "failed"]
    images = [study.arms.get().stimulus_set]
    barred = screened.make_study(slug="barred", sets=images, headphone_check="require", simulated_only=True)
    with pytest.raises(CommandError, match="The walk ended on the page “This study needs headphones”"):
        call_command("simulate_participants", barred.slug, n=1, careless=1.0, verbosity=0)
