"""The design as a document: what its hash sees, and what it does not."""

from typing import Any

import pytest

from studyserver.studies.design.document import is_design_intact
from studyserver.studies.design.lifecycle import (
    open_study,
)
from studyserver.studies.models import Study


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
    change(study)
    study.refresh_from_db()
    assert not is_design_intact(study)


def test_the_hash_ignores_what_is_no_design(draft: Study) -> None:
    study = open_study(study=draft)
    Study.objects.update(notes="Something happened.", slug="moved")
    study.refresh_from_db()
    assert is_design_intact(study)
