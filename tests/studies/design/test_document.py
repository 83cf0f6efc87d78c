"""The design as a document: what its hash sees, and what it does not."""

from datetime import date
from typing import Any

import pytest

from studyserver.studies.design.document import design_hash, is_design_intact
from studyserver.studies.design.freezing import lifted
from studyserver.studies.design.lifecycle import (
    open_study,
)
from studyserver.studies.models import Plan, Study
from tests.studies import factories


@pytest.mark.parametrize(
    "change",
    [
        lambda study: Study.objects.update(consent_text="Other words."),
        lambda study: Study.objects.update(seed=8),
        lambda study: Study.objects.update(min_listen_s=1),
        lambda study: study.categories.remove(study.categories.first()),
        lambda study: study.practice_categories.clear(),
        lambda study: study.arms.update(name="renamed"),
        lambda study: study.arms.get().stimulus_set.stimuli.filter(index=0, clip__title="Heavy metal clip 0").delete(),
        lambda study: study.arms.get().stimulus_set.stimuli.update(flagged=True),
    ],
)
def test_a_change_behind_the_softwares_back_is_seen(draft: Study, change: Any) -> None:
    study = open_study(study=draft)
    with lifted():
        change(study)
    study.refresh_from_db()
    assert not is_design_intact(study)


def test_the_hash_ignores_what_is_no_design(draft: Study) -> None:
    study = open_study(study=draft)
    Study.objects.update(notes="Something happened.")
    study.refresh_from_db()
    assert is_design_intact(study)


def test_designs_of_earlier_releases_keep_their_hash(db: None) -> None:
    images = factories.make_set(factories.make_dataset(clips=0, contents=0))
    plain: dict[str, Any] = {
        "consent_text": "Please **read** this before you agree.",
        "sets": [images],
        "status": Study.Status.DRAFT,
        "withdraw_until": date(2030, 1, 31),
    }
    assert design_hash(factories.make_study(**plain)) == (
        "efd8af4b99e726d0c25345529caa10813a2470f4705bad9654e6ea40ae0dc36e"
    )
    plan = Plan.objects.create(inputs={"k": 4, "arms": 2}, inputs_hash="0")
    rules = [{"rule": "too_fast", "threshold": 0.3}]
    whole = factories.make_study(
        **plain,
        slug="whole",
        headphone_check="require",
        attention_boards=2,
        exclusion_rules=rules,
        plan=plan,
        completion_url="https://example.org/done",
        ask_confidence=True,
        simulated_only=True,
    )
    assert design_hash(whole) == "728675b78e45295df08600f78a424b591f1fa13c82a3fda81659fb4edb28be02"
