"""The participants' API: what a trial's page tells the server while it is open. JSON in, JSON out.

The code in the address is the participant's secret and the only credential; there is no cookie and no login.
`<index>` is the trial's: 0 practice, main trials from 1. Positions count from 1. Times are whole milliseconds.
Bodies of drafts and answers are those of boards; another kind of trial may have its own (`sitting.kinds`).

    GET  /api/p/<code>/trial/<index>/          where this board stands
         200 {"state": "shown", "draft": {...}, "version": 3, "all_heard": false,
              "clips": [{"clip": 1, "duration_ms": 30000, "needed_ms": 5000, "listened_ms": 1200,
                         "play_count": 1, "heard": false}, ...]}

    POST /api/p/<code>/trial/<index>/events/   what was heard and done; append-only
         {"events": [{"key": "k3jf82ha01", "kind": "heard", "clip": 1, "from_ms": 0, "to_ms": 5000, "at_ms": 7400}]}
         kinds of listening: "play" (from_ms = where it started), "heard" (a stretch was played), "ended" (to_ms = the
         clip's length for this player). Any other kind ([a-z_]+, with "data": {...}) is a client event; "media_error"
         with data {"clip": 1} or {"image": 1}, and "state": "unplayable" or "stalled", says that this file failed, and
         frees a clip from the listening rule. "media_ready" with {"watches": true} says that the page tells which
         images come into view: "image_shown" with {"image": 1}. "client_error" is cut and keeps no addresses.
         `key` (8 to 40 signs A-Z a-z 0-9 _ -) is drawn by the page: the same key again is stored once, so a batch
         whose acknowledgement was lost is simply sent again. At most 200 events at a time.
         200 as GET

    POST /api/p/<code>/trial/<index>/draft/    unsubmitted matches
         {"version": 3, "matches": {"1": 4}, "confidence": {}, "choices": {"1": {"ms": 8000, "changes": 0}},
          "clock_ms": 9000}
         200 {"version": 4}; 409 {"code": "newer_draft", "version": 5, "draft": {...}} when another window was faster

    POST /api/p/<code>/trial/<index>/answers/  the whole trial; the same rules as the page's form
         {"matches": {"1": 4, "2": 1, ...}, "confidence": {}, "choices": {...}, "rt_ms": 41000,
          "listening_declared": false, "key": "k3jf82ha01", "number": 1}
         `key` is drawn by the page, `number` counts what it sent of this board. A page that never got an answer and
         whose matches were changed since sends them with the next number: they take the place of the earlier ones, as
         long as the next page was not shown. An older number never replaces a newer one.
         200 {"location": "/p/<code>/trial/2/"}  stored, or stored before: go there. With "kept": true other matches
         than these had been stored before, and they stay
         422 {"code": "incomplete", "problems": ["Clip 3 has no image yet."]}  nothing is stored

    POST /api/p/<code>/events/                 events outside a trial (sound check); body as above, 200 {}

Errors: 400 {"code": "malformed", "fields": {...}}; 404 unknown code; 409 {"code": "elsewhere", "location": ...} when
the session is at another page (the board was sent in another window, the study was left or closed): go there; 429
{"code": "too_often"} when the session has asked or sent too much within a minute (settings API_CALLS_PER_SESSION,
API_BYTES_PER_SESSION): the same again after `Retry-After` seconds.
Listening counts at most the server's own time since the board was first displayed by its page
(GET /p/<code>/trial/<index>/ or /p/<code>/practice/), except for simulated sessions.
"""

from typing import Any, TypeVar

from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from studyserver.studies.api.serializers import EventsSerializer, SendingSerializer
from studyserver.studies.errors import AnswersInvalid, DraftConflict, TooOften, WrongPlace
from studyserver.studies.models import Session, Trial
from studyserver.studies.pages import BYTES, CALLS, locate, spend
from studyserver.studies.rules import needed_ms
from studyserver.studies.sitting import Sending, boards, find_place, is_kept, record_answers, record_events, save_draft
from studyserver.studies.sitting.kinds import kind_of

Body = TypeVar("Body", bound=serializers.Serializer)

MOST_DIGITS = 18  # of a body's length; more is nonsense, and no server reads such a body


