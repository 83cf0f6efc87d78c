"""Simulated participants walk the real pages: exact answers come out exactly, guesses follow the model."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from analysis.chance import rencontres
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.errors import SimulationError
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.models import ListenEvent, PracticeAnswer, Response, Session, Study, Trial
from studyserver.studies.simulation.answers import AbilityModel, Wish, read_answers, read_matrix, wishes_of_matrix
from studyserver.studies.simulation.participants import simulate_ability, simulate_wishes
from tests.studies import factories

pytestmark = pytest.mark.django_db

PAPER_MUSIC = ["Baroque Classical symbolism", "Electronic music", "Heavy metal", "Asian traditional folklore"]
PAPER_NATURE = ["Sky", "Water", "Mountain", "Desert"]
TABLE_2 = [[9, 3, 0, 0], [4, 7, 1, 0], [1, 2, 9, 0], [1, 0, 0, 11]]
TABLE_3 = [[12, 0, 0, 0], [0, 12, 0, 0], [0, 0, 12, 0], [0, 0, 0, 12]]
TABLE_4 = [[12, 0, 0, 0], [0, 7, 5, 0], [0, 5, 7, 0], [0, 0, 0, 12]]


def make_study(categories: Sequence[str] = factories.CATEGORIES, **fields: object) -> Study:
    names = [*categories, *factories.PRACTICE]
    images = factories.make_set(factories.make_dataset(categories=names, clips=2))
    options = {"simulated_only": True, "trials_per_session": 1} | fields
    return factories.make_study(sets=[images], categories=categories, **options)  # type: ignore[arg-type]


def confusion(study: Study) -> Counter[tuple[str, str | None]]:
    return Counter((row.clip_category, row.chosen_category) for row in read_tidy_rows(study))


def counts_of(table: Sequence[Sequence[int]], names: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(
        {(a, b): n for a, row in zip(names, table, strict=True) for b, n in zip(names, row, strict=True) if n}
    )


def write_matrix(path: Path, table: Sequence[Sequence[int]], names: Sequence[str]) -> Path:
    lines = [["", *names], *([name, *map(str, row)] for name, row in zip(names, table, strict=True))]
    path.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")
    return path


def write_answers(path: Path, lines: Sequence[Sequence[str]], names: Sequence[str]) -> Path:
    path.write_text("\n".join(",".join(line) for line in [names, *lines]) + "\n", encoding="utf-8")
    return path


# -- the walk through the pages -----------------------------------------------------------------------------------


def test_programs_go_through_every_page_and_stay_marked(db: None) -> None:
    study = make_study(trials_per_session=2, ask_confidence=True)
    simulate_ability(study=study, n=2, ability=1.0)
    sessions = study.sessions.all()
    assert [(s.simulated, s.state, s.step) for s in sessions] == [(True, "completed", "debrief")] * 2
    assert sessions[0].sound_check["heard"] == "clearly"
    assert PracticeAnswer.objects.count() == 2
    rows = list(read_tidy_rows(study))
    assert len(rows) == 16
    assert all(row.correct and row.simulated and row.confidence for row in rows)
    assert all(row.play_count == 1 and 500 <= (row.listened_ms or 0) <= 1000 for row in rows)
    assert all(row.rt_ms and row.choice_ms and row.choice_ms < row.rt_ms for row in rows)
    assert {row.choice_order for row in rows} == {1, 2, 3, 4}


def test_a_browser_cannot_claim_to_be_a_program(db: None) -> None:
    study = make_study()
    for headers in ({"paragone.simulated": "True"}, {"Paragone-Simulated": "True"}):
        response = Client(headers=headers).get(f"/s/{study.slug}/?paragone.simulated=True")
        assert "This study is not for people" in response.content.decode()
    assert study.sessions.count() == 0


def test_programs_stay_out_of_a_study_for_people_unless_asked_in(study: Study) -> None:
    with pytest.raises(CommandError, match="is a study for people"):
        call_command("simulate_participants", study.slug, n=1)
    call_command("simulate_participants", study.slug, n=1, among_people=True, verbosity=0)
    assert study.sessions.get().simulated


def test_programs_need_an_open_study(db: None) -> None:
    study = close_study(study=make_study())
    with pytest.raises(CommandError, match="is closed; simulated participants need an open study"):
        call_command("simulate_participants", study.slug, n=1)


def test_a_full_study_is_said_plainly(db: None) -> None:
    study = make_study()
    study.arms.update(quota=1)
    with pytest.raises(CommandError, match="lets nobody in: This study has all the participants it needs"):
        call_command("simulate_participants", study.slug, n=2, verbosity=0)
    assert study.sessions.get().state == Session.State.COMPLETED


def test_a_missing_file_stops_the_walk(db: None) -> None:
    study = make_study()
    clip = study.categories.get(name="Heavy metal").clips.first()
    assert clip is not None
    study.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").exclude(clip=clip).delete()
    clip.sha256 = "0" * 64
    clip.save()
    with pytest.raises(SimulationError, match="answered with status 404"):
        simulate_ability(study=study, n=1, ability=1.0)


@pytest.mark.parametrize("rule", Study.ListeningRule.values)
def test_every_listening_rule_is_met(db: None, rule: str) -> None:
    study = make_study(listening_rule=rule)
    simulate_ability(study=study, n=1, ability=0.5)
    assert study.sessions.get().state == Session.State.COMPLETED
    assert set(ListenEvent.objects.values_list("kind", flat=True)) == {"play", "heard"}


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


# -- exact answers ------------------------------------------------------------------------------------------------


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


# -- the guessing model -------------------------------------------------------------------------------------------


def test_guessing_one_to_one_is_a_uniform_permutation() -> None:
    names = list("abcd")
    rng = random.Random(1)
    seen = Counter(tuple(AbilityModel(0.0, one_to_one=True).answer(names, names, rng=rng)) for _ in range(24_000))
    assert set(seen) == set(permutations(range(4)))
    chi_square = sum((n - 1000) ** 2 / 1000 for n in seen.values())
    assert chi_square < 49.7  # the 0.999 quantile of chi-square with 23 degrees of freedom
    hits = Counter(sum(i == a for i, a in enumerate(answer)) for answer in seen.elements())
    for j, n in enumerate(rencontres(4)):
        assert abs(hits[j] / 24_000 - n / 24) < 0.015


def test_guessing_freely_hits_one_in_k() -> None:
    rng = random.Random(2)
    model = AbilityModel(0.0, one_to_one=False)
    hits = sum(model.answer(list("abcd"), list("abcd"), rng=rng)[0] == 0 for _ in range(20_000))
    assert abs(hits / 20_000 - 0.25) < 0.013


@pytest.mark.parametrize("one_to_one", [True, False])
def test_full_knowledge_is_always_right(one_to_one: bool) -> None:
    answer = AbilityModel(1.0, one_to_one=one_to_one).answer(list("abcd"), list("dbca"), rng=random.Random(3))
    assert answer == [3, 1, 2, 0]


def test_expected_hits_follow_the_ability() -> None:
    rng, theta, k, n = random.Random(4), 0.6, 4, 20_000
    model = AbilityModel(theta, one_to_one=True)
    hits = sum(sum(i == a for i, a in enumerate(model.answer("abcd", "abcd", rng=rng))) for _ in range(n))
    assert abs(hits / n - (k * theta + 1 - theta**k)) < 0.03


def test_an_image_nobody_can_place_is_guessed() -> None:
    rng = random.Random(5)
    answers = AbilityModel(1.0, one_to_one=True).answer(["a", "b"], [None, "b"], rng=rng)
    assert answers == [0, 1]


# -- tables -------------------------------------------------------------------------------------------------------


def test_table_4_has_one_decomposition() -> None:
    names = PAPER_MUSIC
    counts = {a: dict(zip(names, row, strict=True)) for a, row in zip(names, TABLE_4, strict=True)}
    for seed in range(5):
        wishes = wishes_of_matrix(counts, blocks=12, one_to_one=True, rng=random.Random(seed))
        hits = sorted(sum(a == b for a, b in wish.items()) for wish in wishes)
        assert hits == [2] * 5 + [4] * 7


@pytest.mark.parametrize("seed", range(20))
def test_any_sum_of_permutations_is_taken_apart_again(seed: int) -> None:
    rng = random.Random(seed)
    names = [f"category {i}" for i in range(rng.randint(2, 7))]
    blocks = rng.randint(1, 40)
    counts = {a: dict.fromkeys(names, 0) for a in names}
    for _ in range(blocks):
        for a, b in zip(names, rng.sample(names, len(names)), strict=True):
            counts[a][b] += 1
    wishes = wishes_of_matrix(counts, blocks=blocks, one_to_one=True, rng=rng)
    assert len(wishes) == blocks
    assert all(sorted(wish.values()) == sorted(names) for wish in wishes)
    added = Counter(item for wish in wishes for item in wish.items())
    assert {(a, b): n for a, row in counts.items() for b, n in row.items() if n} == added


def test_free_rows_are_dealt_out_exactly() -> None:
    names = PAPER_NATURE
    counts = {a: dict(zip(names, row, strict=True)) for a, row in zip(names, TABLE_2, strict=True)}
    wishes = wishes_of_matrix(counts, blocks=12, one_to_one=False, rng=random.Random(0))
    assert Counter(item for wish in wishes for item in wish.items()) == counts_of(TABLE_2, names)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        (",a,b\na,1,0\n", "matrix.csv: the row “b” is missing"),
        (",a,b\na,1,0\na,1,0\n", "line 3: the row “a” comes a second time"),
        (",a,b\nc,1,0\n", "line 2: “c” is not a category of the study"),
        (",a,b\na,1\n", "line 2: 3 cells are needed, not 2"),
        (",a,b\na,1,x\n", "line 2: every cell must be a whole number"),
        (",a,b\na,1,-1\n", "line 2: a count cannot be negative"),
        (",a,c\na,1,0\n", "line 1: the header must name each category of the study once (missing: b; unknown: c)"),
        (",a,a\na,1,0\n", "repeated: a"),
        (",a,b\na,1,0\nb,0,2\n", "The row “b” adds up to 2; participants x trials is 1."),
        (",a,b\na,1,0\nb,1,0\n", "the column “a” must add up to 1, not 2 (its largest count is in the row “a”)"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "matrix.csv"
    path.write_text(text, encoding="utf-8")

    def read() -> list[Wish]:
        counts = read_matrix(path, categories=["a", "b"])
        return wishes_of_matrix(counts, blocks=1, one_to_one=True, rng=random.Random(0))

    with pytest.raises(SimulationError) as caught:
        read()
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,c\n", "answers.csv, line 1: the header must name each category"),
        ("a,b\na\n", "line 2: 2 cells are needed, not 1"),
        ("a,b\na,x\n", "line 2: “x” is not a category of the study"),
        ("a,b\na,a\n", "line 2: “a” is chosen twice; in one-to-one matching a line is a permutation"),
        ("a,b\na,b\nb,a\n", "1 lines after the header are needed (participants x trials), not 2"),
    ],
)
def test_answers_that_do_not_fit_are_refused_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SimulationError) as caught:
        read_answers(path, categories=["a", "b"], blocks=1, one_to_one=True)
    assert sentence in str(caught.value)
    assert json.dumps(str(caught.value)).count("\\n") == 0


def test_a_file_that_is_not_there_is_named(db: None, tmp_path: Path) -> None:
    study = make_study()
    for option in ("matrix", "answers"):
        with pytest.raises(CommandError, match=r"nowhere\.csv: cannot be read \(No such file"):
            call_command("simulate_participants", study.slug, n=1, **{option: str(tmp_path / "nowhere.csv")})
    with pytest.raises(CommandError, match="must lie between 0 and 1"):
        call_command("simulate_participants", study.slug, n=1, accuracy=1.5)
    with pytest.raises(CommandError, match="must be at least 1"):
        call_command("simulate_participants", study.slug, n=0)
    assert study.sessions.count() == 0
