"""Sentences of a text that are not true of the design, and those that are left alone."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from studyserver.studies.design.promises import find_contradictions, find_minutes, is_far_off
from studyserver.studies.design.texts import Outline, default_texts
from tests.studies.design.test_texts import OUTLINES

ONE_TO_ONE, FREE = Outline(), Outline(one_to_one=False)


@pytest.mark.parametrize(
    ("sentence", "design"),
    [
        ("Please use **every** image exactly once.", FREE),
        ("No picture can be chosen twice.", FREE),
        ("Giving an image to a second clip takes it from the first.", FREE),
        ("You may choose the same image for several clips.", ONE_TO_ONE),
        ("An image can be used more than once.", ONE_TO_ONE),
        ("There are two attention checks.", ONE_TO_ONE),
        ("A headphone test comes first.", ONE_TO_ONE),
        ("First comes a practice board.", replace(ONE_TO_ONE, practice=False)),
        ("There are five rounds.", ONE_TO_ONE),
        ("In each round you see 6 images.", ONE_TO_ONE),
    ],
)
def test_a_sentence_against_the_design_is_found(sentence: str, design: Outline) -> None:
    [(found, because)] = find_contradictions(f"## Title\n\n- Welcome. {sentence} Thank you.", design)
    assert found == sentence.replace("*", "")
    assert because


@pytest.mark.parametrize(
    ("sentence", "design"),
    [
        ("You need not use every image once.", FREE),
        ("Use each image once or several times.", FREE),
        ("You cannot choose the same image for several clips.", ONE_TO_ONE),
        ("Don’t give the same image to two clips.", ONE_TO_ONE),
        ("There are no attention checks and no headphone test.", ONE_TO_ONE),
        ("Three of four people like it.", ONE_TO_ONE),
        ("The practice board shows two clips and two images.", ONE_TO_ONE),
        ("Each of the four clips sounds once.", ONE_TO_ONE),
        ("There are 4 rounds.", replace(ONE_TO_ONE, checks=1)),
        ("Jedes Bild nur einmal.", FREE),
    ],
)
def test_other_sentences_are_left_alone(sentence: str, design: Outline) -> None:
    assert list(find_contradictions(sentence, design)) == []


@given(OUTLINES)
def test_default_texts_never_contradict_their_own_design(of: Outline) -> None:
    texts = default_texts(of)
    for text in texts.values():
        assert list(find_contradictions(text, of)) == []
    assert find_minutes(texts["consent_text"]) == (of.minutes, of.minutes)


@given(OUTLINES, OUTLINES, st.sampled_from(["one_to_one", "clips", "trials", "practice", "checks", "screened"]))
def test_default_texts_contradict_a_design_that_differs(of: Outline, other: Outline, part: str) -> None:
    """One part of the design is changed, and the texts that were drawn before stay."""
    value = getattr(other, part)
    assume(value != getattr(of, part))
    if part in ("practice", "checks", "screened"):
        value = type(value)(0)
        assume(getattr(of, part))
    if part == "trials":
        assume(of.trials not in (value, value + of.checks))
    changed = replace(of, **{part: value})
    assert any(found for text in default_texts(of).values() for found in find_contradictions(text, changed))


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("It takes 10 to 15 minutes.", (10, 15)),
        ("**Time:** about 5 min.", (5, 5)),
        ("This 20-minute study lasts 20 minutes.", (20, 20)),
        ("Have a break of 5 minutes.", None),
        ("No word of it.", None),
    ],
)
def test_the_time_stated_is_read(text: str, stated: tuple[int, int] | None) -> None:
    assert find_minutes(text) == stated


def test_a_time_far_from_the_estimate_is_told_from_one_that_only_differs() -> None:
    assert [is_far_off((minutes, minutes), 8) for minutes in (5, 6, 7, 8, 10, 11, 12, 30)] == [
        *[True, False, False, False, False, False, True, True]
    ]
    assert not is_far_off((1, 1), 2)