def describe(trial: Trial) -> dict[str, Any]:
    """Where a board stands, for its page."""
    study, clips = trial.session.study, boards.load_clips(trial)
    rule = kind_of(trial).listening_rule(study)
    heard = boards.judge_listening(trial, clips, rule=rule)
    told = zip(heard, boards.durations_ms(clips), strict=True)
    return {
        "state": trial.state,
        "draft": trial.draft,
        "version": trial.draft_version,
        "all_heard": all(fulfilled for _, fulfilled in heard),
        "clips": [
            {
                "clip": position,
                "duration_ms": duration,
                "needed_ms": needed_ms(rule=rule, min_listen_s=study.min_listen_s, duration_ms=duration),
                "listened_ms": clip.listened_ms,
                "play_count": clip.play_count,
                "heard": fulfilled,
            }
            for position, ((clip, fulfilled), duration) in enumerate(told, start=1)
        ],
    }


class ParticipantAPI(APIView):
    """Finds the session by its code and turns the domain's errors into the documented answers."""

    def get_session(self) -> Session:
        session = Session.objects.select_related("study").filter(code=self.kwargs["code"]).first()
        if session is None:
            raise Http404
        self.count(session)
        return session

    def get_trial(self) -> Trial:
        """The trial with its session and study; WrongPlace when the session has no such trial (any more)."""
        trials = Trial.objects.select_related("session__study")
        trial = trials.filter(session__code=self.kwargs["code"], index=self.kwargs["index"]).first()
        if trial is None:
            raise WrongPlace(find_place(self.get_session()))
        self.count(trial.session)
        return trial

    def count(self, session: Session) -> None:
        """Count the call and its body, unread, for the session; programs of the house may ask as much as they like."""
        if not session.simulated:
            length = self.request.headers.get("Content-Length", "")
            size = int(length) if length.isdecimal() and len(length) < MOST_DIGITS else 0
            spend(session.code, {CALLS: 1, BYTES: size})

    def read(self, kind: type[Body]) -> Body:
        """The validated body."""
        body = kind(data=self.request.data)
        body.is_valid(raise_exception=True)
        return body

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case serializers.ValidationError():
                return Response({"code": "malformed", "fields": exc.detail}, status=400)
            case ParseError():
                return Response({"code": "malformed", "fields": {"body": [str(exc.detail)]}}, status=400)
            case TooOften():
                return Response({"code": "too_often"}, status=429, headers={"Retry-After": str(exc.wait_s)})
            case WrongPlace():
                location = locate(self.kwargs["code"], exc.place)
                return Response({"code": "elsewhere", "location": location}, status=409)
            case DraftConflict():
                return Response({"code": "newer_draft", "version": exc.version, "draft": exc.draft}, status=409)
            case AnswersInvalid():
                return Response({"code": "incomplete", "problems": exc.problems}, status=422)
        return super().handle_exception(exc)


class TrialState(ParticipantAPI):
    """Where a board stands."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(describe(self.get_trial()))


class TrialEvents(ParticipantAPI):
    """Listening and other events of a board."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        trial, body = self.get_trial(), self.read(EventsSerializer)
        record_events(session=trial.session, trial=trial, events=body.to_events())
        return Response(describe(trial))


class TrialDraft(ParticipantAPI):
    """Unsubmitted matches of a board."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        trial = self.get_trial()
        body: Any = self.read(kind_of(trial).draft_body)
        version = save_draft(trial=trial, version=body.validated_data["version"], draft=body.to_draft())
        return Response({"version": version})


class TrialAnswers(ParticipantAPI):
    """A whole board."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        trial = self.get_trial()
        body: Any = self.read(kind_of(trial).answers_body)
        sending = Sending(**self.read(SendingSerializer).validated_data)
        place = record_answers(trial=trial, answers=body.to_answers(), sending=sending)
        trial.refresh_from_db(fields=["state", "answers_key", "answers_number"])
        location = {"location": locate(self.kwargs["code"], place)}
        return Response({**location, "kept": True} if is_kept(trial, sending) else location)


class SessionEvents(ParticipantAPI):
    """Events outside a trial."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        session, body = self.get_session(), self.read(EventsSerializer)
        record_events(session=session, events=body.to_events())
        return Response({})
