"""What came of answered boards: the image chosen beside the one really made from the clip."""

from typing import Any

import pytest

from generation.models import Content, Stimulus
from studyserver.studies.models import Study
from studyserver.studies.sitting.boards import image_keys
from studyserver.studies.sitting.kinds import find_kind
from studyserver.studies.sitting.outcomes import find_origin, load_credits, load_outcomes
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
