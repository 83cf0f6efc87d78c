"""What an opened study shows cannot change by any road; what only drafts show can."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Field, Model
from django.db.models.deletion import ProtectedError, RestrictedError
from django.db.models.signals import post_migrate, pre_migrate
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from generation.models import Artwork, Category, Clip, Content, Dataset, Stimulus, StimulusSet
from studyserver.studies.design import freezing
from studyserver.studies.design.document import is_design_intact
from studyserver.studies.design.freezing import GUARDS, Guard, lifted
from studyserver.studies.design.lifecycle import close_study, duplicate_study, open_study
from studyserver.studies.errors import StudyFrozen
from studyserver.studies.models import Arm, Study
from tests.studies import factories
from tests.studies.design.launch.test_arms import make_model
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db


def make_opened(status: str = Study.Status.OPEN) -> Study:
    draft = factories.make_study(status=Study.Status.DRAFT)
    make_model(draft)
    study = open_study(study=draft)
    return close_study(study=study) if status == Study.Status.CLOSED else study


def shown_row(guard: Guard) -> Model:
    """A row of the guard's table that the study depends on."""
    if guard.model is Clip:
        return Clip.objects.filter(category__name="Heavy metal")[0]
    return guard.model._base_manager.order_by("pk")[0]


def other_value(field: Field, value: Any) -> Any:
    """A value of the column that is not `value`, whether or not it makes sense."""
    kinds: list[tuple[Any, Any]] = [
        (models.BooleanField, not value),
        (models.JSONField, {"other": 1}),
        (models.DateTimeField, datetime(2001, 1, 1, tzinfo=UTC)),
        (models.DateField, date(2001, 1, 1)),
    ]
    if isinstance(field, models.ForeignKey | models.IntegerField | models.FloatField):
        return (value or 0) + 1
    return next((other for kind, other in kinds if isinstance(field, kind)), f"x{value or ''}"[:6])


def save(row: Model, field: Field, value: Any) -> None:
    setattr(row, field.attname, value)
    row.save()


def update(row: Model, field: Field, value: Any) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(**{field.attname: value})


def bulk_update(row: Model, field: Field, value: Any) -> None:
    setattr(row, field.attname, value)
    type(row)._base_manager.bulk_update([row], [field.name])


ROADS = [save, update, bulk_update]


@pytest.mark.parametrize("status", [Study.Status.OPEN, Study.Status.CLOSED])
def test_no_column_of_what_is_shown_changes_by_any_road(status: str) -> None:
    study = make_opened(status)
    n = 0
    for guard in GUARDS:
        for field in guard.model._meta.concrete_fields:
            if field.column not in guard.watched or field.primary_key:
                continue
            for road in ROADS:
                row = shown_row(guard)
                value = getattr(row, field.attname)
                with pytest.raises(StudyFrozen, match="A study was opened: "), transaction.atomic():
                    road(row, field, other_value(field, value))
                row.refresh_from_db()
                assert getattr(row, field.attname) == value
                n += 1
    study.refresh_from_db()
    assert is_design_intact(study)
    assert n > 150


