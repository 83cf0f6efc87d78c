"""Plans: asked once, worked out elsewhere by the analysis, kept with a draft and printed in its report."""

import html
import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from analysis.power.exact import Design
from analysis.power.planner import make_plan
from studyserver.studies import tasks
from studyserver.studies.design import lifecycle
from studyserver.studies.design.document import design_hash
from studyserver.studies.errors import StudyError, StudyFrozen
from studyserver.studies.jobs import plans
from studyserver.studies.jobs.plan import Planning
from studyserver.studies.jobs.plans import PlanInputs, inputs_of, request_plan
from studyserver.studies.models import Plan, Study
from tests.studies import factories
from tests.studies.exports.test_report import report_of
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db
ASKED = PlanInputs(k=4, participants=12, trials=1, correction="bonferroni", theta=0.2, share=0.6)
PLANNER = "/admin/studies/study/planner/"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Plans that would have been started."""
    found: list[Plan] = []
    monkeypatch.setattr(Planning, "tell", lambda work, plan, **options: found.append(plan))
    return found


@pytest.fixture
def draft(db: None) -> Study:
    return factories.make_study(status=Study.Status.DRAFT)


def worked_out(inputs: PlanInputs = ASKED) -> Plan:
    plan = Plan.objects.create(inputs=asdict(inputs), inputs_hash=plans.hash_inputs(inputs))
    tasks.run_plan(plan.pk)
    plan.refresh_from_db()
    return plan


def test_the_same_question_is_asked_once(started: list[Plan], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = request_plan(inputs=ASKED, by="ada")
        assert started == []
    with django_capture_on_commit_callbacks(execute=True):
        again = request_plan(inputs=ASKED, by="bob")
        other = request_plan(inputs=replace(ASKED, theta=0.21), by="bob")
    assert (again, first.by, other != first) == (first, "ada", True)
    assert started == [first, other]


def test_what_failed_is_tried_again(started: list[Plan], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        plan = request_plan(inputs=ASKED)
    for state, told in (("failed", 2), ("done", 2), ("running", 2)):
        Plan.objects.update(state=state, error="No power.")
        with django_capture_on_commit_callbacks(execute=True):
            again = request_plan(inputs=ASKED)
        assert (again, len(started)) == (plan, told)
        assert (again.state, again.error) == (("queued", "") if state == "failed" else (state, "No power."))


def test_a_plan_holds_the_analysis_own_numbers() -> None:
    plan = worked_out()
    assert (plan.state, plan.error) == (Plan.State.DONE, "")
    assert plan.document == make_plan(Design(categories_tested=4), theta=0.2, share=0.6, correction="bonferroni")
    assert (plan.document["total"]["critical_total"], plan.document["total"]["safe_participants"]) == (19, 14)
    assert plan.page.startswith("<!doctype html>")
    assert plan.figure.startswith("<svg")


def test_boards_with_more_images_than_clips_have_another_chance_law() -> None:
    plan = worked_out(PlanInputs(k=4, images=6, correction="none"))
    assert plan.document is not None
    assert plan.document["category"]["chance"] == pytest.approx(1 / 6)
    assert plan.document["total"]["expected_by_chance"] == pytest.approx(8)
    assert "4 clips matched one to one with 6 images" in plan.document["sentences"][0]


def test_a_done_plan_is_not_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = worked_out()
    Plan.objects.update(page="kept")
    call_command("run_plan", str(plan.pk), verbosity=0)
    plan.refresh_from_db()
    assert plan.page == "kept"


def test_what_cannot_be_planned_stands_in_the_plan() -> None:
    plan = Plan.objects.create(inputs=asdict(PlanInputs(k=40)), inputs_hash="0" * 64)
    with pytest.raises(CommandError, match="k must lie between 2 and 18, not 40"):
        call_command("run_plan", str(plan.pk))
    with pytest.raises(CommandError, match="There is no plan 999"):
        call_command("run_plan", "999")


def test_an_unforeseen_error_is_kept_and_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan.objects.create(inputs=asdict(ASKED), inputs_hash="0" * 64)

    def stumble(inputs: PlanInputs) -> plans.Worked:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("studyserver.studies.jobs.planning.compute_plan", stumble)
    with pytest.raises(ZeroDivisionError):
        tasks.run_plan(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, plan.error) == ("failed", "Stopped by an unforeseen error: ZeroDivisionError: oh")
    assert tasks.run_plan.name == Planning.task


# -- kept with a study --------------------------------------------------------------------------------------------


def test_a_plan_is_kept_with_a_draft_fixed_at_opening_and_printed(draft: Study, tmp_path: Path) -> None:
    plan = worked_out()
    before = design_hash(draft)
    lifecycle.pin_plan(study=draft, plan=plan, by="ada")
    draft.refresh_from_db()
    study = lifecycle.open_study(study=draft)
    assert study.design_hash != before
    with pytest.raises(StudyFrozen, match="a plan made after opening is none"):
        lifecycle.pin_plan(study=study, plan=None)
    assert lifecycle.duplicate_study(study=study).plan == plan
    complete(study)
    result = report_of(study, tmp_path)
    exported = json.loads((tmp_path / "data" / "study.json").read_text(encoding="utf-8"))
    assert plan.document is not None
    assert exported["plan"]["sentences"] == plan.document["sentences"] == result["provenance"]["plan"]
    assert exported["plan"]["total"]["safe_participants"] == 14
    assert "power_curve" not in exported["plan"]["total"]
    assert exported["design_intact"] is True
    page = html.unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "<dt>Planned before opening</dt><dd>12 participants, 1 board each, 4 clips matched" in page


def test_a_plan_that_is_not_worked_out_cannot_be_kept(draft: Study) -> None:
    with pytest.raises(StudyError, match="not worked out yet"):
        lifecycle.pin_plan(study=draft, plan=Plan.objects.create(inputs={}, inputs_hash="0" * 64))


def test_a_question_comes_filled_in_from_the_study(draft: Study) -> None:
    draft.arms.update(quota=30)
    assert inputs_of(draft) == PlanInputs(k=4, trials=2, arms=1, participants=30)


# -- the page -----------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ada", password="x"))
    return client


def fields_of(inputs: PlanInputs) -> dict[str, Any]:
    return {name: value for name, value in asdict(inputs).items() if value is not None}


def without_tokens(text: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def test_the_page_asks_waits_and_answers(staff: Client, started: list[Plan], draft: Study) -> None:
    form = html.unescape(staff.get(f"{PLANNER}?study={draft.pk}").content.decode())
    assert f"What is planned for <bdi>{draft}</bdi>" in form
    assert 'name="trials" value="2"' in form
    answer = staff.post(f"{PLANNER}?study={draft.pk}", fields_of(ASKED), follow=True)
    plan = Plan.objects.get()
    [(address, _)] = answer.redirect_chain
    assert address == f"{PLANNER}{plan.pk}/?study={draft.pk}"
    assert 'data-live="true"' in answer.content.decode()
    assert PlanInputs(**plan.inputs) == ASKED
    tasks.run_plan(plan.pk)
    text = html.unescape(staff.get(address).content.decode())
    assert 'data-live="false"' in text
    assert "19 correct matches or more are significant at .05" in text
    assert "<td>14 / 14</td>" in text
    assert "<td>theta 0.214</td><td>share 0.731</td>" in text
    assert "What is assumed" in text
    fragment = html.unescape(staff.get(f"{PLANNER}{plan.pk}/result/?study={draft.pk}").content.decode())
    assert without_tokens(fragment).strip() in without_tokens(text)
    staff.post(f"/admin/studies/study/{draft.pk}/plan/", {"plan": str(plan.pk)})
    draft.refresh_from_db()
    assert draft.plan == plan
    assert "Planned with" in staff.get(f"/admin/studies/study/{draft.pk}/change/").content.decode()
    staff.post(f"/admin/studies/study/{draft.pk}/plan/")
    draft.refresh_from_db()
    assert draft.plan is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"k": "1"}, "Ensure this value is greater than or equal to 2."),
        ({"k": "4", "images": "3"}, "A board of 4 clips needs 4 images or more, not 3."),
        ({"participants": "1000", "trials": "10"}, "Participants times boards can be 5,000 at most"),
        ({"alpha": "a"}, "Enter a number."),
        ({"alpha": ""}, "This field is required."),
        ({"alpha": "nan"}, "Enter a number."),
        ({"theta": "2"}, "Ensure this value is less than or equal to 1."),
        ({"share": "0.25"}, "A share of 0.25 is chance on this board; assume more."),
        ({"correction": "sidak"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(staff: Client, wrong: dict[str, str], sentence: str) -> None:
    answer = staff.post(PLANNER, fields_of(ASKED) | wrong)
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.content.decode())
    assert Plan.objects.count() == 0


def test_a_failed_plan_says_why(staff: Client) -> None:
    plan = Plan.objects.create(inputs=asdict(ASKED), inputs_hash="0" * 64)
    Plan.objects.update(state="failed", error="No power.")
    assert "No power." in staff.get(f"{PLANNER}{plan.pk}/").content.decode()
    assert staff.get(f"{PLANNER}{plan.pk}/plan.json").status_code == 404


def test_files_of_a_plan(staff: Client) -> None:
    plan = worked_out()
    assert staff.get(f"{PLANNER}{plan.pk}/plan.json").json() == plan.document
    page = staff.get(f"{PLANNER}{plan.pk}/plan.html")
    assert page["Content-Disposition"] == 'attachment; filename="plan.html"'
    figure = staff.get(f"{PLANNER}{plan.pk}/power.svg")
    assert (figure["Content-Type"], figure.content.decode()) == ("image/svg+xml; charset=utf-8", plan.figure)
    assert "default-src 'none'" in figure["Content-Security-Policy"]
    assert staff.get(f"{PLANNER}{plan.pk}/other.txt").status_code == 404


def test_who_may_only_look_may_plan_but_keep_nothing(draft: Study) -> None:
    user = get_user_model().objects.create_user("eve", password="x", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(PLANNER).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_study"))
    plan = worked_out()
    assert "Keep with" not in client.get(f"{PLANNER}{plan.pk}/").content.decode()
    assert client.post(f"/admin/studies/study/{draft.pk}/plan/", {"plan": str(plan.pk)}).status_code == 403
    assert Client().get(PLANNER).status_code == 302
