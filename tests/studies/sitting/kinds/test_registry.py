"""A kind of trial is added by one module, its template and a line in each registry; nothing else knows of it."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from analysis.kinds import KINDS as ANALYSIS_KINDS
from studyserver.studies.design import close_study
from studyserver.studies.errors import UnknownKind
from studyserver.studies.models import ClientEvent, Session, Study, Trial
from studyserver.studies.sitting.kinds import KINDS, BoardAnswers, all_kinds, find_kind
from studyserver.studies.sitting.where import find_place
from tests.studies import factories
from tests.studies.participants import answer, begin, send

pytestmark = pytest.mark.django_db

KIND = '''
"""A toy kind of trial: how well does this image fit this clip, from 1 to 5?"""

from rest_framework import serializers

from studyserver.studies.columns import Column
from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import ClientEvent, Trial
from studyserver.studies.sitting import boards
from studyserver.studies.sitting.kinds import Kind


class RatingBody(serializers.Serializer):
    version = serializers.IntegerField(default=0)
    fit = serializers.IntegerField(min_value=0)

    def to_answers(self):
        return self.validated_data["fit"]

    def to_draft(self):
        return {"fit": self.validated_data["fit"]}


class Rating(Kind[int]):
    label = "Rating"
    preview_page = "rating"
    template = "toy_rating.html"
    answers_body = draft_body = RatingBody
    columns = (Column("fit", "integer", "", "1 to 5", "never", "How well the image fits the clip."),)

    def plan(self, session, *, first):
        image = session.arm.stimulus_set.stimuli.order_by("pk").first()
        return [Trial(session=session, index=first, kind=self.name, clip_order=[image.clip_id], image_order=[image.pk])]

    def read_form(self, data):
        return int(data.get("fit") or 0)

    def check(self, trial, shown, answers):
        if answers not in range(1, 6):
            raise AnswersInvalid(["Say from 1 to 5 how well they fit."])

    def store(self, trial, shown, answers):
        ClientEvent.objects.create(
            session=trial.session, trial=trial, key=f"rating-{trial.pk}", kind="rating", data={"fit": answers}
        )

    def context(self, trial, sent):
        rule = self.listening_rule(trial.session.study)
        return {"board": boards.load_board(trial, rule=rule), "sent": sent, "steps": range(1, 6)}

    def simulate(self, screen, trial, program):
        program.listen()
        assert screen.texts["asked"] == "fit"
        return {"fit": screen.choices["fit"][-1]}

    def rows(self, trial):
        return [[event.data["fit"]] for event in trial.client_events.filter(kind="rating")]
'''

TEMPLATE = """
{% extends "base.html" %}
{% block content %}
<h1>Round {{ number }} of {{ n_trials }}: how well do they <span class="asked">fit</span>?</h1>
{% for problem in problems %}<p class="problem">{{ problem }}</p>{% endfor %}
<form method="post" {% if not preview %}data-api="{% url 'studies:trial-state' session.code trial.index %}"{% endif %}>
  {% csrf_token %}
  {% for clip in board.clips %}<audio src="{{ clip.url }}"></audio>{% endfor %}
  {% for frame in board.frames %}<img src="{{ frame.url }}" alt="{{ frame.alt }}">{% endfor %}
  {% for step in steps %}<input type="radio" name="fit" value="{{ step }}">{% endfor %}
</form>
{% endblock %}
"""

SECTION = '''
"""What the toy's ratings say in a report."""

from analysis.render.parts import Paragraph, Table

TITLE = "Ratings of fit"


def summarise(table, study):
    fits = table["fit"].astype(int)
    return {"n": len(fits), "mean": float(fits.mean()), "study": study["slug"]}


def parts(summary):
    yield Paragraph(f"{summary['n']} ratings of fit.")
    yield Table("Mean rating.", ["Study", "Mean"], [[summary["study"], f"{summary['mean']:.2f}"]], label="Ratings")
