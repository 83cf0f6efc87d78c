"""Launch checks of listening."""

from collections.abc import Callable

import pytest

from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.design.launch.spoiling import errors_after, warnings_of


def zero_seconds(study: Study) -> None:
    Study.objects.update(min_listen_s=0)


def test_long_listening_is_warned_of(db: None) -> None:
    dataset = factories.make_dataset(clips=1)
    study = factories.make_study(
        sets=[factories.make_set(dataset, images_per_clip=20)],
        status=Study.Status.DRAFT,
        trials_per_session=20,
        listening_rule="end",
    )
    for clip in study.categories.get(name="Heavy metal").clips.all():
        clip.duration = 100
        clip.save()
    sentences = " ".join(warnings_of(study))
    assert "Listening alone takes a participant about 34 minutes." in sentences


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (zero_seconds, "The minimum listening time is 0 s."),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))
