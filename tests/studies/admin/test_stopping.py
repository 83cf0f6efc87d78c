"""Whether an open study may stop: two words, and nothing that would tell why."""

from collections.abc import Callable
from dataclasses import asdict

import pytest
from django.core.cache import cache
from django.test import Client

from generation.models import StimulusSet
from studyserver.studies.admin.stopping import may_stop
from studyserver.studies.design.freezing import lifted
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.jobs import plans
from studyserver.studies.jobs.plans import PlanInputs
from studyserver.studies.models import Plan, Session, Study
from tests.studies import factories
from tests.studies.admin.reading import page, text_of
from tests.studies.participants import Choose, answer, begin, complete, own

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(db: None) -> Callable[..., Study]:
    def plan_study(sequential: bool = True, alpha: float = 0.05, **fields: object) -> Study:
        inputs = PlanInputs(theta=0.3, sequential=sequential, alpha=alpha)
        plan = Plan.objects.create(inputs=asdict(inputs), inputs_hash=plans.hash_inputs(inputs), document={})
        return factories.make_study(plan=plan, **fields)  # type: ignore[arg-type]

    return plan_study


def wrong(category: str) -> str:
    names = list(factories.CATEGORIES)
    return names[(names.index(category) + 1) % len(names)]


def answers(study: Study, *choices: Choose) -> None:
    for choose in choices:
        complete(study, choose=choose)


def test_it_goes_on_until_the_evidence_suffices_and_says_nothing_else(
    client: Client, planned: Callable[..., Study]
) -> None:
    study = planned()
    assert may_stop(study) is False
    answers(study, own)
    assert "<strong>go on</strong>" in text_of(client, page(study))
    answers(study, own, own)
    text = text_of(client, page(study))
    assert "<strong>may stop</strong>" in text
    part = text[text.index('id="stopping"') :]
    assert not any(word in part[: part.index("</p>")] for word in ("arm", "chance", "right", "e-value"))
    # Whoever is left out takes the evidence along.
    Session.objects.update(state=Session.State.EXCLUDED)
    assert may_stop(study) is False


def test_it_is_told_of_open_studies_alone_that_were_planned_so(planned: Callable[..., Study]) -> None:
    study = planned()
    answers(study, own)
    assert may_stop(close_study(study=study)) is None
    assert may_stop(factories.make_study(slug="no-plan", sets=[study.arms.get().stimulus_set])) is None


def test_a_plan_of_a_fixed_number_is_told_nothing(planned: Callable[..., Study]) -> None:
    assert may_stop(planned(sequential=False)) is None


def test_every_arm_has_to_suffice_but_a_control(planned: Callable[..., Study]) -> None:
    images = factories.make_set(factories.make_dataset())
    control = factories.make_shuffled_set(images)
    study = planned(sets=[images, control])
    for _ in range(6):
        session = begin(study)
        for _ in range(study.trials_per_session):
            answer(session, own if session.arm.name == "arm-1" else wrong)
    assert may_stop(study) is True
    with lifted():
        StimulusSet.objects.filter(pk=control.pk).update(source=StimulusSet.Source.IMPORTED)
    cache.clear()
    assert may_stop(study) is False


def test_sessions_of_one_recruitment_id_are_one_person(planned: Callable[..., Study]) -> None:
    study = planned(alpha=0.01, trials_per_session=1)
    for _ in range(4):
        complete(study, choose=own)
    assert may_stop(study) is True
    for session in study.sessions.all():
        study.external_ids.create(session=session, value="p1")
    cache.clear()
    assert may_stop(study) is False  # one lucky mapping of 24, however often it is shown
