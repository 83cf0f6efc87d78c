"""Exclusion rules: declared in words that the report shares, frozen with the study, applied from its export alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from analysis.__main__ import main as run_analysis
from studyserver.studies.design import lifecycle
from studyserver.studies.design.document import design_document, design_hash, is_design_intact
from studyserver.studies.design.freezing import lifted
from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.errors import StudySetupError
from studyserver.studies.exclusion import RULES, describe_rule, find_faults, read_rule
from studyserver.studies.models import Study
from studyserver.studies.simulation.participants import simulate_ability
from tests.studies import factories
from tests.studies.admin.reading import page
from tests.studies.admin.test_exclusion import form_of
from tests.studies.exports.test_report import report_of
from tests.studies.participants import answer, begin

pytestmark = pytest.mark.django_db
DECLARED = [{"rule": "too_fast", "threshold": 0.3}, {"rule": "incomplete", "threshold": 2}]


@pytest.fixture
def draft(db: None) -> Study:
    return factories.make_study(status=Study.Status.DRAFT)


def test_a_rule_reads_as_a_sentence_around_its_number() -> None:
    assert describe_rule({"rule": "too_fast", "threshold": 0.30}) == "median time per choice below 0.3 s"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("too_fast", {"rule": "too_fast", "threshold": 0.3}),
        ("too_fast=0.5", {"rule": "too_fast", "threshold": 0.5}),
        ("incomplete", {"rule": "incomplete", "threshold": 4}),
        ("incomplete=3", {"rule": "incomplete", "threshold": 3}),
    ],
)
def test_a_typed_rule_takes_its_usual_number_where_none_is_given(text: str, rule: dict[str, Any]) -> None:
    assert read_rule(text, trials=4) == rule


@pytest.mark.parametrize("text", ["accuracy=0.5", "too_fast=soon", "=1", ""])
def test_a_typed_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(StudySetupError, match=r"exclusion rule"):
        read_rule(text, trials=4)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("too_fast", "A list of rules is expected"),
        ([{"threshold": 1}], "A list of rules is expected"),
        ([{"rule": "accuracy", "threshold": 0.5}], "There is no exclusion rule “accuracy”; there is: too_fast, "),
        ([{"rule": [], "threshold": 0.5}], "There is no exclusion rule"),
        ([{"rule": "too_fast"}], "“median time per choice below … s” needs a number."),
        ([{"rule": "too_fast", "threshold": "soon"}], "needs a number."),
        ([{"rule": "too_fast", "threshold": float("nan")}], "needs a number."),
        ([{"rule": "too_fast", "threshold": -1}], "needs a number above 0, not -1."),
        ([{"rule": "too_fast", "threshold": 0}], "needs a number above 0, not 0."),
        ([{"rule": "incomplete", "threshold": 1.5}], "needs a whole number of 1 or more, not 1.5."),
        ([{"rule": "duplicate", "threshold": 0}], "needs a whole number of 1 or more, not 0."),
        ([{"rule": "too_fast", "threshold": 1}] * 2, "The rule “too_fast” stands there twice."),
    ],
)
def test_what_is_no_declaration_is_said_and_cannot_open(draft: Study, rules: Any, sentence: str) -> None:
    assert any(sentence in fault for fault in find_faults(rules)), find_faults(rules)
    draft.exclusion_rules = rules
    assert any(sentence in problem for problem in errors_of(check_launch(draft, thorough=False)))


@pytest.mark.parametrize(
    ("rule", "level", "sentence"),
    [
        ({"rule": "incomplete", "threshold": 3}, "error", "leaves out everybody: there are 2. Ask for 2 or less."),
        ({"rule": "not_listened", "threshold": 1.5}, "error", "everybody who gets the shortest clip (1.0 s)."),
        (
            {"rule": "not_listened", "threshold": 0.2},
            "warning",
            "leaves out only people whose clip failed: the page lets nobody else go on before",
        ),
        ({"rule": "not_listened", "threshold": 0.5}, "warning", "is stricter than the page"),
    ],
)
def test_rules_that_fit_no_participant_are_found_before_opening(
    draft: Study, rule: dict[str, Any], level: str, sentence: str
) -> None:
    draft.exclusion_rules = [rule]
    found = [finding for check in check_launch(draft, thorough=False) for finding in check.findings]
    [finding] = [finding for finding in found if "exclusion rule" in finding.what]
    assert finding.level == level
    assert sentence in str(finding)


def test_a_declaration_is_frozen_hashed_and_carried_over(draft: Study) -> None:
    before = design_hash(draft)
    draft.exclusion_rules = DECLARED
    draft.save()
    study = lifecycle.open_study(study=draft)
    assert study.design_hash != before
    assert design_document(study)["exclusion_rules"] == DECLARED
    assert lifecycle.duplicate_study(study=study).exclusion_rules == DECLARED
    with lifted():
        Study.objects.filter(pk=study.pk).update(exclusion_rules=DECLARED[:1])
    study.refresh_from_db()
    assert not is_design_intact(study)


def test_a_study_without_rules_keeps_the_hash_that_it_was_opened_with(draft: Study) -> None:
    assert "exclusion_rules" not in design_document(draft)


def test_create_study_declares_rules(db: None) -> None:
    factories.make_set(factories.make_dataset())

    def create(*rules: str, title: str = "T") -> None:
        options = ["--title", title, "--set", "set-a", "--categories", *factories.CATEGORIES, "--trials", "2"]
        call_command("create_study", *options, "--exclude", *rules, verbosity=0)

    create("too_fast=0.3", "incomplete")
    assert Study.objects.get().exclusion_rules == DECLARED
    for rule, sentence in (("luck=1", "no exclusion rule “luck”"), ("incomplete=0", "whole number of 1 or more")):
        with pytest.raises(CommandError, match=sentence):
            create(rule, title="U")
    assert Study.objects.count() == 1


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ada", password="x"))
    return client


TOY = """
from analysis.exclusion import Doubt, Rule


