"""Ids of recruitment services: who is named, and who could be guessed."""

import secrets
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.studies.rules import UNGUESSABLE_BITS, guess_bits, names_one_person, tidy_id

NAMES = st.sampled_from(
    ["PROLIFIC_PID", "participant", "PID", "id", "e://Field/PROLIFIC_PID", "workerId", "first name"]
)
TEMPLATES = ["{{%%%s%%}}", "{{%s}}", "{%s}", "{%% %s %%}", "%%%s%%", "%%%%%s%%%%", "${%s}", "#{%s}", "[%s]", "[[%s]]"]
TEMPLATES += ["<%s>", "<%%= %s %%>", "$%s", "*|%s|*"]


@given(NAMES, st.sampled_from(TEMPLATES), st.integers(0, 2))
def test_no_template_that_was_not_filled_in_names_anybody(name: str, template: str, encoded: int) -> None:
    value = template % name
    for _ in range(encoded):
        value = quote(value)
    assert not names_one_person(tidy_id(value))


WORDS = ["undefined", "null", "None", "NULL", "NaN", "N/A", "test", "Test", "[object Object]", "PROLIFIC_PID", "(null)"]
WORDS += ["__PROLIFIC_PID__", ":id", "-", "?", "___", "XXXX", "-1", "00000000-0000-0000-0000-000000000000", "'none'"]
WORDS += ["ASSIGNMENT_ID_NOT_AVAILABLE", "ｔｅｓｔ", "x" * 201, "a\nb", "a\x00b", "a\u200bb", "%00", "%25%50ID%25"]


@pytest.mark.parametrize("value", WORDS)
def test_words_for_nobody_and_damaged_values_name_nobody(value: str) -> None:
    assert not names_one_person(value)


@pytest.mark.parametrize(
    "value",
    [
        "7",
        "0",
        "007",
        "P-12",
        "5f3c1a2b9d8e7f6a5b4c3d2e",
        "A1B2C3D4E5F6G7",
        "anna.maria@uni-graz.at",
        "Zoë",
        "test-7",
        "x1",
    ],
)
def test_ids_of_people_name_them(value: str) -> None:
    assert names_one_person(value)


@given(st.integers(0, 2**96 - 1))
def test_a_panels_id_names_somebody_and_seldom_can_be_guessed(number: int) -> None:
    assert names_one_person(f"{number:024x}") or number < 2**64


def test_blanks_go_case_and_letters_stay() -> None:
    assert tidy_id("  aB7 ") == "aB7"
    assert tidy_id("Zoe\u0308") == "Zoë"


@pytest.mark.parametrize(
    "value",
    [
        "7",
        "1024",
        "participant-0000000000000000007",
        "anna.maria.schmidt@psychology.uni-graz.at",
        "a" * 40,
        "20261130191821",
    ]
    + ["1" * 60, "0" * 23 + "7", "deadbeef" * 4, "person-number-seven-of-the-spring-term", ""],
)
def test_numbers_names_and_addresses_can_be_guessed(value: str) -> None:
    assert guess_bits(value) < UNGUESSABLE_BITS


def test_what_is_drawn_at_random_cannot() -> None:
    drawn = [secrets.token_hex(12), str(uuid.uuid4()), secrets.token_urlsafe(24), secrets.token_hex(16).upper()]
    assert [value for value in drawn if guess_bits(value) < UNGUESSABLE_BITS] == []