def raw(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


ATTEMPTS: dict[str, Callable[[Study], Any]] = {
    "category added": lambda study: study.categories.add(Category.objects.get(name="Romanticism open view")),
    "category removed": lambda study: study.categories.remove(study.categories.all()[0]),
    "categories cleared": lambda study: study.categories.clear(),
    "categories set": lambda study: study.categories.set([]),
    "from the other side": lambda study: Category.objects.all()[0].studies.clear(),
    "practice removed": lambda study: study.practice_categories.clear(),
    "arm added": lambda study: Arm.objects.create(
        study=study, name="late", stimulus_set=study.arms.all()[0].stimulus_set
    ),
    "arms added": lambda study: Arm.objects.bulk_create(
        [Arm(study=study, name="late", stimulus_set=study.arms.all()[0].stimulus_set)]
    ),
    "arm moved in": lambda study: duplicate_study(study=study).arms.update(study=study, name="late"),
    "arm deleted": lambda study: study.arms.all()[0].delete(),
    "arms deleted": lambda study: study.arms.all().delete(),
    "image added": lambda study: factories.make_stimulus(StimulusSet.objects.get(), Clip.objects.all()[0], index=7),
    "image deleted": lambda study: Stimulus.objects.all()[0].delete(),
    "images deleted": lambda study: Stimulus.objects.filter(category__name="Heavy metal").delete(),
    "set deleted": lambda study: StimulusSet.objects.all().delete(),
    "clip deleted": lambda study: Clip.objects.all()[0].delete(),
    "artwork deleted": lambda study: Artwork.objects.all()[0].delete(),
    "artwork deleted below": lambda study: raw("DELETE FROM generation_artwork"),
    "photograph deleted": lambda study: Content.objects.all()[0].delete(),
    "dataset deleted": lambda study: Dataset.objects.all().delete(),
    "study deleted": lambda study: study.delete(),
    "studies deleted": lambda study: Study.objects.all().delete(),
    "study deleted below": lambda study: raw("DELETE FROM studies_study"),
    "opened again": lambda study: Study.objects.update(status=Study.Status.DRAFT),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_nothing_is_added_to_what_is_shown_or_taken_from_it(attempt: Callable[[Study], Any]) -> None:
    study = make_opened()
    with pytest.raises((StudyFrozen, ProtectedError, RestrictedError)), transaction.atomic():
        attempt(study)
    study.refresh_from_db()
    assert is_design_intact(study)
    assert study.arms.count() == 1
    assert StimulusSet.objects.get().stimuli.count() == 15


def test_a_study_closes_once_and_its_notes_stay_free() -> None:
    study = make_opened()
    study.notes = "Rain."
    study.save()
    study = close_study(study=study)
    study.notes = "Sun."
    study.save()
    for fields in ({"status": "open"}, {"closed_at": None}, {"slug": "elsewhere"}, {"opened_at": None}):
        with pytest.raises(StudyFrozen, match="A study was opened: the study cannot change"), transaction.atomic():
            Study.objects.update(**fields)
    StimulusSet.objects.update(reviewed_by="grace", status="building")
    Clip.objects.update(title="Another title")


def test_what_only_drafts_show_stays_free(db: None) -> None:
    opened = make_opened()
    other = factories.make_set(factories.make_dataset("other"), "set-b")
    draft = factories.make_study(slug="draft", sets=[other], status=Study.Status.DRAFT)
    Study.objects.filter(pk=draft.pk).update(title="Other", min_listen_s=2)
    draft.categories.clear()
    draft.arms.all().delete()
    other.stimuli.all().update(flagged=True)
    other.stimuli.all().delete()
    Dataset.objects.get(name="other").categories.all()[0].clips.all().delete()
    Clip.objects.create(  # a dataset grows, also below an opened study
        category=opened.categories.all()[0], split="test", sha256="0" * 64, file="x", duration=1, sample_rate=8000
    )
    duplicate_study(study=opened).delete()
    draft.delete()
    opened.refresh_from_db()
    assert is_design_intact(opened)


def test_who_lifts_it_can_change_what_is_frozen_and_the_hash_tells() -> None:
    study = factories.change(make_opened(), debrief_text="Other words.")
    assert not is_design_intact(study)
    with pytest.raises(ZeroDivisionError), lifted():
        _ = 1 / 0
    with pytest.raises(StudyFrozen), transaction.atomic():
        Study.objects.update(debrief_text="More words.")


def test_a_closed_study_goes_on_purpose_with_all_that_was_answered() -> None:
    study = make_opened()
    complete(study)
    study = close_study(study=study)
    with lifted():
        study.sessions.all().delete()
        study.delete()
    assert not Study.objects.exists()
    StimulusSet.objects.update(settings={})  # nobody shows it any more


def test_other_refusals_of_the_database_stay_what_they_are(study: Study) -> None:
    with pytest.raises(IntegrityError, match="(?i)unique"), transaction.atomic():
        Study.objects.create(slug=study.slug, title="Again")


def count_triggers() -> int:
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger",
    }
    with connection.cursor() as cursor:
        cursor.execute(names[connection.vendor])
        return sum(name.startswith("frozen_") for (name,) in cursor.fetchall())


def test_a_migration_may_do_what_nobody_else_may() -> None:
    from django.apps import apps

    config = apps.get_app_config("studies")
    everything = count_triggers()
    assert everything == sum(2 + (not guard.grows) for guard in GUARDS)
    signal: dict[str, Any] = {"sender": config, "using": "default", "apps": apps, "app_config": config}
    pre_migrate.send(**signal, plan=[])
    assert count_triggers() == everything  # nothing is to be migrated, so nobody is let in for a moment
    pre_migrate.send(**signal, plan=[("a migration", False)])
    assert count_triggers() == 0
    post_migrate.send(**signal, plan=[])
    assert count_triggers() == everything


def test_a_database_that_is_emptied_is_frozen_again(transactional_db: None) -> None:
    make_opened()
    call_command("flush", verbosity=0, interactive=False)
    assert not Study.objects.exists()
    assert count_triggers() > 0


def test_another_database_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "DIALECTS", {})
    everything = count_triggers()
    freezing.thaw()
    freezing.freeze()
    assert count_triggers() == everything


class Walks(TestCase):
    """Any walk of writes, each by any road, leaves the design of an opened study as it was."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.study = make_opened()

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.sampled_from(GUARDS), st.integers(0, 30), st.sampled_from(ROADS)), max_size=4))
    def test_design_hash(self, steps: list[tuple[Guard, int, Callable[..., None]]]) -> None:
        for guard, place, road in steps:
            fields = [f for f in guard.model._meta.concrete_fields if not f.primary_key]
            field, row = fields[place % len(fields)], shown_row(guard)
            try:
                with transaction.atomic():
                    road(row, field, other_value(field, getattr(row, field.attname)))
            except (StudyFrozen, IntegrityError):
                continue
        assert is_design_intact(Study.objects.get())