'''


@pytest.fixture
def rating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The toy kind, registered: a module and its template in a folder of their own, and one line in each registry."""
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "toy_rating.py").write_text(KIND, encoding="utf-8")
    (folder / "toy_rating.html").write_text(TEMPLATE, encoding="utf-8")
    (folder / "toy_rating_section.py").write_text(SECTION, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(KINDS, "rating", "toy_rating:Rating")
    monkeypatch.setitem(ANALYSIS_KINDS, "rating", "toy_rating_section")
    yield "rating"
    for name in ("toy_rating", "toy_rating_section"):
        sys.modules.pop(name, None)


def at_rating(study: Study) -> tuple[Session, str]:
    """A participant who has answered every board, and the address of the rating that is due."""
    session = begin(study)
    for _ in range(study.trials_per_session):
        answer(session)
    assert session.state == Session.State.WORKING
    return session, f"/p/{session.code}/trial/{find_place(session).index}/"


def fits(**fields: object) -> list[int]:
    return [data["fit"] for data in ClientEvent.objects.filter(kind="rating", **fields).values_list("data", flat=True)]


def test_a_toy_kind_is_planned_shown_answered_and_stored_once(rating: str, client: Client, study: Study) -> None:
    session, address = at_rating(study)
    assert list(session.trials.values_list("index", "kind")) == [
        (0, "practice"), (1, "main"), (2, "main"), (3, "rating"),
    ]  # fmt: skip
    page = client.get(address).content.decode()
    assert "Round 3 of 3: how well do they" in page
    assert page.count('type="radio"') == 5
    refused = client.post(address, {"fit": "6"})
    assert (refused.status_code, fits()) == (422, [])
    assert "Say from 1 to 5 how well they fit." in refused.content.decode()
    for value in ("4", "1"):
        assert client.post(address, {"fit": value})["Location"] == f"/p/{session.code}/debrief/"
    assert fits() == [4]
    session.refresh_from_db()
    assert (session.state, session.step) == (Session.State.COMPLETED, Session.Step.DEBRIEF)
    assert "of 8 clips the image" in client.get(f"/p/{session.code}/debrief/").content.decode()


def test_a_toy_kind_is_answered_through_the_api(rating: str, client: Client, study: Study) -> None:
    session, address = at_rating(study)
    client.get(address)
    base = f"/api{address}"

    def post(what: str, body: object) -> tuple[int, dict]:
        response = client.post(f"{base}{what}/", body, content_type="application/json")
        return response.status_code, response.json()

    assert client.get(base).json()["clips"][0]["needed_ms"] == 500
    assert post("draft", {"version": 0, "fit": 2}) == (200, {"version": 1})
    assert post("answers", {"matches": {"1": 1}})[1]["code"] == "malformed"
    assert post("answers", {"fit": 9}) == (
        422, {"code": "incomplete", "problems": ["Say from 1 to 5 how well they fit."]},
    )  # fmt: skip
    for value in (5, 1):
        assert post("answers", {"fit": value}) == (200, {"location": f"/p/{session.code}/debrief/"})
    assert fits(trial__session=session) == [5]


def test_a_toy_kind_is_in_the_preview_and_in_a_sessions_list(rating: str, admin_client: Client, study: Study) -> None:
    page = admin_client.get(f"/s/{study.slug}/preview/?page=rating").content.decode()
    assert ">Rating<" in page
    assert page.count('type="radio"') == 5
    session, _ = at_rating(study)
    assert "Rating 3" in admin_client.get(f"/admin/studies/session/{session.pk}/change/").content.decode()


def test_programs_answer_a_toy_kind_and_it_has_its_table_and_its_section(rating: str, tmp_path: Path) -> None:
    study = factories.make_study(simulated_only=True)
    call_command("simulate_participants", study.slug, n=2, accuracy=1.0, verbosity=0)
    assert fits() == [5, 5]
    assert set(study.sessions.values_list("state", flat=True)) == {"completed"}
    close_study(study=study)
    call_command("export_study", study.slug, out=str(tmp_path / "export"), verbosity=0)
    with (tmp_path / "export" / "rating.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["trial_index"], row["simulated"], row["fit"]) for row in rows] == [("3", "1", "5")] * 2
    responses = (tmp_path / "export" / "responses.csv").read_text(encoding="utf-8")
    assert all(f"{row['participant']},{row['session']}" in responses for row in rows)
    words = (tmp_path / "export" / "rating-dictionary.csv").read_text(encoding="utf-8")
    assert "fit,integer,,1 to 5,never,How well the image fits the clip." in words
    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text(encoding="utf-8"))
    assert {"rating.csv", "rating-dictionary.csv"} <= set(manifest["files"])
    call_command("build_report", study.slug, out=str(tmp_path / "report"), verbosity=0)
    result = json.loads((tmp_path / "report" / "result.json").read_text(encoding="utf-8"))
    assert result["kinds"] == {"rating": {"n": 2, "mean": 5.0, "study": study.slug}}
    assert "rating.csv" in result["provenance"]["sources"]
    html = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert '<h3 id="rating">Ratings of fit</h3>' in html
    assert '<a href="#rating">Ratings of fit</a>' in html
    for name in ("report.html", "report.md"):
        assert "2 ratings of fit." in (tmp_path / "report" / name).read_text(encoding="utf-8")
    assert "Mean rating." in (tmp_path / "report" / "tables.tex").read_text(encoding="utf-8")
    call_command("export_study", study.slug, out=str(tmp_path / "psych"), format="psych-ds", verbosity=0)
    assert [path.name for path in (tmp_path / "psych" / "data").glob("*rating_data.csv")]
    described = json.loads((tmp_path / "psych" / "dataset_description.json").read_text(encoding="utf-8"))
    assert described["variableMeasured"][-1]["name"] == "fit"


def test_a_table_goes_with_its_last_row(rating: str, tmp_path: Path) -> None:
    study = factories.make_study(simulated_only=True)
    call_command("simulate_participants", study.slug, n=1, verbosity=0)
    close_study(study=study)
    for there in (True, False):
        call_command("export_study", study.slug, out=str(tmp_path), verbosity=0)
        assert (tmp_path / "rating.csv").exists() is there
        assert (tmp_path / "rating-dictionary.csv").exists() is there
        ClientEvent.objects.filter(kind="rating").delete()


def test_an_unknown_kind_in_a_row_is_said_in_one_line(client: Client, study: Study) -> None:
    session = begin(study)
    Trial.objects.filter(session=session, index=1).update(kind="dance")
    sentence = "There is no kind of trial “dance”; known are practice, main, attention."
    with pytest.raises(UnknownKind) as caught:
        find_place(session)
    assert str(caught.value) == sentence
    with pytest.raises(UnknownKind, match="no kind of trial “dance”"):
        send(session.trials.get(index=1), {1: 1})
    with pytest.raises(UnknownKind, match="no kind of trial “dance”"):
        client.get(f"/p/{session.code}/")


def test_an_unknown_kind_stops_a_command_in_one_line(rating: str, tmp_path: Path) -> None:
    """A kind whose rows bear another name than its own."""
    (tmp_path / "toy" / "toy_rating.py").write_text(KIND.replace("kind=self.name", 'kind="dance"'), encoding="utf-8")
    study = factories.make_study(simulated_only=True)
    with pytest.raises(CommandError, match="no kind of trial “dance”; known are practice, main, attention, rating"):
        call_command("simulate_participants", study.slug, n=1, verbosity=0)


def test_the_registry_names_every_kind_of_the_rows_in_the_order_of_planning() -> None:
    assert list(KINDS) == ["practice", "main", "attention"]
    assert set(KINDS) == set(Trial.Kind.values)
    assert [kind.name for kind in all_kinds()] == list(KINDS)
    assert [kind.counted for kind in all_kinds()] == [False, True, True]
    assert find_kind("main").read_form({"clip-1": "2"}) == BoardAnswers({1: 2})
