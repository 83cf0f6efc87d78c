"""What came of answered boards: the image chosen beside the one really made from the clip."""

import itertools
import math
import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.models import Content, Stimulus
from studyserver.studies.models import Study
from studyserver.studies.sitting.boards import image_keys
from studyserver.studies.sitting.kinds import find_kind
from studyserver.studies.sitting.outcomes import (
    Frame,
    Outcome,
    Pair,
    expect_by_guessing,
    find_origin,
    load_credits,
    load_outcomes,
)
from tests.studies import factories
from tests.studies.participants import begin, complete, swap

pytestmark = pytest.mark.django_db


def test_own_and_chosen_images_are_told_apart(study: Study) -> None:
    session = complete(study, swap(*factories.CATEGORIES[:2]))
    outcomes: Any = find_kind("main").debrief(session)
    assert [outcome.index for outcome in outcomes] == [1, 2]
    for outcome in outcomes:
        assert outcome.n_own == 2
        assert [pair.position for pair in outcome.pairs] == [1, 2, 3, 4]
        assert all(pair.own is not None and pair.is_own == (pair.own == pair.chosen) for pair in outcome.pairs)


def test_a_neutral_photograph_has_no_origin(db: None) -> None:
    session = begin(factories.make_study(sets=[factories.make_set(factories.make_dataset(clips=1))]))
    practice = session.trials.get(index=0)
    keys = image_keys(practice)
    chosen = {(practice.pk, practice.clip_order[0]): keys[[name for name, _ in keys].index("content")]}
    ((pair,),) = (outcome.pairs for outcome in load_outcomes([practice], chosen))
    assert (pair.is_own, pair.own is not None) == (False, True)
    assert find_origin(Content.objects.all()[0]) is None
    image = Stimulus.objects.select_related("clip").all()[0]
    assert find_origin(image) == image.clip.sha256


def test_nothing_answered_is_no_outcome_and_credits_name_each_clip_once(study: Study) -> None:
    session = begin(study)
    assert find_kind("main").debrief(session) == []
    clips = {pk for order in session.trials.values_list("clip_order", flat=True) for pk in order}
    assert sorted(clip.pk for clip in load_credits(session)) == sorted(clips)


def count_own(outcomes: list[Outcome], design: str) -> list[int]:
    """How many clips get their own image, for every answer that the design allows to all of the boards."""
    counts = []
    for outcome in outcomes:
        images, n = range(1, outcome.n_images + 1), len(outcome.pairs)
        answers = itertools.permutations(images, n) if design == "one_to_one" else itertools.product(images, repeat=n)
        own = [pair.own.position if pair.own else 0 for pair in outcome.pairs]
        counts.append([sum(map(operator.eq, answer, own)) for answer in answers])
    return sorted(map(sum, itertools.product(*counts)))


@st.composite
def some_outcomes(draw: st.DrawFn) -> list[Outcome]:
    """One or two small boards; some clips have no image of their own among those that hang there."""
    outcomes = []
    for index in range(1, draw(st.integers(1, 2)) + 1):
        n = draw(st.integers(1, 3))
        m = draw(st.integers(n, 4))
        frames = [Frame(position, "A", "", "") for position in draw(st.permutations(range(1, m + 1)))]
        own = [frame if draw(st.booleans()) else None for frame in frames[:n]]
        outcomes.append(Outcome(index, [Pair(i, "", frames[0], frame) for i, frame in enumerate(own, 1)], m))
    return outcomes


@given(some_outcomes(), st.sampled_from(["one_to_one", "free"]))
def test_guessing_is_told_by_the_designs_own_law(outcomes: list[Outcome], design: str) -> None:
    counts = count_own(outcomes, design)
    told = expect_by_guessing(outcomes, design=design)
    assert told.mean == pytest.approx(sum(counts) / len(counts), abs=1e-12)
    assert (told.low, told.high) == tuple(counts[math.ceil(level * len(counts)) - 1] for level in (0.05, 0.95))
