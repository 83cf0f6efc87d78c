"""Launch checks: a sound study passes, and each missing thing is named with what to do."""

import pytest

from studyserver.studies.design.launch.checks import check_launch
from studyserver.studies.models import Study
from tests.studies.design.launch.spoiling import warnings_of


@pytest.mark.parametrize("thorough", [True, False])
def test_a_complete_study_passes_every_check(draft: Study, thorough: bool) -> None:
    results = check_launch(draft, thorough=thorough)
    assert [result.title for result in results if not result.passed] == []
    assert len(results) == 13


def test_warnings_name_what_readers_will_ask(draft: Study) -> None:
    sentences = " ".join(warnings_of(draft))
    assert "15 clips have no stated licence" in sentences
    Study.objects.update(contact="", listening_rule="none", trials_per_session=1)
    draft.refresh_from_db()
    for category in draft.categories.all():
        draft.arms.get().stimulus_set.stimuli.filter(clip__in=category.clips.all()[1:]).delete()
    sentences = " ".join(warnings_of(draft))
    assert "No contact is given." in sentences
    assert "may answer without listening" in sentences
    assert "one clip stands for a whole category" in sentences