def concerns(rows, threshold):
    late = rows[rows["trial_index"] > threshold]
    return late.drop_duplicates("session").set_index(["arm", "participant", "session"]).index


def judge(threshold, setting):
    if threshold >= setting.trials:
        yield Doubt("leaves out nobody.", f"Ask for less than {setting.trials}.")


RULE = Rule(
    words="went on after {threshold} boards", why="A toy.", concerns=concerns, default=1, least=1,
    whole=True, judge=judge,
)
"""


def test_a_rule_of_another_house_is_offered_declared_frozen_exported_and_applied(
    staff: Client, draft: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_exclusion.py").write_text(TOY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(RULES, "toy", "toy_exclusion:RULE")
    Study.objects.update(simulated_only=True)
    before = design_hash(draft)
    # Offered in the form with its usual number, ticked, and doubted where it makes no sense.
    fields = form_of(staff, draft)
    assert fields["exclusion_rules-toy-threshold"] == "1"
    fields |= {"categories": list(draft.categories.values_list("pk", flat=True))}
    fields |= {"exclusion_rules-toy": "on", "exclusion_rules-toy-threshold": "2"}
    staff.post(page(draft), fields)
    assert "after 2 boards” leaves out nobody." in staff.get(page(draft)).content.decode()
    fields |= {"exclusion_rules-toy-threshold": "0", "_loaded": form_of(staff, draft)["_loaded"]}
    assert "needs a whole number of 1 or more, not 0." in staff.post(page(draft), fields).content.decode()
    staff.post(page(draft), fields | {"exclusion_rules-toy-threshold": "1"})
    draft.refresh_from_db()
    assert draft.exclusion_rules == [{"rule": "toy", "threshold": 1}] == [read_rule("toy", trials=2)]
    # Frozen with the study, written into its export, applied by the report and named there.
    call_command("open_study", draft.slug, verbosity=0)
    draft.refresh_from_db()
    assert design_document(draft)["exclusion_rules"] == draft.exclusion_rules
    assert before != draft.design_hash == design_hash(draft)
    simulate_ability(study=draft, n=2, ability=0.5)
    answer(begin(draft, simulated=True))
    result = report_of(draft, tmp_path / "report")
    exported = json.loads((tmp_path / "report" / "data" / "study.json").read_text(encoding="utf-8"))
    assert exported["exclusion_rules"] == draft.exclusion_rules
    told = {"rule": "went on after 1 boards", "threshold": 1.0, "n": 2, "by_arm": {"arm-1": 2}, "declared": True}
    assert result["excluded"]["rules"] == [told]
    assert result["arms"]["arm-1"]["n_participants"] == 1
    assert "went on after 1 boards" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    again = tmp_path / "again"
    assert run_analysis(["report", str(tmp_path / "report" / "data" / "responses.csv"), "--out", str(again)]) == 0
    assert (again / "result.json").read_bytes() == (tmp_path / "report" / "result.json").read_bytes()


def test_the_report_shows_results_without_and_with_who_a_rule_leaves_out(db: None, tmp_path: Path) -> None:
    study = factories.make_study(
        sets=[factories.make_set(factories.make_dataset())],
        status=Study.Status.DRAFT,
        simulated_only=True,
        exclusion_rules=DECLARED,
    )
    lifecycle.open_study(study=study)
    study.refresh_from_db()
    simulate_ability(study=study, n=3, ability=0.5)
    answer(begin(study, simulated=True))
    result = report_of(study, tmp_path)
    exported = json.loads((tmp_path / "data" / "study.json").read_text(encoding="utf-8"))
    assert exported["exclusion_rules"] == DECLARED
    assert exported["design_intact"] is True
    assert result["excluded"]["rules"] == [
        {"rule": "median time per choice below 0.3 s", "threshold": 0.3, "n": 0, "by_arm": {}, "declared": True},
        {"rule": "fewer than 2 boards answered", "threshold": 2.0, "n": 1, "by_arm": {"arm-1": 1}, "declared": True},
    ]
    assert result["arms"]["arm-1"]["n_participants"] == 3
    assert result["excluded"]["with"]["arm-1"]["n_participants"] == 4
    flow = result["flow"]["arm-1"]
    assert (flow["started"], flow["excluded"], flow["excluded_by_rules"], flow["analysed"]) == (4, 0, 1, 3)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    row = '<th scope="row">fewer than 2 boards answered</th><td>1</td>'
    assert f'{row}<td class="words">declared before the study opened</td>' in html
