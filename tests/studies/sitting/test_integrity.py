"""A real server under races and SIGKILL: what was acknowledged is there, and nothing is there twice."""

import contextlib
import http.client
import json
import random
import re
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.studies.server import Server, running

MATCHES = {"1": 1, "2": 2, "3": 3, "4": 4}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    study = {"trials_per_session": 12, "dataset": {"clips": 2}}
    two = {"trials_per_session": 2, "dataset": {"clips": 2}, "quotas": [3]}
    with running(tmp_path_factory.mktemp("integrity"), steady=study, full=two, late=two) as server:
        yield server


class Participant:
    """A browser reduced to its requests: one session, a connection for each request, the CSRF cookie."""

    def __init__(self, server: Server, slug: str = "steady") -> None:
        self.server, self.slug, self.cookie = server, slug, ""
        self.code = ""

    def request(self, method: str, path: str, body: str = "", kind: str = "") -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            headers = {"Cookie": self.cookie, **({"Content-Type": kind} if kind else {})}
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            for cookie in response.headers.get_all("Set-Cookie") or []:
                if cookie.startswith("csrftoken="):
                    self.cookie = cookie.split(";")[0]
            return response.status, text, dict(response.getheaders())
        finally:
            connection.close()

    def read_form(self, path: str) -> dict[str, str]:
        _, html, _ = self.request("GET", path)
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))

    def send_form(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        body = urlencode(fields)
        status, _, headers = self.request("POST", path, body, "application/x-www-form-urlencoded")
        return status, headers.get("Location", "")

    def start(self) -> "Participant":
        form = self.read_form(f"/s/{self.slug}/")
        _, location = self.send_form(f"/s/{self.slug}/", {**form, "action": "agree"})
        self.code = location.split("/")[2]
        base = f"/p/{self.code}"
        self.send_form(f"{base}/sound/", self.read_form(f"{base}/sound/") | {"heard": "clearly", "device": "other"})
        form = self.read_form(f"{base}/practice/")
        self.send_form(f"{base}/practice/", {**form, "clip-1": "1", "listening_declared": "on"})
        self.send_form(f"{base}/practice/", {**form, "action": "start"})
        return self

    def answer(self, index: int, matches: dict[str, int] | None = None) -> tuple[int, dict[str, Any]]:
        self.request("GET", f"/p/{self.code}/trial/{index}/")
        return self.send_answers(index, matches)

    def send_answers(self, index: int, matches: dict[str, int] | None = None) -> tuple[int, dict[str, Any]]:
        body = {"matches": matches or MATCHES, "listening_declared": True}
        path = f"/api/p/{self.code}/trial/{index}/answers/"
        status, text, _ = self.request("POST", path, json.dumps(body), "application/json")
        return status, json.loads(text)

    def stored(self) -> list[tuple[int, int, int]]:
        """(trial, clip position, image position) on disk."""
        return self.server.query(
            "SELECT t.'index', r.clip_position, r.image_position FROM studies_response r JOIN studies_trial t "
            "ON t.id = r.trial_id JOIN studies_session s ON s.id = t.session_id WHERE s.code = ? ORDER BY 1, 2",
            self.code,
        )


def at_once(*calls: Any) -> list[Any]:
    """Run calls in threads that start together; their results, in order."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        barrier.wait()
        results[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_board_sent_twice_at_once_is_stored_once(server: Server) -> None:
    participant = Participant(server).start()
    other = {"1": 4, "2": 3, "3": 2, "4": 1}
    for index in (1, 2, 3):
        participant.request("GET", f"/p/{participant.code}/trial/{index}/")
        answers = at_once(
            *[lambda index=index, m=m: participant.send_answers(index, m) for m in (MATCHES, other, MATCHES, other)]
        )
        assert answers == [(200, {"location": f"/p/{participant.code}/trial/{index + 1}/"})] * 4
    stored = participant.stored()
    assert len(stored) == 12
    for index in (1, 2, 3):
        chosen = {str(clip): image for trial, clip, image in stored if trial == index}
        assert chosen in (MATCHES, other)


def test_form_sent_twice_at_once_is_stored_once(server: Server) -> None:
    participant = Participant(server).start()
    path = f"/p/{participant.code}/trial/1/"
    fields = participant.read_form(path) | {f"clip-{i}": str(i) for i in (1, 2, 3, 4)} | {"listening_declared": "on"}
    answers = at_once(*[lambda: participant.send_form(path, fields)] * 4)
    assert answers == [(302, f"/p/{participant.code}/trial/2/")] * 4
    assert participant.stored() == [(1, i, i) for i in (1, 2, 3, 4)]


def test_consent_sent_twice_at_once_starts_one_session_and_no_arm_is_overfilled(server: Server) -> None:
    participants = [Participant(server, "full") for _ in range(6)]
    forms = [participant.read_form("/s/full/") | {"action": "agree"} for participant in participants]
    calls = [
        lambda participant=participant, form=form: participant.send_form("/s/full/", form)
        for participant, form in zip(participants, forms, strict=True)
        for _ in range(2)
    ]
    answers = at_once(*calls)
    assert all(answers[i] == answers[i + 1] for i in range(0, 12, 2))
    places = {location for status, location in answers if status == 302}
    assert len(places) == 3
    ((stored,),) = server.query(
        "SELECT count(*) FROM studies_session s JOIN studies_study y ON y.id = s.study_id WHERE y.slug = 'full'"
    )
    assert stored == 3


def test_late_comers_and_new_ones_at_once_overfill_no_arm(server: Server) -> None:
    """Three held the places and went silent; they come back while five others agree, each twice at once."""
    silent = [Participant(server, "late").start() for _ in range(3)]
    with contextlib.closing(sqlite3.connect(server.data / "db.sqlite3", timeout=20)) as database, database:
        codes = [participant.code for participant in silent]
        database.execute(
            "UPDATE studies_session SET last_seen_at = datetime('now', '-2 hours') WHERE code IN (?, ?, ?)", codes
        )
    fresh = [Participant(server, "late") for _ in range(5)]
    forms = [participant.read_form("/s/late/") | {"action": "agree"} for participant in fresh]
    back = [lambda who=who: who.request("GET", f"/p/{who.code}/trial/1/")[0] for who in silent]
    new = [lambda who=who, form=form: who.send_form("/s/late/", form) for who, form in zip(fresh, forms, strict=True)]
    statuses = at_once(*back, *back, *new)[:6]
    assert statuses == [200] * 6
    (held,) = server.query(
        "SELECT count(*) FROM studies_session s JOIN studies_study y ON y.id = s.study_id "
        "WHERE y.slug = 'late' AND NOT s.surplus"
    )
    assert held == (3,)


def test_events_and_drafts_sent_at_once_by_two_windows_lose_nothing(server: Server) -> None:
    participant = Participant(server).start()
    participant.request("GET", f"/p/{participant.code}/trial/1/")
    base = f"/api/p/{participant.code}/trial/1/"

    def post(path: str, body: Any) -> int:
        return participant.request("POST", base + path, json.dumps(body), "application/json")[0]

    events = [{"events": [{"key": f"window-{w}-{i}", "kind": "enlarge"} for i in range(20)]} for w in range(4)]
    calls: list[Any] = [lambda body=body: post("events/", body) for body in (*events, *events)]
    calls += [lambda i=i: post("draft/", {"version": 0, "matches": {"1": i}}) for i in (1, 2, 3, 4)]
    statuses = at_once(*calls)
    assert statuses[:8] == [200] * 8
    assert sorted(statuses[8:]) == [200, 409, 409, 409]
    ((count,),) = server.query(
        "SELECT count(*) FROM studies_clientevent e JOIN studies_session s ON s.id = e.session_id "
        "WHERE s.code = ? AND e.kind = 'enlarge'",
        participant.code,
    )
    assert count == 80


def test_acknowledged_answers_survive_sigkill(server: Server) -> None:
    """The server is killed right after an acknowledgement, and at random moments while boards are being sent."""
    participant = Participant(server).start()
    seeded = random.Random(3)
    for index in range(1, 13):
        participant.request("GET", f"/p/{participant.code}/trial/{index}/")
        if index % 2:
            acknowledged = participant.send_answers(index)[0] == 200
        else:
            timer = threading.Timer(seeded.uniform(0.0, 0.03), server.kill)
            timer.start()
            try:
                acknowledged = participant.send_answers(index)[0] == 200
            except (OSError, http.client.HTTPException):
                acknowledged = False
            timer.join()
        server.kill()
        on_disk = [row for row in participant.stored() if row[0] == index]
        assert len(on_disk) in ((4,) if acknowledged else (0, 4))
        server.start()
        # Sent again after the crash, as the page does: right either way.
        status, answer = participant.send_answers(index)
        last = index == 12
        assert status == 200
        assert answer["location"] == f"/p/{participant.code}/" + ("debrief/" if last else f"trial/{index + 1}/")
    assert participant.stored() == [(index, i, i) for index in range(1, 13) for i in (1, 2, 3, 4)]
    ((state,),) = server.query("SELECT state FROM studies_session WHERE code = ?", participant.code)
    assert state == "completed"
