"""What programs answer: the guessing model, tables taken apart, files read."""

import json
import random
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analysis.chance import rencontres
from studyserver.studies.errors import SimulationError
from studyserver.studies.simulation.answers import AbilityModel, Wish, read_answers, read_matrix, wishes_of_matrix
from tests.studies.simulation.tables import PAPER_MUSIC, PAPER_NATURE, TABLE_2, TABLE_4, counts_of, make_study

pytestmark = pytest.mark.django_db


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


def test_tables_of_spreadsheets_are_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes("\ufeff Café;b\r\nCafe\u0301;b\r\n;\r\n".encode())
    assert read_answers(path, categories=["Café", "b"], blocks=1, one_to_one=True) == [{"Café": "Café", "b": "b"}]
    path.write_bytes("Café,b\n".encode("utf-16"))
    with pytest.raises(SimulationError, match="not a CSV table in UTF-8: it is UTF-16 text"):
        read_answers(path, categories=["Café", "b"], blocks=1, one_to_one=True)


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
